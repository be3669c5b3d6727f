"""Addresses of a trial's live page, its report, its grid, what it costs, what leaves it as files."""

from __future__ import annotations

from django.urls import URLPattern, path

from .lab import costs, equity, exports, grid, live, mobility

_TRIAL = "labo/essais/<slug:slug>/"

urlpatterns: list[URLPattern] = [
    path("labo/plan-de-mobilite/", mobility.plan, name="mobility_plan"),
    path("labo/plan-de-mobilite.xlsx", mobility.export, {"form": "xlsx"}, name="mobility_plan_xlsx"),
    path("labo/plan-de-mobilite.csv", mobility.export, {"form": "csv"}, name="mobility_plan_csv"),
    path(_TRIAL, live.live, name="trial"),
    path(f"{_TRIAL}recalculer/", live.recompute, name="trial_recompute"),
    path(f"{_TRIAL}decisions/", live.decide, name="trial_decide"),
    path(f"{_TRIAL}rapport/", live.report, name="trial_report"),
    path(f"{_TRIAL}rapport.pdf", live.pdf, name="trial_report_pdf"),
    path(f"{_TRIAL}rapport-une-page.pdf", live.pdf, {"is_whole": False}, name="trial_report_page_pdf"),
    path(f"{_TRIAL}grille/", grid.grid, name="trial_grid"),
    path(f"{_TRIAL}equite/", equity.equity, name="trial_equity"),
    path(f"{_TRIAL}depenses/", costs.costs, name="trial_costs"),
    path(f"{_TRIAL}depenses/<int:cost_id>/", costs.cost, name="trial_cost"),
    path(f"{_TRIAL}depenses/<int:cost_id>/supprimer/", costs.remove, name="trial_cost_remove"),
    path(f"{_TRIAL}donnees/", exports.exports, name="trial_exports"),
    path(f"{_TRIAL}donnees/publier/", exports.publish, name="trial_publish"),
    path(f"{_TRIAL}donnees.zip", exports.open_data, name="trial_open_data"),
]
