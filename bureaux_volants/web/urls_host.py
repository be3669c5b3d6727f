"""Addresses of the reception's pages."""

from __future__ import annotations

from django.urls import path

from . import (
    host,
    host_arrivals,
    host_closing,
    host_leave,
    host_lending,
    host_message,
    host_poster,
    host_recap,
    host_welcome,
    welcome,
)

urlpatterns = [
    path("accueil/", host.host, name="host"),
    path("accueil/<slug:slug>/", host.site, name="host_site"),
    path("accueil/<slug:slug>/feuille/", host.sheet, name="host_sheet"),
    path("accueil/<slug:slug>/affiche/", host_poster.poster, name="host_poster"),
    path("accueil/<slug:slug>/affiche.pdf", host_poster.poster_file, name="host_poster_pdf"),
    path("accueil/<slug:slug>/fermer/", host_closing.close, name="host_close"),
    path("accueil/<slug:slug>/rouvrir/<int:closure_id>/", host_closing.reopen, name="host_reopen"),
    path("accueil/<slug:slug>/sans-reservation/", host_arrivals.walk_in, name="host_walk_in"),
    path("accueil/<slug:slug>/bureaux/", host_lending.lending, name="host_lending"),
    path("accueil/<slug:slug>/message/", host_message.message, name="host_message"),
    path("accueil/<slug:slug>/bilan/", host_recap.recap, name="host_recap"),
    path("accueil/<slug:slug>/bilan.csv", host_recap.recap_csv, name="host_recap_csv"),
    path("remplacement/", host_leave.leave, name="host_leave"),
    path("remplacement/<int:handover_id>/terminer/", host_leave.end, name="host_leave_end"),
    path("accueil/<slug:slug>/fiche/", host_welcome.write_sheet, name="host_welcome"),
    path("accueil/<slug:slug>/fiche/versions/", host_welcome.history, name="host_welcome_history"),
    path(
        "accueil/<slug:slug>/fiche/versions/<int:number>/reprendre/",
        host_welcome.restore_version,
        name="host_welcome_restore",
    ),
    path("sites/<slug:slug>/fiche/", welcome.welcome, name="welcome"),
    path("sites/<slug:slug>/fiche.pdf", welcome.welcome_pdf, name="welcome_pdf"),
    path("sites/<slug:slug>/fiche/photos/<int:photo_id>", welcome.welcome_photo, name="welcome_photo"),
    path("accueil/<slug:slug>/<str:reference>/<slug:verb>/", host.act, name="host_act"),
]
