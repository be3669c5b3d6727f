"""Addresses of shared rides."""

from __future__ import annotations

from django.urls import path

from .views import ride_register, rides

urlpatterns = [
    path("covoiturage/", rides.rides, name="rides"),
    path("covoiturage/proposer/", rides.offer, name="ride_offer"),
    path("covoiturage/mes-jours.csv", rides.my_days, name="ride_days"),
    path("covoiturage/registre/", ride_register.page, name="ride_register"),
    path("covoiturage/registre.csv", ride_register.download, name="ride_register_csv"),
    path("covoiturage/<int:offer_id>/demander/", rides.ask, name="ride_ask"),
    path("covoiturage/<str:reference>/annuler/", rides.cancel, name="ride_cancel"),
    path("covoiturage/<str:reference>/quitter/", rides.quit_pool_car, name="ride_leave"),
    path("covoiturage/demandes/<int:request_id>/<slug:verb>/", rides.answer, name="ride_answer"),
]
