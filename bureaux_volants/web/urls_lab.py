"""Addresses of trials, enquiry, draws."""

from __future__ import annotations

from django.urls import URLPattern, path

from .lab import home

urlpatterns: list[URLPattern] = [
    path("labo/", home.lab, name="lab"),
]
