"""Addresses of the fleet manager's board and of what the pool is used for."""

from __future__ import annotations

from django.urls import path

from . import fleet_board, fleet_unit, fleet_usage

urlpatterns = [
    path("flotte/", fleet_board.fleet, name="fleet"),
    path("flotte/cas/<int:case_id>/regler/", fleet_board.settle, name="fleet_settle"),
    path("flotte/usage/", fleet_usage.usage, name="fleet_usage"),
    path("flotte/usage/export.csv", fleet_usage.export, {"form": "csv"}, name="fleet_usage_csv"),
    path("flotte/usage/export.xlsx", fleet_usage.export, {"form": "xlsx"}, name="fleet_usage_xlsx"),
    path("flotte/qui/", fleet_unit.who, name="fleet_who"),
    path("flotte/vehicules/<int:resource_id>/", fleet_unit.unit, name="fleet_unit"),
    path("flotte/vehicules/<int:resource_id>/hors-service/", fleet_unit.take_out, name="fleet_unit_out"),
    path("flotte/vehicules/<int:resource_id>/en-service/", fleet_unit.put_back, name="fleet_unit_back"),
    path("flotte/vehicules/<int:resource_id>/entretien/", fleet_unit.service_done, name="fleet_unit_service"),
    path("flotte/vehicules/<int:resource_id>/couts/", fleet_unit.add_cost, name="fleet_unit_cost"),
    path(
        "flotte/vehicules/<int:resource_id>/couts/<int:cost_id>/effacer/",
        fleet_unit.remove_cost,
        name="fleet_unit_cost_remove",
    ),
    path(
        "flotte/vehicules/<int:resource_id>/etat/<int:damage_id>/regler/", fleet_unit.settle, name="fleet_unit_settle"
    ),
    path("flotte/vehicules/<int:resource_id>/etat/<int:damage_id>/photo", fleet_unit.photo, name="fleet_unit_photo"),
]
