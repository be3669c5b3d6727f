"""Addresses of version 1."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from .application import api
from .docs import docs
from .frame import framed


def _framed(patterns: list[URLPattern | URLResolver]) -> list[URLPattern]:
    found = [p for p in patterns if isinstance(p, URLPattern)]
    assert len(found) == len(patterns), "operations are not nested"
    for pattern in found:
        pattern.callback = framed(pattern.callback)
    return found


# ninja's root would look for documentation pages that are ours.
_operations = [p for p in _framed(api.urls[0]) if p.name != "api-root"]
_home = path("", RedirectView.as_view(pattern_name="api_docs"), name="api-root")

urlpatterns: list[URLPattern | URLResolver] = [
    path("docs", docs, name="api_docs"),
    path("", include(([_home, *_operations], "ninja"), namespace="api")),
]
