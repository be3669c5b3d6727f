"""Pages leave with the spaces of French bound (territory/typography.py)."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from bureaux_volants.territory.typography import bound


class TypographyMiddleware:
    """Binds the spaces of every page and part of a page. Other languages have none of them to bind."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self.get_response(request)
        if isinstance(answer, HttpResponse) and answer.get("Content-Type", "").startswith("text/html"):
            answer.content = bound(answer.content.decode(answer.charset)).encode(answer.charset)
        return answer
