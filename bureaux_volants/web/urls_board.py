"""Addresses of the fleet manager's board and of what the pool is used for."""

from __future__ import annotations

from django.urls import path

from . import fleet_board, fleet_usage

urlpatterns = [
    path("flotte/", fleet_board.fleet, name="fleet"),
    path("flotte/cas/<int:case_id>/regler/", fleet_board.settle, name="fleet_settle"),
    path("flotte/usage/", fleet_usage.usage, name="fleet_usage"),
    path("flotte/usage/export.csv", fleet_usage.export, {"form": "csv"}, name="fleet_usage_csv"),
    path("flotte/usage/export.xlsx", fleet_usage.export, {"form": "xlsx"}, name="fleet_usage_xlsx"),
]
