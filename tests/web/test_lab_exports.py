"""What a trial costs, who can use it, what leaves it as files: through the pages."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from bureaux_volants.events.models import Event
from bureaux_volants.territory.models import Grant
from bureaux_volants.trials import deciding
from bureaux_volants.trials.equity import Line, reading
from bureaux_volants.trials.models import DiaryDay, KeptFigure, Publication, Response, RunningCost, Survey, Trial, Wave
from bureaux_volants.trials.surveys import profile, waves
from tests import factories
from tests.trials.words import NOW, TEST, Field, field

from .conftest import World

OCTOBER = dt.date(2026, 10, 1)


@dataclass
class Lab:
    field: Field
    trial: Trial
    client: Client

    def page(self, rest: str = "", status: int = 200, **query: str) -> str:
        answer = self.client.get(f"/labo/essais/{self.trial.slug}/{rest}", query)
        assert answer.status_code == status
        return answer.content.decode().replace("\u00a0", " ").replace("\u202f", " ")

    def send(self, rest: str, **data: str) -> str:
        return (
            self.client.post(f"/labo/essais/{self.trial.slug}/{rest}", data, follow=True)
            .content.decode()
            .replace("\u00a0", " ")
            .replace("\u202f", " ")
        )


@pytest.fixture
def lab(world: World) -> Lab:
    there = field()
    who = factories.agent(there.territory)
    factories.grant(who, Grant.Role.LAB)
    return Lab(there, there.opened(), world.signed_in(who))


# -- costs -------------------------------------------------------------------------------------------------------------

COST = {"day": "2026-11-02", "kind": "staff", "label": "Accueil, 12 h", "euros": "1 234,50 €"}


def test_a_cost_is_entered_as_french_people_write_it_corrected_and_removed(lab: Lab) -> None:
    page = lab.send("depenses/", **COST)
    cost = RunningCost.objects.get()
    assert str(cost.euros) == "1234.50"
    assert "1 234,50 €" in page
    page = lab.send(f"depenses/{cost.pk}/", **{**COST, "euros": "12.5"})
    assert "12,50 €" in page
    assert "1 234,50 €" not in page
    lab.send(f"depenses/{cost.pk}/supprimer/")
    assert not RunningCost.objects.exists()
    kinds = list(
        Event.objects.filter(kind__startswith="trial.", subject_id=lab.trial.pk).values_list("kind", flat=True)
    )
    assert kinds[-3:] == ["trial.spent", "trial.cost_corrected", "trial.cost_removed"]


@pytest.mark.parametrize("euros", ["", "douze", "12,345", "-5", "0", "99999999999", "1e3", "NaN", "１２"])
def test_a_wrong_amount_is_one_sentence_and_changes_nothing(lab: Lab, euros: str) -> None:
    answer = lab.client.post(f"/labo/essais/{lab.trial.slug}/depenses/", {**COST, "euros": euros})
    if answer.status_code == 302:  # written otherwise, but a number
        assert RunningCost.objects.get().euros in (12, 1000)
        return
    assert answer.status_code == 422
    # Once in the list of what is wrong, once beside the field.
    assert answer.content.decode().count("Le montant s&#x27;écrit en euros") in (1, 2)
    assert not RunningCost.objects.exists()


def test_totals_are_by_kind_and_savings_are_not_among_them(lab: Lab) -> None:
    for kind, euros in (("staff", "10"), ("staff", "5,5"), ("equipment", "4")):
        lab.send("depenses/", **{**COST, "kind": kind, "euros": euros})
    page = lab.page("depenses/")
    for amount in ("15,50 €", "4,00 €", "19,50 €"):
        assert amount in page
    assert "n’est pas déduit ici" in page
    assert "pas encore calculé" in page


def test_a_cost_of_another_trial_is_not_there(lab: Lab) -> None:
    other = field().opened()
    cost = RunningCost.objects.create(trial=other, day=NOW.date(), kind="staff", label="x", euros=3)
    lab.page(f"depenses/{cost.pk}/", status=404)
    assert lab.client.post(f"/labo/essais/{lab.trial.slug}/depenses/{cost.pk}/supprimer/").status_code == 404
    assert RunningCost.objects.count() == 1


# -- equity ------------------------------------------------------------------------------------------------------------


def figure(trial: Trial, code: str, part: str, came: int, people: int, **fields: Any) -> None:
    KeptFigure.objects.create(
        territory_id=trial.territory_id,
        trial=trial,
        code=code,
        version=1,
        part=part,
        first_day=trial.starts_on,
        last_day=trial.ends_on,
        data_digest="0" * 64,
        computed_at=NOW,
        **{
            "value": 100 * came / people,
            "numerator": came,
            "denominator": people,
            "people": people,
            "low": 0.0,
            "high": 100.0,
            **fields,
        },
    )


def test_each_group_has_its_denominator_and_its_interval_and_hidden_ones_say_so(lab: Lab) -> None:
    commune = lab.field.communes[0]
    figure(lab.trial, "equity", "", 30, 60)
    figure(lab.trial, "participation", f"commune:{commune.pk}", 7, 20, low=18.0, high=57.0)
    figure(lab.trial, "participation", "commune:other", 8, 20, low=21.0, high=61.0)
    figure(lab.trial, "equity", "distance:near", 20, 40, low=35.0, high=65.0)
    figure(lab.trial, "equity", "distance:far", 1, 20, low=1.0, high=24.0)
    figure(lab.trial, "equity", "telework:no", 3, 9, is_hidden=True)
    page = lab.page("equite/")
    assert "30 sur 60" in page
    assert commune.name in page
    assert "18 à 57&nbsp;%" in page
    assert "7 sur 20" in page
    assert "On vient plus souvent dans le groupe « moins de 5 km »" in page
    assert "ces groupes sont trop petits" in page
    assert "sur 9<" not in page
    assert "Qui n’est compté nulle part" in page
    assert "sans compte" in page


def test_a_commune_that_has_not_opened_is_said_so_and_compared_with_none(lab: Lab) -> None:
    first, second = lab.trial.clusters.order_by("step", "pk")[:2]
    lab.trial.clusters.filter(pk=second.pk).update(opens_on=lab.trial.ends_on + dt.timedelta(days=1))
    figure(lab.trial, "equity", "", 18, 40)
    figure(lab.trial, "participation", f"commune:{first.commune_id}", 18, 20, low=70.0, high=97.0)
    figure(lab.trial, "participation", f"commune:{second.commune_id}", 0, 20, low=0.0, high=16.0)
    page = lab.page("equite/")
    assert f"{second.commune.name} (pas ouverte)" in page
    assert "On vient plus souvent" not in page


def test_intervals_that_overlap_are_those_of_the_groups_that_compare() -> None:
    open_ones = [Line("Marly", 13, 13, 100.0, 77.0, 100.0), Line("Woippy", 6, 7, 85.7, 49.0, 97.0)]
    closed = Line("Cuvry (pas ouverte)", 0, 14, 0.0, 0.0, 22.0, is_compared=False)
    assert reading(open_ones).startswith("Les intervalles se recouvrent")
    assert reading([*open_ones, closed]).startswith("Entre les groupes qui se comparent")


def test_two_groups_that_differ_are_said_whatever_a_small_one_between_or_beyond_them() -> None:
    near, far = Line("Moins de 5 km", 9, 41, 22.0, 12.0, 35.0), Line("De 5 à 15 km", 46, 96, 48.0, 38.0, 58.0)
    few = Line("Distance inconnue", 5, 10, 50.0, 23.0, 77.0)
    assert reading([near, far, few]) == (
        "On vient plus souvent dans le groupe « De 5 à 15 km » que dans le groupe « Moins de 5 km »."
    )


def test_without_figures_the_page_says_that_nothing_can_be_said(lab: Lab) -> None:
    page = lab.page("equite/")
    assert "Rien ne peut en être dit pour l’instant" in page
    assert "Aucune vague close" in page


def said(wave: Wave, **answers: str) -> None:
    Response.objects.create(wave=wave, pseudonym=str(Response.objects.count()).zfill(64), answers=answers)


def test_category_and_sex_come_from_a_question_that_was_asked(lab: Lab) -> None:
    survey = waves.keep_survey(lab.trial.territory_id, "profil", "Qui êtes-vous ?", profile.profile(), TEST)
    first = NOW.date() - dt.timedelta(days=9)
    wave = Wave.objects.create(
        trial=lab.trial,
        survey=survey,
        number=1,
        moment="during",
        first_day=first,
        last_day=first + dt.timedelta(days=3),
    )
    for n in range(24):
        said(wave, came="yes" if n % 2 else "no", sex="f" if n < 12 else "m", category="a" if n < 21 else "c")
    page = lab.page("equite/")
    assert "Une femme" in page
    assert "Votre catégorie" in page
    # Three of category C are put together with category A: nobody is found by subtraction.
    assert "Catégorie A" not in page
    # One line left for all is no table of groups.
    assert "Autres réponses et sans réponse, réunies" not in page
    assert "Trop peu de personnes pour montrer deux groupes" in page


def test_while_the_wave_is_open_nothing_is_told(lab: Lab) -> None:
    survey = waves.keep_survey(lab.trial.territory_id, "profil", "Qui êtes-vous ?", profile.profile(), TEST)
    wave = Wave.objects.create(
        trial=lab.trial, survey=survey, number=1, moment="during", first_day=NOW.date(), last_day=NOW.date()
    )
    for n in range(24):
        said(wave, came="yes" if n % 2 else "no", sex="f")
    assert "Une femme" not in lab.page("equite/")


def test_the_questionnaire_is_ready_to_use(lab: Lab) -> None:
    day = (NOW.date() + dt.timedelta(days=1)).isoformat()
    lab.send("questionnaires/", survey="profil", moment="during", first_day=day, last_day=day)
    assert Survey.objects.get(code="profil").questions["sections"][0]["questions"][0]["id"] == "came"


# -- open data ---------------------------------------------------------------------------------------------------------


def test_a_running_trial_says_why_it_is_not_published(lab: Lab) -> None:
    page = lab.page("donnees/")
    assert "une fois terminé" in page
    lab.page("donnees.zip", status=404)
    assert "une fois terminé" in lab.send("donnees/publier/")
    assert not Publication.objects.exists()


def test_what_was_published_is_downloaded_as_it_was(lab: Lab) -> None:
    Publication.objects.create(trial=lab.trial, made_at=NOW, package=b"PK bytes", digest="ab" * 32)
    assert "ab" * 32 in lab.page("donnees/")
    answer = lab.client.get(f"/labo/essais/{lab.trial.slug}/donnees.zip")
    assert answer.content == b"PK bytes"
    assert answer["Content-Type"] == "application/zip"
    assert f"donnees-{lab.trial.slug}.zip" in answer["Content-Disposition"]


# -- the mobility plan -------------------------------------------------------------------------------------------------


@pytest.fixture
def diaries(lab: Lab) -> Lab:
    """Six people's October: car for all, bus for two, a day on the bike."""
    survey = waves.keep_survey(lab.trial.territory_id, "carnet", "Carnet", {}, TEST, kind=Survey.Kind.DIARY)
    wave = Wave.objects.create(
        trial=lab.trial,
        survey=survey,
        number=1,
        moment="before",
        first_day=OCTOBER,
        last_day=OCTOBER + dt.timedelta(30),
    )
    for who in range(6):
        for day in range(5):
            mode = "bus" if who < 2 and day == 0 else "bike" if day == 1 else "car"
            trip = {"mode": mode, "purpose": "commute", "km": 10.0, "minutes": 20}
            DiaryDay.objects.create(
                wave=wave, pseudonym=str(who).zfill(64), day=OCTOBER + dt.timedelta(days=4 + day), trips=[trip, trip]
            )
    return lab


def test_the_page_and_the_workbook_tell_the_same_and_small_modes_are_put_together(diaries: Lab) -> None:
    page = diaries.client.get("/labo/plan-de-mobilite/").content.decode()
    assert "Du jeudi 1er octobre 2026 au samedi 31 octobre 2026" in page
    assert "modes de peu de personnes" in page
    book = load_workbook(io.BytesIO(diaries.client.get("/labo/plan-de-mobilite.xlsx").content))
    assert book.sheetnames[:3] == ["Définitions", "domicile-travail", "professionnels"]
    assert {"sources", "forfait-mobilites-durables", "teletravail", "couts"} <= set(book.sheetnames)
    rows = {row[0]: row for row in book["domicile-travail"].iter_rows(min_row=2, values_only=True)}
    # Bus, of two people, goes with the bike, of six: nobody's bus can be subtracted.
    assert set(rows) == {"Voiture", "modes de peu de personnes, réunis"}
    assert rows["Voiture"][1] == 44
    assert rows["Voiture"][3] == pytest.approx(440)
    assert rows["Voiture"][8] == 6
    csv = diaries.client.get("/labo/plan-de-mobilite.csv").content.decode("utf-8-sig")
    assert "Voiture;Km;440,0000" in csv


def test_a_period_that_cannot_be_is_one_sentence(diaries: Lab) -> None:
    answer = diaries.client.get("/labo/plan-de-mobilite/", {"first": "2026-13", "last": "2026-10"})
    assert answer.status_code == 422
    assert "Choisissez un mois de la liste." in answer.content.decode()
    assert diaries.client.get("/labo/plan-de-mobilite.xlsx", {"first": "2026-11", "last": "2026-10"}).status_code == 404


def test_another_territory_has_nothing_of_it(diaries: Lab, world: World) -> None:
    stranger = factories.agent(factories.territory())
    factories.grant(stranger, Grant.Role.LAB)
    client = world.signed_in(stranger)
    assert "Voiture" not in client.get("/labo/plan-de-mobilite/").content.decode()
    assert client.get("/labo/plan-de-mobilite.csv").status_code == 404


@pytest.mark.parametrize("rest", ["equite/", "depenses/", "donnees/", "donnees.zip"])
def test_another_territory_finds_nothing(lab: Lab, world: World, rest: str) -> None:
    Publication.objects.create(trial=lab.trial, made_at=NOW, package=b"PK", digest="0" * 64)
    stranger = factories.agent(factories.territory())
    factories.grant(stranger, Grant.Role.LAB)
    Lab(lab.field, lab.trial, world.signed_in(stranger)).page(rest, status=404)


# -- the grid between trials -------------------------------------------------------------------------------------------


def test_the_grid_shows_the_marks_of_several_trials_side_by_side(lab: Lab) -> None:
    other = lab.field.trial(title="L'essai d'avant")
    for trial, mark in ((lab.trial, "plus3"), (other, "minus")):
        deciding.rate(trial.territory_id, trial.pk, TEST, criterion="skills", mark=mark, reason="Vu en réunion.")
    page = lab.page("grille/")
    beside = page[page.index("D’un essai à l’autre") :]
    assert f"/labo/essais/{other.slug}/grille/" in beside
    first, second = beside.index("trois plus"), beside.index("moins")
    assert first != second
    assert "Vu en réunion." in beside
