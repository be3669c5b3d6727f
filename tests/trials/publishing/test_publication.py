"""A trial is published once, when it is over, and nobody can be found in it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest
from django.db import IntegrityError, transaction
from django.db.utils import InternalError

from bureaux_volants.events.models import Event
from bureaux_volants.territory.calendar import monday_of
from bureaux_volants.territory.models import Territory
from bureaux_volants.trials import designing, panels
from bureaux_volants.trials.errors import NotFound, TrialRefused
from bureaux_volants.trials.models import CohortMember, KeptFigure, Publication, Trial, Wave
from bureaux_volants.trials.panels import Member
from bureaux_volants.trials.publishing import publication
from bureaux_volants.trials.surveys import scales, waves
from bureaux_volants.trials.weekly import AgentWeek, Source
from tests import factories
from tests.trials.words import NOW, TEST, Field

from .words import read

LATER = NOW + dt.timedelta(days=200)


@pytest.fixture
def ended(lab_field: Field, monkeypatch: pytest.MonkeyPatch) -> Trial:
    """A trial that is over, in which twenty-four people were measured for ten weeks."""
    for commune in lab_field.communes:
        for n in range(4):
            factories.agent(
                lab_field.territory,
                organisation=lab_field.people[0].organisation,
                home_commune=commune,
                telework_weekdays=[1] if n % 2 else [],
                usual_site=lab_field.mairies[0],
            )
    trial = lab_field.opened(cohort=replace(lab_field.draft().cohort, size=24))  # type: ignore[type-var]
    members = CohortMember.objects.filter(cohort__trial=trial).order_by("agent_id")
    people = [Member(m.agent_id, m.commune_id or 0, False) for m in members]
    first = monday_of(trial.baseline_from)
    noise = np.random.default_rng(3)
    measured = [
        AgentWeek(who.agent_id, first + dt.timedelta(days=7 * week), float(60 + noise.normal(0, 15)))
        for who in people
        for week in range(20)
    ]
    opens = dict(trial.clusters.values_list("commune_id", "opens_on"))
    made = panels.panel(people, opens, measured, first=trial.baseline_from, last=trial.ends_on)
    monkeypatch.setattr(publication, "panel_of", lambda source, code: made)
    return designing.end_trial(trial.territory_id, trial.pk, TEST, reason="Terme", stopped=True, now=LATER)


def publish(trial: Trial, *, with_profiles: bool = True) -> Publication:
    return publication.publish(
        trial.territory_id, trial.pk, TEST, with_profiles=with_profiles, homepage="https://exemple.fr", now=LATER
    )


def test_the_archive_is_what_its_description_says_and_names_nobody(ended: Trial) -> None:
    # Groups put together have one name in every breakdown: which breakdown it is tells them apart.
    for code, part in (("no_show", ""), ("equity", "distance:other"), ("equity", "employer:other")):
        KeptFigure.objects.create(
            territory_id=ended.territory_id,
            trial=ended,
            code=code,
            part=part,
            version=1,
            first_day=ended.starts_on,
            last_day=ended.ends_on,
            value=12.5,
            numerator=5,
            denominator=40,
            people=12,
            data_digest="0" * 64,
            computed_at=NOW,
        )
    made = publish(ended)
    described, tables, files = read(bytes(made.package))
    assert described["title"] == ended.title
    assert set(tables) == {"semaines", "profils", "indicateurs", "ouvertures"}
    assert {row["niveau"] for row in tables["semaines"]} >= {"ensemble"}
    assert sum(row["personnes"] or 0 for row in tables["profils"]) in range(5, 25)
    assert [row["valeur"] for row in tables["indicateurs"]] == [12.5] * 3
    assert len({row["ventilation"] for row in tables["indicateurs"]}) == 3
    text = b"".join(files.values()).decode()
    for who in CohortMember.objects.filter(cohort__trial=ended).select_related("agent"):
        assert who.agent.email not in text
    assert hashlib.sha256(files["protocole.json"]).hexdigest() == ended.frozen_digest


def test_the_data_of_a_demonstration_say_first_that_they_are_invented(ended: Trial) -> None:
    Territory.objects.update(is_demonstration=True)
    ended.refresh_from_db()
    _described, _tables, files = read(bytes(publish(ended).package))
    assert files["LISEZ-MOI.txt"].decode().startswith("DÉMONSTRATION")


def test_the_order_can_be_drawn_again_from_what_is_published(ended: Trial) -> None:
    _described, tables, files = read(bytes(publish(ended).package))
    seed = json.loads(files["protocole.json"])["seed"]
    assert str(seed) in files["LISEZ-MOI.txt"].decode()
    tickets = []
    for row in tables["ouvertures"]:
        assert row["ticket"] == hashlib.sha256(f"{seed}:commune:{row['code_insee']}".encode()).hexdigest()
        tickets.append(row["ticket"])
    assert tickets == sorted(tickets)


def test_the_same_rows_give_the_same_bytes(ended: Trial) -> None:
    first, second = (
        publication.archive_of(ended, publication.prepare(ended, with_profiles=True), homepage="https://exemple.fr")
        for _ in range(2)
    )
    assert first == second


def test_it_is_published_once_and_never_rewritten(ended: Trial) -> None:
    made = publish(ended)
    assert made.digest == hashlib.sha256(bytes(made.package)).hexdigest()
    assert Event.objects.get(kind="trial.published").data == {"digest": made.digest}
    with pytest.raises(TrialRefused, match="déjà publiées"):
        publish(ended)
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
        Publication.objects.update(package=b"")


def test_a_running_trial_is_not_published(lab_field: Field) -> None:
    with pytest.raises(TrialRefused, match="une fois terminé"):
        publish(lab_field.frozen())


def test_while_answers_come_in_nothing_is_published(ended: Trial) -> None:
    survey = waves.keep_survey(ended.territory_id, "who5", "OMS-5", scales.who5(), TEST)
    Wave.objects.create(
        trial=ended,
        survey=survey,
        number=1,
        moment=Wave.Moment.AFTER,
        first_day=LATER.date(),
        last_day=LATER.date() + dt.timedelta(days=5),
    )
    with pytest.raises(TrialRefused, match="reçoit encore des réponses"):
        publish(ended)


def test_few_people_are_refused_in_a_sentence_and_nothing_is_kept(
    ended: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = publication.panel_of(Source.until_now(ended), "car_km")
    few = np.unique(whole.unit)[:4]
    kept = np.isin(whole.unit, few)
    small = replace(
        whole, **{n: getattr(whole, n)[kept] for n in ("unit", "cluster", "period", "outcome", "opened", "took_up")}
    )
    monkeypatch.setattr(publication, "panel_of", lambda source, code: small)
    with pytest.raises(TrialRefused, match="Moins de cinq personnes"):
        publish(ended)
    assert not Publication.objects.exists()


def test_profiles_that_cannot_be_made_refuse_the_whole_and_say_what_can_be_done(
    ended: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = publication.panel_of(Source.until_now(ended), "car_km")
    before_only = replace(whole, opened=np.zeros_like(whole.opened))
    monkeypatch.setattr(publication, "panel_of", lambda source, code: before_only)
    with pytest.raises(TrialRefused, match="Publiez sans le tableau des profils"):
        publish(ended)
    assert "profils" not in read(bytes(publish(ended, with_profiles=False).package))[1]


def test_a_protocol_that_names_somebody_is_not_published(ended: Trial) -> None:
    Trial.objects.filter(pk=ended.pk).update(context="Écrire à ada@exemple.fr")
    with pytest.raises(TrialRefused, match="ada@exemple"):
        publish(ended)


def test_a_trial_of_another_territory_is_not_there(ended: Trial) -> None:
    with pytest.raises(NotFound):
        publication.publish(factories.territory().pk, ended.pk, TEST, with_profiles=False, homepage="", now=LATER)
