"""Problem details (RFC 9457): every error of the API has this one shape, a stable code and a French sentence."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CONTENT_TYPE = "application/problem+json"
#: A problem's type is its place in the documentation.
TYPE_BASE = "/api/v1/docs#"

#: Every code, the status it comes with, and its title; the documentation lists them.
PROBLEMS: dict[str, tuple[HTTPStatus, str | Promise]] = {
    "invalid-json": (HTTPStatus.BAD_REQUEST, _("Le corps de la requête n'est pas du JSON valide")),
    "bad-request": (HTTPStatus.BAD_REQUEST, _("Requête incompréhensible")),
    "not-authenticated": (HTTPStatus.UNAUTHORIZED, _("Jeton absent, inconnu, expiré ou révoqué")),
    "missing-scope": (HTTPStatus.FORBIDDEN, _("La portée du jeton ne suffit pas")),
    "not-allowed": (HTTPStatus.FORBIDDEN, _("Ce compte n'appartient à aucun territoire")),
    "not-found": (HTTPStatus.NOT_FOUND, _("Introuvable")),
    "method-not-allowed": (HTTPStatus.METHOD_NOT_ALLOWED, _("Méthode non acceptée à cette adresse")),
    "wrong-state": (HTTPStatus.CONFLICT, _("L'état de la réservation ne le permet pas")),
    "no-unit-free": (HTTPStatus.CONFLICT, _("Plus de place à ces heures")),
    "plan-gone": (HTTPStatus.CONFLICT, _("Une partie de la journée vient d'être prise")),
    "content-too-large": (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _("Requête trop volumineuse")),
    "unsupported-media-type": (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, _("Type de contenu non accepté")),
    "invalid-request": (HTTPStatus.UNPROCESSABLE_ENTITY, _("Requête refusée telle quelle")),
    "naive-datetime": (HTTPStatus.UNPROCESSABLE_ENTITY, _("Date et heure sans fuseau horaire")),
    "end-before-start": (HTTPStatus.UNPROCESSABLE_ENTITY, _("La fin doit suivre le début")),
    "range-too-long": (HTTPStatus.UNPROCESSABLE_ENTITY, _("Période trop longue")),
    "depart-or-arrive": (HTTPStatus.UNPROCESSABLE_ENTITY, _("Une heure de départ ou d'arrivée, l'une des deux")),
    "day-impossible": (HTTPStatus.UNPROCESSABLE_ENTITY, _("Cette demande de trajet ou de journée ne tient pas")),
    "reason-needed": (HTTPStatus.UNPROCESSABLE_ENTITY, _("La charte de mobilité demande un motif")),
    "rules-refused": (HTTPStatus.UNPROCESSABLE_ENTITY, _("Une règle de réservation au moins refuse")),
    "idempotency-key-reused": (HTTPStatus.UNPROCESSABLE_ENTITY, _("Clé d'idempotence déjà employée autrement")),
    "server-error": (HTTPStatus.INTERNAL_SERVER_ERROR, _("Erreur du serveur")),
}


class Problem(Exception):
    """An answer other than success. `detail` says what to do about it; `extra` are further members of the object."""

    def __init__(self, code: str, detail: str = "", **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.extra = extra


def problem_response(problem: Problem, *, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """The HTTP answer that carries a problem."""
    status, title = PROBLEMS[problem.code]
    content = {
        "type": f"{TYPE_BASE}{problem.code}",
        "title": str(title),
        "status": int(status),
        "detail": problem.detail or str(title),
        "code": problem.code,
        **problem.extra,
    }
    return JsonResponse(
        content,
        status=int(status),
        content_type=CONTENT_TYPE,
        headers=headers,
        json_dumps_params={"ensure_ascii": False},
    )
