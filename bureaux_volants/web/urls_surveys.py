"""Addresses of questionnaires and the travel diary."""

from __future__ import annotations

from django.urls import path

from .lab import questionnaires as writing
from .lab import surveys as lab
from .views import surveys

urlpatterns = [
    path("enquetes/", surveys.surveys, name="surveys"),
    path("enquetes/mes-reponses/", surveys.mine, name="survey_mine"),
    path("enquetes/mes-reponses/<int:trial_id>/retirer/", surveys.withdraw, name="survey_withdraw"),
    path("enquetes/carnet/<int:wave_id>/", surveys.diary, name="diary"),
    path("enquetes/carnet/<int:wave_id>/<str:day>/", surveys.diary, name="diary_day"),
    path("enquetes/<int:wave_id>/", surveys.answer, name="survey"),
    path("enquetes/<int:wave_id>/decliner/", surveys.decline, name="survey_decline"),
    path("labo/essais/<slug:slug>/questionnaires/", lab.surveys, name="trial_surveys"),
    path("labo/essais/<slug:slug>/questionnaires/<int:number>/clore/", lab.close, name="trial_wave_close"),
    path("labo/essais/<slug:slug>/questionnaires/<int:number>/annuler/", lab.cancel, name="trial_wave_cancel"),
    path("labo/essais/<slug:slug>/questionnaires/cle/", lab.key, name="trial_key"),
    path("labo/questionnaires/", writing.index, name="trial_questionnaires"),
    path("labo/questionnaires/nouveau/", writing.new, name="trial_questionnaire_new"),
    path("labo/questionnaires/<slug:code>/", writing.edit, name="trial_questionnaire"),
    path("labo/questionnaires/<slug:code>/en-tete/", writing.head, name="trial_questionnaire_head"),
    path("labo/questionnaires/<slug:code>/apercu/", writing.preview, name="trial_questionnaire_preview"),
    path("labo/questionnaires/<slug:code>/supprimer/", writing.drop, name="trial_questionnaire_drop"),
    path("labo/questionnaires/<slug:code>/parties/", writing.section_new, name="trial_section_new"),
    path("labo/questionnaires/<slug:code>/parties/<int:place>/", writing.section, name="trial_section"),
    path(
        "labo/questionnaires/<slug:code>/parties/<int:section>/<slug:kind>/",
        writing.question_new,
        name="trial_question_new",
    ),
    path("labo/questionnaires/<slug:code>/questions/<slug:question_id>/", writing.question, name="trial_question"),
    path(
        "labo/questionnaires/<slug:code>/questions/<slug:question_id>/condition/",
        writing.condition,
        name="trial_question_if",
    ),
    path(
        "labo/questionnaires/<slug:code>/questions/<slug:question_id>/<slug:verb>/",
        writing.question_act,
        name="trial_question_act",
    ),
]
