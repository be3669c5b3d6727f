"""What makes the service an application on a telephone: its manifest, and the worker that answers without network."""

from __future__ import annotations

import json

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from bureaux_volants.web.offline.shell import shell

#: The tokens --paper and --accent of app.css, in the light scheme: a manifest knows only one.
PAPER, ACCENT = "#f7f5f1", "#662a6d"


@require_safe
@cache_control(max_age=3600, public=True)
def manifest(request: HttpRequest) -> HttpResponse:
    """The web app manifest (W3C): how the service is called, looks and opens once it is installed."""
    drawn = {"src": static("web/icon.svg"), "type": "image/svg+xml", "sizes": "any", "purpose": "any"}
    painted = [
        {"src": static(f"web/{name}-{size}.png"), "type": "image/png", "sizes": f"{size}x{size}", "purpose": purpose}
        for name, purpose in (("icon", "any"), ("icon-maskable", "maskable"))
        for size in (192, 512)
    ]
    shortcuts = (
        (_("Ma journée"), "/"),
        (_("Trouver un bureau"), "/bureaux/"),
        (_("Mes réservations"), "/reservations/"),
    )
    told = {
        "id": "/",
        "name": "Bureaux volants",
        "short_name": "Bureaux",
        "description": _("Trouver un bureau près de là où la journée se passe, le réserver, y être attendu."),
        "lang": "fr",
        "dir": "ltr",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": ACCENT,
        "icons": [drawn, *painted],
        "shortcuts": [{"name": name, "url": url} for name, url in shortcuts],
    }
    return HttpResponse(json.dumps(told, ensure_ascii=False), content_type="application/manifest+json")


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, at the root so that every page is within its scope; never cached, so that a new one, or its
    withdrawal (BV_OFFLINE=0), reaches a device at its next visit."""
    if settings.BV_OFFLINE:
        found = shell()
        known = {"version": found.version, "page": found.page, "files": found.files, "static": settings.STATIC_URL}
        scripts = [static("web/offline-store.js"), static("web/worker.js")]
        text = f"self.SHELL = {json.dumps(known)};\nimportScripts({', '.join(map(json.dumps, scripts))});\n"
    else:
        text = f"importScripts({json.dumps(static('web/worker-withdrawn.js'))});\n"
    answer = HttpResponse(text, content_type="text/javascript; charset=utf-8")
    answer.headers["Cache-Control"] = "no-cache"
    return answer
