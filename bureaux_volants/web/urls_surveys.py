"""Addresses of questionnaires and the travel diary."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
