"""Addresses of a manager's pages."""

from __future__ import annotations

from django.urls import path

from . import team, team_approvals, team_days

urlpatterns = [
    path("equipe/", team.team, name="team"),
    path("equipe/accords/<str:reference>/<str:verb>/", team_approvals.answer, name="team_answer"),
    path("equipe/export.csv", team.export, {"form": "csv"}, name="team_csv"),
    path("equipe/export.xlsx", team.export, {"form": "xlsx"}, name="team_xlsx"),
    path("equipe/journees/", team_days.set_day, name="team_day_set"),
    path("equipe/journees/<int:team_day_id>/retirer/", team_days.remove_day, name="team_day_remove"),
]
