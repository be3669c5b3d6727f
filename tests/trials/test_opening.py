"""The booking rules obey the steps of a trial."""

from __future__ import annotations

import datetime as dt

import pytest

from bureaux_volants.booking import service
from bureaux_volants.booking.errors import Refused
from bureaux_volants.booking.states import State
from bureaux_volants.territory.models import Agent, Phase, PhaseMember, Site
from bureaux_volants.trials import cohorts, opening
from bureaux_volants.trials.designing import CohortPlan
from bureaux_volants.trials.errors import NotFound, TrialRefused
from bureaux_volants.trials.models import Cohort, CohortMember, Trial
from tests import factories
from tests.booking.words import by
from tests.factories import ask

from .words import NOW, STARTS, TEST, Field

EVERYBODY = CohortPlan("Tous", Cohort.MadeBy.DRAWN, size=8)


def sites_of(trial: Trial, step: int) -> list[Site]:
    return list(Site.objects.filter(phase__of_trial__trial=trial, phase__of_trial__step=step).order_by("pk"))


def people_of(trial: Trial, step: int) -> list[Agent]:
    communes = trial.clusters.filter(step=step).values("commune")
    return list(Agent.objects.filter(cohorts__cohort__trial=trial, cohorts__commune__in=communes).order_by("pk"))


def books(who: Agent, where: Site, day: dt.date, now: dt.datetime = NOW) -> str:
    """The state of the booking, or the codes of the rules that refuse it."""
    try:
        return State(service.book(who, ask(where, day), by(who), now=now).state)
    except Refused as refused:
        return " ".join(r.code for r in refused.refusals)


def test_a_member_books_where_and_when_their_step_opens(lab_field: Field) -> None:
    trial = lab_field.opened(cohort=EVERYBODY)
    member, site = people_of(trial, 1)[0], sites_of(trial, 1)[0]
    assert books(member, site, STARTS) == "confirmed"
    too_soon = STARTS - dt.timedelta(days=3)
    with pytest.raises(Refused, match="Ce site ouvrira le lundi 7 décembre 2026"):
        service.book(member, ask(site, too_soon), by(member), now=NOW)


def test_whoever_is_not_in_the_cohort_is_refused_with_the_reason(lab_field: Field) -> None:
    trial = lab_field.opened(cohort=EVERYBODY)
    stranger = factories.agent(lab_field.territory, organisation=factories.organisation(lab_field.territory))
    with pytest.raises(Refused, match="n'est ouvert qu'aux participants de l'essai en cours"):
        service.book(stranger, ask(sites_of(trial, 1)[0], STARTS), by(stranger), now=NOW)


def test_people_of_a_later_step_wait_for_it_then_go_everywhere(lab_field: Field) -> None:
    trial = lab_field.opened(cohort=EVERYBODY)
    later, early_site, own_site = people_of(trial, 2)[0], sites_of(trial, 1)[0], sites_of(trial, 2)[0]
    opens = STARTS + dt.timedelta(weeks=4)
    assert books(later, early_site, STARTS) == "not-in-cohort"
    assert books(later, own_site, opens) == "confirmed"
    # The day before nothing changes; on the day they are let in.
    eve = NOW + dt.timedelta(weeks=4, days=6)
    assert opening.let_in(lab_field.territory.pk, trial.pk, now=eve) == 0
    day = NOW + dt.timedelta(weeks=5)
    assert opening.let_in(lab_field.territory.pk, trial.pk, now=day) > 0
    assert opening.let_in(lab_field.territory.pk, trial.pk, now=day) == 0
    assert books(later, early_site, opens + dt.timedelta(days=1), now=day) == "confirmed"


def test_a_control_never_books(lab_field: Field) -> None:
    plan = CohortPlan("T", Cohort.MadeBy.DRAWN, size=4)
    trial = lab_field.opened(design=Trial.Design.PARALLEL, steps=1, cohort=plan)
    arms = {m.agent_id: m.arm for m in CohortMember.objects.filter(cohort__trial=trial)}
    site = sites_of(trial, 1)[0]
    said = {arms[p.pk]: books(p, site, STARTS) for p in lab_field.people if arms[p.pk] == "control"}
    assert said == {"control": "not-in-cohort"}
    opening.let_in(lab_field.territory.pk, trial.pk, now=NOW + dt.timedelta(weeks=8))
    controls = [pk for pk, arm in arms.items() if arm == "control"]
    assert not PhaseMember.objects.filter(agent__in=controls).exists()


def test_without_a_cohort_whoever_may_book_does_from_the_day_on(lab_field: Field) -> None:
    trial = lab_field.opened(cohort=None)
    anybody = lab_field.people[0]
    assert books(anybody, sites_of(trial, 1)[0], STARTS) == "confirmed"
    assert books(anybody, sites_of(trial, 2)[0], STARTS + dt.timedelta(days=1)) != "confirmed"


def test_phases_are_numbered_after_those_there_are(lab_field: Field) -> None:
    Phase.objects.create(territory=lab_field.territory, number=7, name="Avant", opens_on=dt.date(2026, 1, 5))
    trial = lab_field.opened(cohort=None)
    assert [p.phase.number for p in trial.phases.select_related("phase")] == [8, 9]


def test_a_site_of_a_phase_to_come_changes_to_the_trial_and_it_is_said(lab_field: Field) -> None:
    planned = Phase.objects.create(
        territory=lab_field.territory, number=3, name="Un jour", opens_on=dt.date(2027, 9, 1)
    )
    Site.objects.filter(pk=lab_field.mairies[0].pk).update(phase=planned)
    trial = lab_field.frozen(cohort=None)
    cohorts.draw_order(lab_field.territory.pk, trial.pk, TEST, now=NOW)
    opened = opening.open_steps(lab_field.territory.pk, trial.pk, TEST, now=NOW)
    assert [s.pk for s in opened.moved] == [lab_field.mairies[0].pk]


def test_a_site_that_opened_meanwhile_is_not_taken(lab_field: Field) -> None:
    trial = lab_field.frozen(cohort=None)
    cohorts.draw_order(lab_field.territory.pk, trial.pk, TEST, now=NOW)
    begun = Phase.objects.create(territory=lab_field.territory, number=3, name="Déjà", opens_on=dt.date(2026, 11, 2))
    Site.objects.filter(pk=lab_field.mairies[0].pk).update(phase=begun)
    with pytest.raises(TrialRefused, match=r"Déjà ouvert : .* \(Déjà\)"):
        opening.open_steps(lab_field.territory.pk, trial.pk, TEST, now=NOW)
    assert Phase.objects.filter(territory=lab_field.territory).count() == 1


def test_an_office_of_the_metropole_is_not_what_a_trial_opens(lab_field: Field) -> None:
    office = factories.site(lab_field.territory, commune=lab_field.communes[0], kind=Site.Kind.METROPOLE)
    lab_field.opened(cohort=None)
    office.refresh_from_db()
    assert office.phase is None


def test_steps_open_in_their_order_of_things_and_once(lab_field: Field) -> None:
    here = lab_field.territory.pk
    trial = lab_field.trial()
    with pytest.raises(TrialRefused, match="Figez d'abord"):
        opening.open_steps(here, trial.pk, TEST, now=NOW)
    trial = lab_field.opened(title="Complet")
    with pytest.raises(TrialRefused, match="déjà ouvertes"):
        opening.open_steps(here, trial.pk, TEST, now=NOW)


def test_nothing_opens_before_the_draws(lab_field: Field) -> None:
    here = lab_field.territory.pk
    trial = lab_field.frozen()
    with pytest.raises(TrialRefused, match="l'ordre d'ouverture"):
        opening.open_steps(here, trial.pk, TEST, now=NOW)
    cohorts.draw_order(here, trial.pk, TEST, now=NOW)
    with pytest.raises(TrialRefused, match="Constituez d'abord la cohorte"):
        opening.open_steps(here, trial.pk, TEST, now=NOW)
    with pytest.raises(NotFound):
        opening.open_steps(factories.territory().pk, trial.pk, TEST, now=NOW)


def test_the_form_says_beside_a_commune_why_it_could_not_open(lab_field: Field) -> None:
    a, b, c, d = lab_field.communes
    lab_field.mairies[1].resources.update(is_active=False)
    phase = Phase.objects.create(territory=lab_field.territory, number=7, name="Essai d'hier", opens_on=NOW.date())
    Site.objects.filter(pk=lab_field.mairies[3].pk).update(phase=phase)
    today = NOW.date()
    assert opening.unready(lab_field.territory.pk, today) == {b.pk: "sans bureau", d.pk: "déjà ouverte"}
    Phase.objects.filter(pk=phase.pk).update(
        closes_on=today - dt.timedelta(days=1), opens_on=today - dt.timedelta(days=9)
    )
    lab_field.frozen(communes=(a.pk, c.pk), cohort=None)
    assert opening.unready(lab_field.territory.pk, today) == {
        a.pk: "en essai",
        b.pk: "sans bureau",
        c.pk: "en essai",
    }
