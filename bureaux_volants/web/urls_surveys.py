"""Addresses of questionnaires and the travel diary."""

from __future__ import annotations

from django.urls import path

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
]
