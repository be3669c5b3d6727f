"""Addresses of trials, enquiry, draws."""

from __future__ import annotations

from django.urls import URLPattern, path

from .lab import design, enquiry, home, indicators, people, power
from .views import trials

_TRIAL = "labo/essais/<slug:slug>/"

urlpatterns: list[URLPattern] = [
    path("essais/", trials.mine, name="my_trials"),
    path("essais/<int:cohort_id>/volontaire/", trials.volunteer, name="my_trials_volunteer"),
    path("essais/<int:cohort_id>/ne-plus/", trials.unvolunteer, name="my_trials_unvolunteer"),
    path("essais/<int:trial_id>/quitter/", trials.leave, name="my_trials_leave"),
    path("labo/", home.lab, name="lab"),
    path("labo/indicateurs/", indicators.glossary, name="indicators"),
    path("labo/indicateurs/<slug:code>/", indicators.indicator, name="indicator"),
    path("labo/enquete/", enquiry.notes, name="trial_notes"),
    path("labo/enquete/notes/nouvelle/", enquiry.note_new, name="trial_note_new"),
    path("labo/enquete/notes/<str:reference>/", enquiry.note_edit, name="trial_note"),
    path("labo/enquete/notes/<str:reference>/supprimer/", enquiry.note_delete, name="trial_note_delete"),
    path("labo/enquete/notes/<str:reference>/photos/", enquiry.photo_add, name="trial_photo_add"),
    path("labo/enquete/notes/<str:reference>/photos/<int:photo_id>/", enquiry.photo, name="trial_photo"),
    path(
        "labo/enquete/notes/<str:reference>/photos/<int:photo_id>/supprimer/",
        enquiry.photo_remove,
        name="trial_photo_remove",
    ),
    path("labo/enquete/constats.csv", enquiry.findings_csv, name="trial_findings_csv"),
    path("labo/enquete/constats/nouveau/", enquiry.finding_new, name="trial_finding_new"),
    path("labo/enquete/constats/<int:finding_id>/", enquiry.finding_edit, name="trial_finding"),
    path("labo/enquete/constats/<int:finding_id>/supprimer/", enquiry.finding_delete, name="trial_finding_delete"),
    path("labo/essai/nouveau/", design.new, name="trial_new"),
    path(f"{_TRIAL}protocole/", design.design, name="trial_design"),
    path(f"{_TRIAL}protocole/modifier/", design.edit, name="trial_edit"),
    path(f"{_TRIAL}protocole/fige.json", design.frozen, name="trial_frozen"),
    path(f"{_TRIAL}protocole/figer/", design.freeze, name="trial_freeze"),
    path(f"{_TRIAL}protocole/amender/<slug:what>/", design.amend, name="trial_amend"),
    path(f"{_TRIAL}protocole/terminer/", design.end, name="trial_end"),
    path(f"{_TRIAL}puissance/", power.power, name="trial_power"),
    path(f"{_TRIAL}participants/", people.people, name="trial_people"),
    path(f"{_TRIAL}participants/ordre/", people.draw_order, name="trial_draw_order"),
    path(f"{_TRIAL}participants/cohorte/", people.make_cohort, name="trial_make_cohort"),
    path(f"{_TRIAL}participants/ouvrir/", people.open_steps, name="trial_open"),
    path(f"{_TRIAL}participants/tirages/<int:draw_id>/liste.json", people.draw_list, name="trial_draw_list"),
    path(f"{_TRIAL}participants/tirages/<int:draw_id>/resultat.json", people.draw_result, name="trial_draw_result"),
    path(f"{_TRIAL}participants/retrait/", people.withdraw, name="trial_withdraw"),
]
