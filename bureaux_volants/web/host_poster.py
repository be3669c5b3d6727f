"""The poster at the door: its QR code says "I have arrived". As a page to print, and as an accessible PDF."""

from __future__ import annotations

import io
from functools import lru_cache
from importlib import resources

import segno
import typst
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from bureaux_volants.territory.models import Site
from bureaux_volants.territory.permissions import Action

from .access import AgentRequest, role_page
from .host import hosted_site


def arrival_address(site_id: int) -> str:
    """The public address that the QR code holds."""
    code = Site.objects.values_list("check_in_code", flat=True).get(pk=site_id)
    return f"{settings.BV_BASE_URL.rstrip('/')}/arrivee/{code}/"


def qr_svg(address: str) -> str:
    """The QR code as SVG markup, black on white whatever the theme, readable when a quarter of it is hidden."""
    out = io.BytesIO()
    code = segno.make(address, error="q", micro=False)
    code.save(out, kind="svg", xmldecl=False, border=4, light="#ffffff", omitsize=True)
    return out.getvalue().decode()


@lru_cache(maxsize=64)
def poster_pdf(site_name: str, organisation: str, address: str) -> bytes:
    """One A4 page, PDF/UA-1 (tagged, with the code described in words)."""
    source = resources.files("bureaux_volants.web").joinpath("templates/web/host/poster.typ").read_bytes()
    made = typst.compile(
        source,
        format="pdf",
        pdf_standards="ua-1",
        sys_inputs={
            "site": site_name,
            "organisation": organisation,
            "address": address,
            "qr": qr_svg(address),
        },
    )
    assert isinstance(made, bytes)
    return made


@require_safe
@role_page(Action.HOST)
def poster(request: AgentRequest, slug: str) -> HttpResponse:
    site = hosted_site(request, slug)
    address = arrival_address(site.id)
    # Our own drawing of our own address: nothing in it comes from a form.
    code: SafeString = mark_safe(qr_svg(address))  # noqa: S308
    return render(request, "web/host/poster.html", {"site": site, "address": address, "code": code})


@require_safe
@role_page(Action.HOST)
def poster_file(request: AgentRequest, slug: str) -> HttpResponse:
    site = hosted_site(request, slug)
    content = poster_pdf(site.name, site.organisation_name, arrival_address(site.id))
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="affiche-{site.slug}.pdf"'
    return response
