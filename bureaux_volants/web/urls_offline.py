"""Addresses of the installed application: at the root, where browsers look for them."""

from __future__ import annotations

from django.urls import path

from .views import installing, offline

urlpatterns = [
    path("manifest.webmanifest", installing.manifest, name="manifest"),
    path("sw.js", installing.worker, name="worker"),
    path("hors-ligne/", offline.offline, name="offline"),
    path("hors-ligne.json", offline.kept, name="offline_kept"),
    path("hors-ligne/actions/", offline.act, name="offline_act"),
]
