"""Key boxes: enrolment, picture, events. Signed by the box itself; see keys/rest.py."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router

from bureaux_volants.api.problems import Problem
from bureaux_volants.keys import rest
from bureaux_volants.keys.errors import Untrusted
from bureaux_volants.keys.models import Box

#: The protocol of the boxes has its own document; it is not part of what people's tokens open.
router = Router(tags=["Boîtes à clés"], auth=None)


def _box(request: HttpRequest, box: uuid.UUID) -> Box:
    try:
        return rest.authenticate(
            str(box),
            request.headers.get("X-Box-Request", ""),
            request.headers.get("X-Box-Signature", ""),
            method=request.method or "",
            path=request.path,
            body=request.body,
        )
    except Untrusted:
        raise Problem("not-authenticated", _("Signature refusée.")) from None


@router.post("/boxes/enrolment", include_in_schema=False, url_name="box_enrolment")
def enrol(request: HttpRequest) -> Any:
    try:
        return rest.enrol(request.body)
    except Untrusted:
        raise Problem("not-authenticated", _("Code de mise en liaison inconnu, employé ou expiré.")) from None
    except (ValueError, AttributeError, RecursionError):
        raise Problem("invalid-json") from None


@router.get("/boxes/{uuid:box}/grants", include_in_schema=False, url_name="box_grants")
def grants(request: HttpRequest, box: uuid.UUID) -> Any:
    return rest.give_picture(_box(request, box))


@router.post("/boxes/{uuid:box}/events", include_in_schema=False, url_name="box_events")
def events(request: HttpRequest, box: uuid.UUID) -> Any:
    found = _box(request, box)
    try:
        return rest.take_events(found, request.body)
    except (ValueError, RecursionError):
        raise Problem("invalid-json") from None
