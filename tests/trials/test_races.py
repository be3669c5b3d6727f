"""Real transactions at the same time: what is frozen, drawn or opened is so once, and nobody is in two trials."""

from __future__ import annotations

import pytest

from bureaux_volants.booking import service
from bureaux_volants.booking.errors import BookingError
from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.states import State
from bureaux_volants.territory.models import Phase, Site
from bureaux_volants.trials import cohorts, designing, leaving, opening
from bureaux_volants.trials.amending import amend
from bureaux_volants.trials.designing import CohortPlan
from bureaux_volants.trials.drawing import digest_of
from bureaux_volants.trials.models import Amendment, Cohort, CohortMember, Draw, Trial
from tests import factories
from tests.booking.test_concurrency import at_once
from tests.booking.words import by
from tests.factories import ask

from .words import NOW, STARTS, TEST, field

pytestmark = pytest.mark.usefixtures("fresh_database")


def refused(answers: list[object]) -> int:
    assert all(a is None or isinstance(a, BookingError) or not isinstance(a, Exception) for a in answers)
    return sum(isinstance(a, BookingError) for a in answers)


def test_an_edit_and_a_freeze_at_once_leave_what_was_frozen() -> None:
    there = field()
    here = there.territory.pk
    for n in range(6):
        trial = there.trial(title=f"Essai {n}", cohort=None)
        other = there.draft(title=f"Essai {n}", cohort=None, threshold=3.0)
        at_once(
            lambda pk=trial.pk: designing.freeze(here, pk, TEST, now=NOW),  # type: ignore[misc]
            lambda pk=trial.pk, draft=other: designing.save_draft(here, pk, draft, TEST),  # type: ignore[misc]
        )
        trial.refresh_from_db()
        assert digest_of(trial.frozen) == trial.frozen_digest
        assert f'"threshold":{trial.threshold}' in trial.frozen
        designing.end_trial(here, trial.pk, TEST, stopped=True, reason="Au suivant.", now=NOW)


def test_of_two_that_overlap_one_is_frozen() -> None:
    there = field()
    here = there.territory.pk
    one, other = there.trial(cohort=None), there.trial(title="Autre", cohort=None)
    answers = at_once(
        lambda: designing.freeze(here, one.pk, TEST, now=NOW), lambda: designing.freeze(here, other.pk, TEST, now=NOW)
    )
    assert refused(answers) == 1
    assert Trial.objects.filter(state=Trial.State.RUNNING).count() == 1


def test_two_draws_and_two_openings_at_once_are_one_each() -> None:
    there = field()
    here = there.territory.pk
    trial = there.frozen()
    cohort = trial.cohorts.get().pk
    for act in (
        lambda: cohorts.draw_order(here, trial.pk, TEST, now=NOW),
        lambda: cohorts.make_cohort(here, cohort, TEST, now=NOW),
        lambda: opening.open_steps(here, trial.pk, TEST, now=NOW),
    ):
        assert refused(at_once(act, act, act)) == 2
    assert Draw.objects.count() == 2
    assert (Phase.objects.count(), CohortMember.objects.count()) == (2, 6)


def test_nobody_is_drawn_into_two_trials_at_once() -> None:
    there = field()
    here = there.territory.pk
    a, b, c, d = (x.pk for x in there.communes)
    plan = CohortPlan("T", Cohort.MadeBy.DRAWN, size=4)
    # Together they want everybody: drawn apart, four each and not one person twice.
    for n in range(4):
        pair = [there.frozen(title=f"{n} {communes}", communes=communes, cohort=plan) for communes in ((a, b), (c, d))]
        ids = [t.cohorts.get().pk for t in pair]
        answers = at_once(*(lambda pk=pk: cohorts.make_cohort(here, pk, TEST, now=NOW) for pk in ids))  # type: ignore[misc]
        assert refused(answers) == 0
        people = list(CohortMember.objects.filter(cohort__in=ids).values_list("agent", flat=True))
        assert len(people) == len(set(people)) == 8
        for t in pair:
            designing.end_trial(here, t.pk, TEST, stopped=True, reason="Au suivant.", now=NOW)


def test_whoever_comes_forward_while_the_cohort_is_made_is_in_or_is_told() -> None:
    there = field()
    here = there.territory.pk
    first, last = there.people[0], there.people[1]
    for n in range(5):
        trial = there.frozen(title=f"Essai {n}", cohort=CohortPlan("V", Cohort.MadeBy.VOLUNTEERING))
        cohort = trial.cohorts.get().pk
        cohorts.volunteer(first, cohort, by(first), now=NOW)
        answers = at_once(
            lambda pk=cohort: cohorts.make_cohort(here, pk, TEST, now=NOW),  # type: ignore[misc]
            lambda pk=cohort: cohorts.volunteer(last, pk, by(last), now=NOW),  # type: ignore[misc]
        )
        is_in = CohortMember.objects.filter(cohort=cohort, agent=last).exists()
        assert is_in is not isinstance(answers[1], BookingError)
        designing.end_trial(here, trial.pk, TEST, stopped=True, reason="Au suivant.", now=NOW)


def test_nobody_keeps_a_desk_that_they_book_while_its_commune_withdraws() -> None:
    there = field()
    trial = there.opened(cohort=None)
    first, last = Site.objects.filter(phase__of_trial__step=1).order_by("pk")
    second = factories.site(there.territory, commune=first.commune, phase=first.phase)
    for closing, places in ((first, (first, second)), (last, (last, last))):
        answers = at_once(
            lambda c=closing: leaving.withdraw_commune(  # type: ignore[misc]
                there.territory.pk, trial.pk, c.commune_id, STARTS, "Travaux", TEST, now=NOW
            ),
            *(
                lambda who=who, site=site: service.book(who, ask(site, STARTS), by(who), now=NOW)  # type: ignore[misc]
                for who, site in zip(there.people, places, strict=False)
            ),
        )
        assert isinstance(answers[0], list)
        assert refused(answers[1:]) + sum(len(closed.cancelled) for closed in answers[0]) == 2
    assert not Booking.objects.filter(state=State.CONFIRMED).exists()


def test_two_amendments_at_once_have_their_own_numbers() -> None:
    there = field()
    here = there.territory.pk
    trial = there.frozen()
    answers = at_once(
        lambda: amend(here, trial.pk, "threshold", 12.0, "Un.", TEST, now=NOW),
        lambda: amend(here, trial.pk, "title", "Autre", "Deux.", TEST, now=NOW),
    )
    assert refused(answers) == 0
    assert sorted(Amendment.objects.values_list("number", flat=True)) == [1, 2]


def test_two_trials_of_one_title_written_at_once_have_two_addresses() -> None:
    there = field()
    answers = at_once(*(lambda: there.trial(title="Le même") for _ in range(3)))
    assert refused(answers) == 0
    assert len(set(Trial.objects.values_list("slug", flat=True))) == 3
