"""Addresses of the reception's pages."""

from __future__ import annotations

from django.urls import path

from . import host, host_closing, host_poster

urlpatterns = [
    path("accueil/", host.host, name="host"),
    path("accueil/<slug:slug>/", host.site, name="host_site"),
    path("accueil/<slug:slug>/feuille/", host.sheet, name="host_sheet"),
    path("accueil/<slug:slug>/affiche/", host_poster.poster, name="host_poster"),
    path("accueil/<slug:slug>/affiche.pdf", host_poster.poster_file, name="host_poster_pdf"),
    path("accueil/<slug:slug>/fermer/", host_closing.close, name="host_close"),
    path("accueil/<slug:slug>/rouvrir/<int:closure_id>/", host_closing.reopen, name="host_reopen"),
    path("accueil/<slug:slug>/<str:reference>/<slug:verb>/", host.act, name="host_act"),
]
