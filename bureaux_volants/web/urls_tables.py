"""Addresses of the tables of factors, fares and allowances."""

from __future__ import annotations

from django.urls import path

from . import tables

urlpatterns = [
    path("baremes/", tables.tables, name="tables"),
    path("baremes/<str:kind>/", tables.new, name="tables_new"),
    path("baremes/<str:kind>/<str:version>.csv", tables.sheet, name="tables_csv"),
]
