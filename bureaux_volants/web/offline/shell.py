"""The page that a device opens without network, the files that it needs, and a version that changes when any of them does."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

_LINKED = re.compile(r"(?:href|src)=\"([^\"#]+)")


@dataclass(frozen=True, slots=True)
class Shell:
    """`files`: addresses of static files. `version` names the cache that holds them with the page."""

    page: str
    files: tuple[str, ...]
    version: str


def shell() -> Shell:
    """As the templates and static files are now; worked out once where they cannot change under a running server."""
    return _work_out() if settings.DEBUG else _known()


def _work_out() -> Shell:
    request = HttpRequest()
    request.path = page = reverse("offline")
    request.user = AnonymousUser()  # nothing of anybody is in it
    text = render_to_string("web/offline.html", request=request)
    prefix = settings.STATIC_URL
    files = tuple(sorted({a for a in _LINKED.findall(text) if a.startswith(prefix)}))
    return Shell(page, files, hashlib.sha256(text.encode()).hexdigest()[:16])


@cache
def _known() -> Shell:
    return _work_out()
