"""Addresses of a trial's live page, its report and its grid."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
