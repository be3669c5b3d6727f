"""Checks of the address that ninja leaves open."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Schema

from .problems import Problem


def only_known_parameters(request: HttpRequest, query: type[Schema] | None = None) -> None:
    """Refuse parameters the operation does not have: a mistyped filter would silently widen the answer."""
    known = {field.alias or name for name, field in query.model_fields.items()} if query else set()
    unknown = sorted(set(request.GET) - known)
    if unknown:
        listed = _("Paramètres admis : %(names)s.") % {"names": ", ".join(sorted(known))} if known else ""
        raise Problem(
            "invalid-request",
            _("L'adresse porte un paramètre inconnu. ") + listed,
            errors=[{"where": "query", "code": "unknown-parameter", "message": listed or _("Aucun paramètre admis.")}],
        )
