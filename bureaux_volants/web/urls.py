"""Addresses of the pages, in French: people read them."""

from __future__ import annotations

from django.urls import path

from . import urls_board, urls_host, urls_team
from .views import (
    arrival,
    book,
    bookings,
    day,
    keys,
    notices,
    personas,
    preferences,
    public,
    search,
    site,
    take,
    waiting,
)

urlpatterns = [
    path("", day.day, name="day"),
    path("bureaux/", search.search, name="search"),
    path("bureaux/contours.json", search.contours, name="contours"),
    path("bureaux/reserver/", book.book, name="book"),
    path("sites/<slug:slug>/", site.site, name="site"),
    path("sites/<slug:slug>/photo", site.photo, name="site_photo"),
    path("reservations/", bookings.bookings, name="bookings"),
    path("reservations/serie/", book.series, name="series"),
    path("reservations/absence/", bookings.cancel_period, name="cancel_period"),
    path("reservations/<str:reference>/", bookings.booking, name="booking"),
    path("reservations/<str:reference>/modifier/", bookings.change, name="change"),
    path("reservations/<str:reference>/annuler/", bookings.cancel, name="cancel"),
    path("reservations/<str:reference>/arriver/", bookings.arrive, name="arrive"),
    path("reservations/<str:reference>/partir/", bookings.leave, name="leave"),
    path("reservations/<str:reference>/sans/", bookings.counterfactual, name="counterfactual"),
    path("prendre/", take.take, name="take"),
    path("prendre/garde/", keys.custody, name="custody"),
    path("prendre/reserver/", take.book, name="take_book"),
    path("prendre/ensemble/<str:reference>/", take.join, name="take_join"),
    path("reservations/<str:reference>/cle/", keys.key, name="key"),
    path("reservations/<str:reference>/cle/prise/", keys.taken, name="key_taken"),
    path("reservations/<str:reference>/rendre/", take.give_back, name="give_back"),
    path("attente/", waiting.join, name="waiting_join"),
    path("attente/<int:entry_id>/quitter/", waiting.leave, name="waiting_leave"),
    path("arrivee/<str:code>/", arrival.arrival, name="arrival"),
    path("messages/", notices.notices, name="notices"),
    path("messages/lus/", notices.read_all, name="notices_read"),
    path("messages/<int:notice_id>/", notices.open_notice, name="notice"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("preferences/mes-donnees.json", preferences.my_data, name="my_data"),
    path("preferences/jetons/<int:token_id>/revoquer/", preferences.revoke_token, name="token_revoke"),
    path("accessibilite/", public.accessibility, name="accessibility"),
    path("donnees-personnelles/", public.privacy, name="privacy"),
    path("sante", public.health, name="health"),
    path("demo/entrer/", personas.enter, name="persona"),
    *urls_host.urlpatterns,
    *urls_team.urlpatterns,
    *urls_board.urlpatterns,
]
