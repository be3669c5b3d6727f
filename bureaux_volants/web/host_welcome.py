"""The welcome sheet as its hosts write it: the form, the history, an older version taken up again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bureaux_volants.booking.directory import SiteEntry
from bureaux_volants.booking.errors import NotFound
from bureaux_volants.hosting.merging import Content, merge
from bureaux_volants.hosting.models import SheetPhoto, SheetVersion
from bureaux_volants.hosting.sheets import MOST_PHOTOS, TEXTS, Newer, changed, content_of, latest, restore, write
from bureaux_volants.territory.permissions import Action

from .access import AgentRequest, author_of, role_page
from .forms_sheet import Photos, SheetForm, label_of, rows_of, sent_photos
from .host import hosted_site

#: Versions shown on the history page.
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Step:
    """One version in the history: what it changed, from what to what."""

    version: SheetVersion
    changes: list[tuple[str, str, str]]
    is_last: bool


def _page(
    request: AgentRequest, site: SiteEntry, form: SheetForm, photos: Photos, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {"site": site, "form": form, "photos": photos, "most": MOST_PHOTOS, **more}
    return render(request, "web/host/welcome.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@role_page(Action.HOST)
def write_sheet(request: AgentRequest, slug: str) -> HttpResponse:
    """The form. Of two who save over the same version the second one sees what the first one wrote, and loses nothing."""
    site = hosted_site(request, slug)
    if request.method != "POST":
        last = latest(site.id)
        content = content_of(last)
        form = SheetForm(initial={**content.texts, "version": last.number if last else 0})
        return _page(request, site, form, rows_of(content), last=last)
    form = SheetForm(request.POST)
    photos = sent_photos(request, request.directory.territory_id, site.id)
    if not form.is_valid() or not photos.is_valid:
        return _page(request, site, form, photos, status=422)
    mine, base = Content(form.texts, photos.kept), form.cleaned_data["version"]
    try:
        write(request.directory.territory_id, site.id, mine, base, author_of(request))
    except Newer as newer:
        return _brought_together(request, site, mine, base, newer.version)
    messages.success(request, _("La fiche d'accueil est enregistrée."))
    return redirect("host_site", site.slug)


def _brought_together(
    request: AgentRequest, site: SiteEntry, mine: Content, base: int, theirs: SheetVersion
) -> HttpResponse:
    read = SheetVersion.objects.filter(site_id=site.id, number=base).first()
    merged = merge(content_of(read), mine, content_of(theirs))
    form = SheetForm(initial={**merged.content.texts, "version": theirs.number})
    return _page(
        request,
        site,
        form,
        rows_of(merged.content),
        status=409,
        theirs=theirs,
        clashes=[(label_of(n), getattr(theirs, n), mine.texts[n]) for n in TEXTS if n in merged.clashes],
        taken=[label_of(n) for n in (*TEXTS, "photos") if n in merged.taken],
    )


@never_cache
@require_safe
@role_page(Action.HOST)
def history(request: AgentRequest, slug: str) -> HttpResponse:
    """Who changed what and when, latest first."""
    site = hosted_site(request, slug)
    versions = list(
        SheetVersion.objects.filter(site_id=site.id).select_related("author").order_by("-number")[: SHOWN + 1]
    )
    before = [*versions[1:], None]
    steps = [
        Step(v, _changes(content_of(older), content_of(v)), n == 0)
        for n, (v, older) in enumerate(zip(versions[:SHOWN], before, strict=False))
    ]
    context = {"site": site, "steps": steps, "last": versions[0] if versions else None}
    return render(request, "web/host/welcome_history.html", context)


def _changes(before: Content, after: Content) -> list[tuple[str, str, str]]:
    def said(content: Content, name: str) -> str:
        return ", ".join(p.alt for p in content.photos) if name == "photos" else content.texts[name]

    return [(label_of(name), said(before, name), said(after, name)) for name in changed(before, after)]


@require_POST
@role_page(Action.HOST)
def restore_version(request: AgentRequest, slug: str, number: int) -> HttpResponse:
    site = hosted_site(request, slug)
    read = request.POST.get("version", "")
    try:
        restore(
            request.directory.territory_id,
            site.id,
            number,
            int(read) if read.isdecimal() and len(read) < 9 else 0,
            author_of(request),
        )
    except NotFound:
        raise Http404 from None
    except Newer:
        messages.warning(request, _("Quelqu'un a modifié la fiche entre-temps : regardez d'abord ce qui a changé."))
    else:
        messages.success(request, _("La fiche reprend la version %(number)d.") % {"number": number})
    return redirect("host_welcome_history", site.slug)


def photo_of(site: SiteEntry, photo_id: int, *, for_host: bool) -> SheetPhoto:
    """A picture of a sheet: one that is shown now, or any of the site's for a host. Http404 otherwise."""
    if not for_host:
        last = latest(site.id)
        if last is None or all(p["id"] != photo_id for p in last.photos):
            raise Http404
    photo = SheetPhoto.objects.filter(pk=photo_id, site_id=site.id).first()
    if photo is None:
        raise Http404
    return photo
