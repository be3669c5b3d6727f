"""A file of values as the answer to a request."""

from __future__ import annotations

from django.http import HttpResponse


def csv_answer(name: str, content: bytes) -> HttpResponse:
    """The file under its name, for the browser to keep."""
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
