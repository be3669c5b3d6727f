"""In which weeks those who answer came to a desk of the trial, under the trial's key: what is left once names leave the bookings.

A trial of six months outlives the names on its bookings (booking/retention.py), and the effect on those who came needs to know of each week
whether they did. Kept of a person: that, and nothing else; of those who answered something in the trial, for nobody else's outcome is
measured by week; erased with their answers (surveys/answering.py), anonymous once the key is destroyed.
"""

from __future__ import annotations

import datetime as dt
import logging

from django.utils import timezone

from bureaux_volants.booking.locks import in_transaction
from bureaux_volants.territory.calendar import monday_of

from .models import CohortMember, DiaryDay, Invitation, Response, TakeUp, Trial
from .stays import named_since, opened_stays
from .surveys.pseudonyms import WEEKS, NoKey, known
from .weekly import WEEK

logger = logging.getLogger(__name__)


@in_transaction
def keep_take_up(trial: Trial, *, now: dt.datetime | None = None) -> int:
    """Write the whole weeks that are over and whose bookings all have their names, in place of what was written of them: how many rows.

    Weeks whose names have left stay as they were. Nothing once the key is destroyed.
    """
    today = (now or timezone.now()).astimezone(trial.territory.zone).date()
    mondays = _mondays(trial, today)
    # Whoever takes their answers back at this moment is either gone, or takes this back with them.
    list(Invitation.objects.select_for_update(of=("self",)).filter(wave__trial=trial).order_by("pk").values_list("pk"))
    try:
        people = _who_answered(trial)
    except NoKey:
        return 0
    came = {(stay.agent_id, monday_of(stay.day)) for stay in opened_stays(trial, today)}
    members = CohortMember.objects.filter(cohort__trial=trial).values_list("agent_id", "left_on")
    left = {agent: day for agent, day in members if day is not None}
    TakeUp.objects.filter(trial=trial, monday__in=mondays).delete()
    made = TakeUp.objects.bulk_create(
        TakeUp(trial=trial, pseudonym=pseudonym, monday=monday, came=(agent_id, monday) in came)
        for pseudonym, agent_id in sorted(people.items())
        for monday in mondays
        # As in the panel: nothing from the week in which somebody left.
        if monday + WEEK <= left.get(agent_id, dt.date.max)
    )
    return len(made)


def keep_everywhere(*, now: dt.datetime | None = None) -> int:
    """Of every trial that runs, or ended while names are kept (job, every night): how many rows. One that fails does not stop the others."""
    now = now or timezone.now()
    count = 0
    for trial in Trial.objects.exclude(state=Trial.State.DRAFT).select_related("territory").order_by("pk"):
        today = now.astimezone(trial.territory.zone).date()
        if trial.ends_on < named_since(trial.territory, today):
            continue
        try:
            count += keep_take_up(trial, now=now)
        except Exception:
            logger.exception("no take-up of trial %s", trial.pk)
    return count


def _mondays(trial: Trial, today: dt.date) -> list[dt.date]:
    named = named_since(trial.territory, today)
    first = max(monday_of(trial.starts_on), monday_of(named - dt.timedelta(days=1)) + WEEK)
    last = min(trial.ends_on, today - dt.timedelta(days=1))
    if trial.ended_at is not None:
        last = min(last, trial.ended_at.astimezone(trial.territory.zone).date())
    return [first + WEEK * n for n in range(max(0, (last + dt.timedelta(days=1) - first) // WEEK))]


def _who_answered(trial: Trial) -> dict[str, int]:
    """Pseudonym of their weeks -> agent, of the members who have an answer in the trial. Raises NoKey."""
    members = CohortMember.objects.filter(cohort__trial=trial).values_list("agent_id", flat=True).distinct()
    answered = {
        *DiaryDay.objects.filter(wave__trial=trial).values_list("pseudonym", flat=True).distinct(),
        *Response.objects.filter(wave__trial=trial).values_list("pseudonym", flat=True).distinct(),
    }
    agents = {agent for pseudonym, agent in known(trial.pk, members).items() if pseudonym in answered}
    return known(trial.pk, agents, WEEKS)
