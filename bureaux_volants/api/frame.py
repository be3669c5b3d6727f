"""Around every operation: what ninja answers outside its own error handling becomes a problem too."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from .problems import Problem, problem_response

View = Callable[..., HttpResponse]


def _is_json(content_type: str | None) -> bool:
    kind = content_type or ""
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def framed(view: View) -> View:
    """The view with problems for a body that is not JSON and for a method it does not have, kept out of caches."""

    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.META.get("CONTENT_LENGTH") not in {None, "", "0"} and not _is_json(request.content_type):
            response = problem_response(
                Problem("unsupported-media-type", _("Envoyez le corps en application/json, encodé en UTF-8."))
            )
        else:
            response = view(request, *args, **kwargs)
            if response.status_code == 405:
                response = problem_response(Problem("method-not-allowed"), headers={"Allow": response["Allow"]})
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    # A bearer token travels in no cookie: there is nothing for another site to forge.
    return csrf_exempt(update_wrapper(run, view) if hasattr(view, "__name__") else run)


@csrf_exempt
def unknown(request: HttpRequest, anything: str) -> HttpResponse:
    """Any other address under /api/."""
    return problem_response(Problem("not-found", _("Cette adresse n'existe pas. La documentation est à /api/v1/docs.")))
