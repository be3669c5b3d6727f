"""The application of version 1: its operations, and one way out for every error."""

from __future__ import annotations

import json
import logging
from typing import Any, NoReturn

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.parser import Parser

from bureaux_volants.booking.errors import BookingError, NotFound, NoUnitFree, Refused
from bureaux_volants.charter.asking import ReasonNeeded
from bureaux_volants.planner.asked import Impossible

from .access import Bearer
from .endpoints import availability, bookings, boxes, day_plans, gbfs, journeys, me
from .openapi import DescribedAPI
from .problems import Problem, problem_response

logger = logging.getLogger(__name__)

#: A validation error of ours that gives its code to the whole answer, the first that is present.
_TELLING = ("naive-datetime", "end-before-start", "range-too-long", "depart-or-arrive")


class StrictParser(Parser):
    """JSON as RFC 8259 has it: no NaN, no Infinity. What goes wrong here is `invalid-json`."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        def refuse(constant: str) -> NoReturn:
            raise ValueError(constant)

        content: dict[str, Any] = json.loads(request.body.decode("utf-8"), parse_constant=refuse)
        return content


api = DescribedAPI(
    title="Bureaux volants",
    version="1.0.0",
    description="Trouver et réserver un bureau volant. Les heures sont données avec leur décalage (RFC 3339).",
    docs_url=None,
    openapi_url="openapi.json",
    urls_namespace="api",
    auth=Bearer(),
    parser=StrictParser(),
)
for room in (me, availability, bookings, day_plans, journeys, gbfs, boxes):
    api.add_router("", room.router)


def _message(error: dict[str, Any]) -> str:
    """A French sentence for a validation error; never what was sent."""
    kind, context = error["type"], error.get("ctx", {})
    match kind:
        case "missing":
            return _("Cette valeur manque.")
        case "extra_forbidden":
            return _("Ce champ n'existe pas.")
        case "enum":
            return _("Valeurs possibles : %(values)s.") % {
                "values": str(context.get("expected", "")).replace(" or ", " ou ")
            }
        case "greater_than_equal":
            return _("Au moins %(least)s.") % {"least": context.get("ge")}
        case "less_than_equal":
            return _("Au plus %(most)s.") % {"most": context.get("le")}
        case "string_too_long" | "too_long":
            return _("Trop long : %(most)s au plus.") % {"most": context.get("max_length")}
    if "sentence" in context:
        return str(context["sentence"])
    return _("Cette valeur n'a pas la forme attendue.")


@api.exception_handler(Problem)
def on_problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    return problem_response(problem)


@api.exception_handler(AuthenticationError)
def on_stranger(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return problem_response(Problem("not-authenticated"), headers={"WWW-Authenticate": 'Bearer realm="api"'})


@api.exception_handler(ValidationError)
def on_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    found = []
    for one in error.errors:
        # The name of the parameter is of no use to who reads: "body.ask.start" is told as "body.start".
        place = [str(part) for part in one["loc"]]
        where = [place[0], *(place[2:] if place[0] == "body" or place[1:2] == ["query"] else place[1:])]
        found.append({"where": ".".join(where), "code": one["type"].replace("_", "-"), "message": _message(one)})
    codes = {one["code"] for one in found}
    code = next((c for c in _TELLING if c in codes), "invalid-request")
    detail = " ".join(dict.fromkeys(f"{one['where']} : {one['message']}" for one in found[:5]))
    return problem_response(Problem(code, detail, errors=found[:50]))


@api.exception_handler(BookingError)
def on_refusal(request: HttpRequest, error: BookingError) -> HttpResponse:
    extra: dict[str, Any] = {}
    if isinstance(error, ReasonNeeded):
        extra["reasons"] = [{"code": s.code, "message": s.sentence} for s in error.said]
    elif isinstance(error, Refused):
        extra["reasons"] = [{"code": r.code, "message": r.message} for r in error.refusals]
    elif isinstance(error, NoUnitFree):
        extra["alternatives"] = [
            {
                "site": a.site.slug,
                "name": a.site.name,
                "start": a.start.astimezone(a.site.zone),
                "end": a.end.astimezone(a.site.zone),
                "free": a.free,
                "km": round(a.km, 2),
            }
            for a in error.alternatives
        ]
    code = error.code if isinstance(error, NotFound | Refused | NoUnitFree | ReasonNeeded) else "wrong-state"
    return problem_response(Problem(code, error.message, **extra))


@api.exception_handler(Impossible)
def on_impossible(request: HttpRequest, error: Impossible) -> HttpResponse:
    return problem_response(
        Problem("day-impossible", error.message, reasons=[{"code": error.code, "message": error.message}])
    )


@api.exception_handler(Http404)
def on_missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem_response(Problem("not-found"))


@api.exception_handler(RequestDataTooBig)
def on_flood(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return problem_response(Problem("content-too-large"))


@api.exception_handler(SuspiciousOperation)
def on_suspicion(request: HttpRequest, error: SuspiciousOperation) -> HttpResponse:
    return problem_response(Problem("bad-request"))


@api.exception_handler(HttpError)
def on_unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    """ninja raises this by itself only for a body that its parser refuses."""
    return problem_response(Problem("invalid-json"))


@api.exception_handler(Exception)
def on_failure(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return problem_response(Problem("server-error", _("L'incident est noté. Réessayez plus tard.")))
