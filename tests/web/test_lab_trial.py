"""A trial as it stands, its report and its grid, through their pages."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typst
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from bureaux_volants.territory.calendar import monday_of
from bureaux_volants.territory.models import Grant, Territory
from bureaux_volants.trials import analysis, cohorts, hypotheses, panels, readings, weekly
from bureaux_volants.trials.figures import digest_of
from bureaux_volants.trials.models import Decision, Rating, Reading, Trial
from bureaux_volants.trials.panels import Member
from bureaux_volants.trials.weekly import AgentWeek
from bureaux_volants.web.lab import report_pdf
from tests import factories
from tests.pdf_ua import broken_rules
from tests.trials.words import NOW, field

from .conftest import World

#: What opening takes off the outcome in the made-up weeks below.
EFFECT = -12.0


@dataclass
class Lab:
    trial: Trial
    client: Client

    def page(self, rest: str = "", status: int = 200) -> str:
        answer = self.client.get(f"/labo/essais/{self.trial.slug}/{rest}")
        assert answer.status_code == status
        return answer.content.decode()

    def send(self, rest: str, **data: str) -> str:
        return self.client.post(f"/labo/essais/{self.trial.slug}/{rest}", data, follow=True).content.decode()


@pytest.fixture
def lab(world: World) -> Lab:
    there = field()
    who = factories.agent(there.territory)
    factories.grant(who, Grant.Role.LAB)
    return Lab(there.opened(), world.signed_in(who))


@pytest.fixture
def measured(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """Sixteen communes of eight people, an effect of EFFECT once open."""
    trial = lab.trial
    first = monday_of(trial.baseline_from)
    noise = np.random.default_rng(5)
    opens = {c: trial.starts_on + dt.timedelta(days=28 * (c % 3)) if c % 4 else None for c in range(16)}
    people = [Member(100 * c + n, c, False) for c in range(16) for n in range(8)]
    weeks, came = [], set()
    for who in people:
        for number in range(24):
            monday = first + dt.timedelta(days=7 * number)
            opened = opens[who.commune_id]
            value = 60 + number / 4 + who.commune_id + float(noise.normal(0, 4))
            weeks.append(AgentWeek(who.agent_id, monday, value + (EFFECT if opened and monday >= opened else 0)))
            if opened and monday >= opened and (who.agent_id + number) % 2:
                came.add((who.agent_id, monday))
    made = panels.panel(people, opens, weeks, first=trial.baseline_from, last=trial.ends_on, used=came)
    for module in (analysis, hypotheses):
        monkeypatch.setattr(module, "panel_of", lambda source, code: made)
    return lab


def test_before_any_reading_the_page_says_so(lab: Lab) -> None:
    assert "Aucun relevé" in lab.page()


def test_a_trial_that_measured_nobody_says_why_nothing_is_estimated(lab: Lab) -> None:
    readings.make_reading(lab.trial, now=NOW)
    page = lab.page()
    assert "Moins de cinq personnes" in page


def test_the_page_finds_the_effect_within_its_interval_and_says_it_is_provisional(measured: Lab) -> None:
    page = measured.send("recalculer/")
    main = Reading.objects.get().figures["main"]
    assert main["low"] < EFFECT < main["high"]
    assert main["method"] == "group_time" or main["value"] == pytest.approx(EFFECT, abs=1)
    assert "Le seuil est atteint" in page
    assert "Provisoire" in page
    # Two charts, each drawn for a screen and for a telephone.
    assert page.count('role="img"') == 4


def test_the_page_and_the_report_say_the_effect_on_those_who_came_and_the_other_hypotheses(measured: Lab) -> None:
    """Half of the open weeks with a day of coming: twice the effect. The hypothesis' time is here the same panel."""
    figures = readings.make_reading(measured.trial, now=NOW).figures
    treated = figures["treated"]
    assert treated["estimate"]["method"] == "treated_drawn"
    assert treated["estimate"]["low"] < 2 * EFFECT < treated["estimate"]["high"]
    assert (round(treated["open"], 1), treated["closed"]) == (0.5, 0.0)
    assert figures["study"]["pre_trend_test"] == "drawn_order"
    for page in (measured.page(), measured.page("rapport/")):
        assert "Dans une semaine où l&#x27;agent est vraiment venu" in page
        assert "test par le tirage de l&#x27;ordre" in page
        assert "Le temps de trajet baisse aussi." in page
        assert "Établi\u00a0: le changement va dans le sens attendu." in page
        assert "Personne n&#x27;est encore venu à un bureau que l&#x27;essai a ouvert." in page


def test_where_fewer_than_five_came_nothing_is_said_of_them(measured: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    panel = analysis.panel_of(weekly.Source.until_now(measured.trial), "car_km")
    assert panel.took_up is not None
    few = replace(
        panel, took_up=np.where(np.isin(panel.unit, np.unique(panel.unit[panel.is_open])[:4]), panel.took_up, 0.0)
    )
    monkeypatch.setattr(analysis, "panel_of", lambda source, code: few)
    treated = readings.make_reading(measured.trial, now=NOW).figures["treated"]
    assert set(treated) == {"estimate", "reason"}
    assert "moins de cinq sont venues" in treated["reason"]


def test_the_same_rows_give_the_same_figures(measured: Lab) -> None:
    analysis.work_out(measured.trial)  # the trial's key is drawn by the first
    first, second = analysis.work_out(measured.trial), analysis.work_out(measured.trial)
    assert first == second


def test_another_row_is_another_version_of_the_data(measured: Lab) -> None:
    panel = analysis.panel_of(weekly.Source.until_now(measured.trial), "car_km")
    before = digest_of(panel)
    panel.outcome[0] += 0.1
    assert digest_of(panel) != before


def test_one_reading_is_kept_a_day(measured: Lab) -> None:
    readings.make_reading(measured.trial, now=NOW)
    readings.make_reading(measured.trial, now=NOW + dt.timedelta(hours=2))
    readings.make_reading(measured.trial, now=NOW + dt.timedelta(days=1))
    assert Reading.objects.count() == 2


def test_every_running_trial_is_read_at_night_and_one_that_fails_stops_no_other(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = field().opened()
    real = readings.work_out

    def work_out(trial: Trial, *, now: dt.datetime | None = None) -> analysis.Analysis:
        if trial.pk == lab.trial.pk:
            raise ValueError
        return real(trial, now=now)

    monkeypatch.setattr(readings, "work_out", work_out)
    assert readings.read_running(now=NOW) == 1
    assert Reading.objects.get().trial_id == other.pk


def test_the_page_takes_few_queries_however_many_weeks(
    measured: Lab, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    readings.make_reading(measured.trial)
    measured.page()
    with django_assert_max_num_queries(17):
        measured.page()


def test_the_report_says_what_is_asked_and_names_its_versions(measured: Lab) -> None:
    made = readings.make_reading(measured.trial)
    page = measured.page("rapport/")
    assert "Aucune pour l&#x27;instant" in page
    assert made.data_digest in page
    assert made.code_version in page
    assert str(made.seed) in page


def test_the_report_of_an_ended_trial_asks_for_the_decision_that_was_foreseen(measured: Lab) -> None:
    readings.make_reading(measured.trial)
    Trial.objects.filter(pk=measured.trial.pk).update(state=Trial.State.ENDED)
    assert "Élargir, comme le protocole" in measured.page("rapport/")


def test_the_report_in_pdf_is_tagged_and_the_same_bytes_twice(measured: Lab) -> None:
    readings.make_reading(measured.trial)
    first, second = (measured.client.get(f"/labo/essais/{measured.trial.slug}/rapport.pdf").content for _ in range(2))
    assert first == second
    assert first.startswith(b"%PDF")
    for mark in (b"/StructTreeRoot", b"/Lang", b"/MarkInfo", b"pdfuaid:part", b"/Alt"):
        assert mark in first, mark


def on_paper(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the paper is made of."""
    given: list[str] = []

    def compile_(source: bytes, *, sys_inputs: dict[str, str], **more: Any) -> bytes:
        given.append(sys_inputs["said"])
        return b"%PDF"

    monkeypatch.setattr(report_pdf.typst, "compile", compile_)
    in_pdf(lab, "rapport")
    found: dict[str, Any] = json.loads(given[0])
    return found


def test_the_paper_has_the_cautions_of_the_page(measured: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    made = readings.make_reading(measured.trial)
    made.figures["main"]["warnings"] = ["Cette incertitude est plutôt trop petite."]
    made.save()
    assert "plutôt trop petite" in on_paper(measured, monkeypatch)["doubt"]
    assert "plutôt trop petite" in measured.page("rapport/").split("Protocole</h2>")[0]


def test_the_paper_of_a_demonstration_says_that_it_is_one(measured: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    readings.make_reading(measured.trial)
    assert not on_paper(measured, monkeypatch)["invented"]
    Territory.objects.update(is_demonstration=True)
    assert on_paper(measured, monkeypatch)["invented"]


def test_a_decision_taken_since_is_said_where_one_is_asked(measured: Lab) -> None:
    readings.make_reading(measured.trial)
    ended = NOW + dt.timedelta(days=1)
    Trial.objects.filter(pk=measured.trial.pk).update(state=Trial.State.ENDED, ended_at=ended)
    measured.trial.decisions.create(day=ended.date(), who="le comité", what="Élargir à dix communes.", created_at=ended)
    assert "(le comité)\u00a0: Élargir à dix communes." in measured.page("rapport/").split("Protocole</h2>")[0]


def in_pdf(lab: Lab, name: str) -> bytes:
    return lab.client.get(f"/labo/essais/{lab.trial.slug}/{name}.pdf").content


def pages_of(document: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", document))


def test_who_decides_has_one_page_and_the_whole_begins_with_it(measured: Lab) -> None:
    readings.make_reading(measured.trial)
    assert pages_of(in_pdf(measured, "rapport-une-page")) == 1
    assert pages_of(in_pdf(measured, "rapport")) > 1


def test_the_report_in_pdf_keeps_every_rule_of_accessible_documents(measured: Lab, tmp_path: Path) -> None:
    readings.make_reading(measured.trial)
    assert broken_rules(tmp_path, in_pdf(measured, "rapport"), in_pdf(measured, "rapport-une-page")) == []


@pytest.mark.parametrize("is_secret", [True, False])
def test_the_report_in_pdf_tells_the_seed_unless_a_draw_is_to_come(
    measured: Lab, monkeypatch: pytest.MonkeyPatch, is_secret: bool
) -> None:
    readings.make_reading(measured.trial)
    said: list[str] = []

    def compile_(*_args: object, sys_inputs: dict[str, str], **_fields: object) -> bytes:
        said.append(sys_inputs["said"])
        return b"%PDF"

    monkeypatch.setattr(typst, "compile", compile_)
    monkeypatch.setattr(cohorts, "awaits_draw", lambda trial: is_secret)
    in_pdf(measured, "rapport")
    assert re.findall(r'\["Graine", "(.*?)"\]', said[0]) == ([] if is_secret else ["42"])


def test_without_figures_there_is_no_pdf(lab: Lab) -> None:
    lab.page("rapport.pdf", status=404)


def test_a_decision_is_noted_from_the_page(lab: Lab) -> None:
    page = lab.send("decisions/", day="2026-01-05", who="comité de pilotage", what="Continuer jusqu'au bout")
    assert Decision.objects.count() == 1
    assert "comité de pilotage" in page


def test_a_decision_of_nobody_is_not_noted(lab: Lab) -> None:
    page = lab.send("decisions/", day="2026-01-05", who="", what="Continuer")
    assert "Dites qui a décidé." in page
    assert not Decision.objects.exists()


def test_a_mark_is_given_with_its_reason_and_its_evidence(lab: Lab) -> None:
    page = lab.send(
        "grille/",
        criterion="skills",
        mark="plus2",
        reason="Deux services en forment d'autres.",
        evidence_label="Le protocole",
        evidence_path="/labo/",
    )
    assert Rating.objects.get().evidence == [{"label": "Le protocole", "path": "/labo/"}]
    assert "Deux services en forment" in page


def test_a_mark_that_leads_to_a_script_is_refused(lab: Lab) -> None:
    page = lab.send(
        "grille/",
        criterion="skills",
        mark="plus",
        reason="Oui.",
        evidence_label="x",
        evidence_path="javascript:alert(1)",
    )
    assert "Une preuve a un nom" in page
    assert not Rating.objects.exists()


@pytest.mark.parametrize("rest", ["", "rapport/", "rapport.pdf", "grille/"])
def test_another_territory_finds_nothing(lab: Lab, world: World, rest: str) -> None:
    stranger = factories.agent(factories.territory())
    factories.grant(stranger, Grant.Role.LAB)
    Lab(lab.trial, world.signed_in(stranger)).page(rest, status=404)
