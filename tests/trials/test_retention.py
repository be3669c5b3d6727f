"""Past trials forget who came forward and why somebody left, and keep what their figures rest on."""

from __future__ import annotations

import datetime as dt

from bureaux_volants.events.log import as_of
from bureaux_volants.events.models import Event
from bureaux_volants.trials import cohorts, designing, enquiry, leaving
from bureaux_volants.trials.designing import CohortPlan
from bureaux_volants.trials.models import Cohort, CohortMember, FieldNote, Volunteer
from bureaux_volants.trials.retention import forget_trials
from tests.booking.words import by

from .test_enquiry import SAID
from .words import NOW, TEST, Field


def test_names_go_once_a_trial_is_long_over_and_members_stay(lab_field: Field) -> None:
    here, who = lab_field.territory.pk, lab_field.people[0]
    trial = lab_field.frozen(cohort=CohortPlan("V", Cohort.MadeBy.VOLUNTEERING))
    cohort = trial.cohorts.get()
    enquiry.save_note(here, SAID, by(who), now=NOW)
    with as_of(NOW):
        cohorts.volunteer(who, cohort.pk, by(who), now=NOW)
        cohorts.make_cohort(here, cohort.pk, TEST, now=NOW)
        leaving.leave(here, trial.pk, who, by(who), reason="Je déménage", now=NOW)
        designing.end_trial(here, trial.pk, TEST, stopped=True, reason="Assez.", now=NOW)
    kept = dt.timedelta(days=lab_field.territory.names_kept_days)
    forget_trials(lab_field.territory, now=NOW + kept - dt.timedelta(days=1))
    assert CohortMember.objects.get().left_because == "Je déménage"
    assert Event.objects.get(kind="trial.left").actor_id == who.pk
    forget_trials(lab_field.territory, now=NOW + kept + dt.timedelta(days=2))
    member = CohortMember.objects.get()
    assert (member.agent_id, member.left_because) == (who.pk, "")
    assert not Volunteer.objects.exists()
    assert FieldNote.objects.get().author is None
    assert Event.objects.get(kind="trial.left").actor_id != who.pk
