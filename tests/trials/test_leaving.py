"""Somebody leaves, a commune withdraws: nothing that was measured is lost, and nobody is left with a closed door."""

from __future__ import annotations

import datetime as dt

import pytest

from bureaux_volants.booking import service
from bureaux_volants.booking.errors import Refused
from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.states import State
from bureaux_volants.events.models import Event
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.models import Agent, PhaseMember, Site
from bureaux_volants.trials import leaving
from bureaux_volants.trials.designing import CohortPlan
from bureaux_volants.trials.errors import NotFound, TrialRefused
from bureaux_volants.trials.models import Cohort, CohortMember, Trial
from bureaux_volants.trials.opening import let_in
from tests import factories
from tests.booking.words import by
from tests.factories import ask

from .words import NOW, STARTS, TEST, Field

EVERYBODY = CohortPlan("Tous", Cohort.MadeBy.DRAWN, size=8)


@pytest.fixture
def trial(lab_field: Field) -> Trial:
    return lab_field.opened(cohort=EVERYBODY)


@pytest.fixture
def member(trial: Trial) -> Agent:
    """Somebody of the first step."""
    first = trial.clusters.filter(step=1).order_by("pk").values("commune")[:1]
    return Agent.objects.filter(cohorts__cohort__trial=trial, cohorts__commune__in=first).order_by("pk")[0]


@pytest.fixture
def site(trial: Trial) -> Site:
    """A site of the first step's first commune."""
    first = trial.clusters.filter(step=1).order_by("pk")[0]
    return Site.objects.get(phase__of_trial__trial=trial, commune_id=first.commune_id)


def test_whoever_leaves_books_no_more_keeps_what_they_have_and_stays_counted(
    lab_field: Field, trial: Trial, member: Agent, site: Site
) -> None:
    before = CohortMember.objects.get(agent=member)
    booking = service.book(member, ask(site, STARTS), by(member), now=NOW)
    leaving.leave(lab_field.territory.pk, trial.pk, member, by(member), reason="Je déménage", now=NOW)
    after = CohortMember.objects.get(agent=member)
    assert (after.left_on, after.left_because) == (dt.date(2026, 11, 30), "Je déménage")
    assert (after.arm, after.commune_id, after.stratum) == (before.arm, before.commune_id, before.stratum)
    booking.refresh_from_db()
    assert booking.state == State.CONFIRMED
    with pytest.raises(Refused, match="participants de l'essai"):
        service.book(member, ask(site, STARTS + dt.timedelta(days=1)), by(member), now=NOW)
    # The log says that, not why.
    assert "Je déménage" not in str(Event.objects.get(kind="trial.left").data)


def test_leaving_twice_leaves_once(lab_field: Field, trial: Trial, member: Agent) -> None:
    for _time in range(2):
        leaving.leave(lab_field.territory.pk, trial.pk, member, by(member), now=NOW)
    assert Event.objects.filter(kind="trial.left").count() == 1
    assert Notice.objects.filter(kind="trial.left", recipient=member).count() == 1


def test_nobody_leaves_what_they_are_not_in(lab_field: Field, trial: Trial) -> None:
    stranger = factories.agent(lab_field.territory)
    with pytest.raises(NotFound):
        leaving.leave(lab_field.territory.pk, trial.pk, stranger, by(stranger), now=NOW)


def test_a_closed_account_leaves_its_trials(trial: Trial, member: Agent) -> None:
    Agent.objects.filter(pk=member.pk).update(is_active=False)
    leaving.see_who_left(now=NOW)
    assert CohortMember.objects.get(agent=member).left_because == "compte fermé"
    assert not PhaseMember.objects.filter(agent=member).exists()
    others = CohortMember.objects.filter(cohort__trial=trial).exclude(agent=member)
    assert set(others.values_list("left_on", flat=True)) == {None}


def test_those_who_left_are_not_let_in_again(lab_field: Field, trial: Trial, member: Agent) -> None:
    leaving.leave(lab_field.territory.pk, trial.pk, member, by(member), now=NOW)
    let_in(lab_field.territory.pk, trial.pk, now=NOW + dt.timedelta(weeks=8))
    assert not PhaseMember.objects.filter(agent=member).exists()


def test_a_commune_that_withdraws_closes_from_that_day_and_tells_who_had_booked(
    lab_field: Field, trial: Trial, member: Agent, site: Site
) -> None:
    kept = service.book(member, ask(site, STARTS), by(member), now=NOW)
    lost = service.book(member, ask(site, STARTS + dt.timedelta(days=2)), by(member), now=NOW)
    day = STARTS + dt.timedelta(days=1)
    done = leaving.withdraw_commune(
        lab_field.territory.pk, trial.pk, site.commune_id, day, "Travaux à la mairie", TEST, now=NOW
    )
    assert [b.pk for closed in done for b in closed.cancelled] == [lost.pk]
    states = dict(Booking.objects.values_list("pk", "state"))
    assert states == {kept.pk: State.CONFIRMED, lost.pk: State.CANCELLED}
    told = Notice.objects.get(kind="site.closed")
    assert told.recipient == member
    assert "s'est retirée de l'essai : Travaux à la mairie" in told.body
    with pytest.raises(Refused):
        service.book(member, ask(site, day + dt.timedelta(days=7)), by(member), now=NOW)
    cluster = trial.clusters.get(commune=site.commune_id)
    assert (cluster.withdrew_on, cluster.withdrew_because) == (day, "Travaux à la mairie")
    # It stays in the analysis: its step, its day, and those attached to it.
    assert cluster.step == 1
    assert CohortMember.objects.get(agent=member).left_on is None


@pytest.mark.parametrize(
    ("day", "reason", "said"),
    [
        (STARTS, " ", "Dites pourquoi"),
        (dt.date(2026, 11, 29), "Travaux", "d'aujourd'hui au dernier jour"),
        (dt.date(2027, 3, 29), "Travaux", "d'aujourd'hui au dernier jour"),
    ],
)
def test_a_withdrawal_has_a_reason_and_a_day_of_the_trial(
    lab_field: Field, trial: Trial, site: Site, day: dt.date, reason: str, said: str
) -> None:
    with pytest.raises(TrialRefused, match=said):
        leaving.withdraw_commune(lab_field.territory.pk, trial.pk, site.commune_id, day, reason, TEST, now=NOW)
    assert not site.closures.exists()


def test_a_commune_withdraws_once_and_only_from_its_own_trial(lab_field: Field, trial: Trial, site: Site) -> None:
    here = lab_field.territory.pk
    leaving.withdraw_commune(here, trial.pk, site.commune_id, STARTS, "Travaux", TEST, now=NOW)
    with pytest.raises(TrialRefused, match="déjà retirée"):
        leaving.withdraw_commune(here, trial.pk, site.commune_id, STARTS, "Travaux", TEST, now=NOW)
    with pytest.raises(NotFound):
        leaving.withdraw_commune(here, trial.pk, factories.commune(lab_field.territory).pk, STARTS, "X", TEST, now=NOW)
    with pytest.raises(NotFound):
        leaving.withdraw_commune(factories.territory().pk, trial.pk, site.commune_id, STARTS, "Travaux", TEST, now=NOW)
