"""The welcome sheet as others read it: on the site's page, on paper, as an accessible PDF. Never the door nor its code here
but through `door_of`, which asks who reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import typst
from django.conf import settings
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from bureaux_volants.booking.directory import SiteEntry
from bureaux_volants.hosting.models import SheetVersion
from bureaux_volants.hosting.sheets import Door, latest, open_texts
from bureaux_volants.territory.permissions import Action, may

from .access import AgentRequest, agent_page
from .forms_sheet import label_of
from .host_poster import qr_svg
from .host_welcome import photo_of

#: What each part of a sheet is marked with.
ICONS = {
    "bike": "bike",
    "stops": "pin",
    "car": "car",
    "wifi": "screen",
    "lunch": "clock",
    "contact": "person",
    "leaving": "leave",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One part of a sheet."""

    icon: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Welcome:
    """A sheet to read; `door` only where the reader may know it."""

    lines: list[Line]
    photos: list[dict[str, object]]
    version: SheetVersion | None
    door: Door | None = None

    def __bool__(self) -> bool:
        return bool(self.lines or self.photos or self.door)


def welcome_of(version: SheetVersion | None, door: Door | None = None) -> Welcome:
    lines = [Line(ICONS[name], label_of(name), text) for name, text in open_texts(version).items()]
    return Welcome(lines, list(version.photos) if version else [], version, door)


def entry_of(request: AgentRequest, slug: str) -> SiteEntry:
    """A site of the reader's territory; Http404 otherwise."""
    try:
        return request.directory.site(slug)
    except KeyError:
        raise Http404 from None


def address_of(site: SiteEntry) -> str:
    """The public address of a site's page: what the QR code holds."""
    return settings.BV_BASE_URL.rstrip("/") + reverse("site", args=[site.slug])


@require_safe
@agent_page
def welcome(request: AgentRequest, slug: str) -> HttpResponse:
    """The sheet on paper, for all: without the door's code."""
    site = entry_of(request, slug)
    address = address_of(site)
    # Our own drawing of our own address: nothing in it comes from a form.
    code: SafeString = mark_safe(qr_svg(address))  # noqa: S308
    context = {"site": site, "welcome": welcome_of(latest(site.id)), "address": address, "code": code}
    return render(request, "web/welcome.html", context)


@lru_cache(maxsize=64)
def _pdf(site: str, organisation: str, place: str, address: str, lines: str) -> bytes:
    source = resources.files("bureaux_volants.web").joinpath("templates/web/welcome.typ").read_bytes()
    made = typst.compile(
        source,
        format="pdf",
        pdf_standards="ua-1",
        sys_inputs={
            "site": site,
            "organisation": organisation,
            "place": place,
            "address": address,
            "lines": lines,
            "qr": qr_svg(address),
        },
    )
    assert isinstance(made, bytes)
    return made


def sheet_pdf(site: SiteEntry, texts: Mapping[str, str]) -> bytes:
    """A4, PDF/UA-1 (tagged, the QR code described in words)."""
    lines = json.dumps([[label_of(name), text] for name, text in texts.items()], ensure_ascii=False)
    return _pdf(site.name, site.organisation_name, site.address, address_of(site), lines)


@require_safe
@agent_page
def welcome_pdf(request: AgentRequest, slug: str) -> HttpResponse:
    site = entry_of(request, slug)
    response = HttpResponse(sheet_pdf(site, open_texts(latest(site.id))), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="accueil-{site.slug}.pdf"'
    return response


@require_safe
@agent_page
def welcome_photo(request: AgentRequest, slug: str, photo_id: int) -> FileResponse:
    """A picture of the sheet, for its own territory only."""
    site = entry_of(request, slug)
    photo = photo_of(site, photo_id, for_host=may(request.user, Action.HOST, site=site))
    try:
        return FileResponse(photo.image.open("rb"), content_type="image/jpeg")
    except FileNotFoundError:
        raise Http404 from None
