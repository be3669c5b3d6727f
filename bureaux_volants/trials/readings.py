"""Readings: the figures of a trial worked out once and kept, so that its page shows them at once. One a day, the latest.

Whoever withdraws is erased at once, and others are left uncounted with them (surveys/covering.py): of two readings one person apart the difference
would be that person's weeks. The weeks that were told stay as they were told. What a reading says of an outcome is replaced only when nobody's rows changed since, or
those of five people at least (indicators/standing.py): the main outcome that stands holds the whole reading; another holds its own lines.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

from django.db import transaction
from django.utils import timezone

from bureaux_volants.territory.calendar import local_day

from .analysis import CODE_VERSION, held, work_out
from .indicators.standing import DIARY, standing
from .models import Reading, Trial
from .report.drawings import drawings_of

logger = logging.getLogger(__name__)


def make_reading(trial: Trial, *, now: dt.datetime | None = None) -> Reading:
    """Work a trial's figures out and keep them, in place of what was kept the same local day.

    The reading that was told when it stands (see above).
    """
    now = now or timezone.now()
    zone = trial.territory.zone
    found = work_out(trial, now=now)
    former = latest(trial)
    people = found.people
    if former:
        stands = standing(former.people, found.people)
        is_same = former.figures["outcome"]["code"] == trial.outcome
        if trial.outcome in stands or (DIARY in stands and not is_same):
            return former
        others = found.figures["aside"]["covers"] != former.figures.get("aside", {}).get("covers", 0)
        if others and is_same and former.figures["main"] and not found.figures["main"]:
            # Without those who are set aside too few are left: what was told stands.
            return former
        _hold(found.figures, former.figures, stands, are_others_aside=others)
        if is_same:
            found.figures["weeks"] = held(
                found.figures["weeks"], former.figures.get("weeks", []), are_others_aside=others
            )
        people = {**found.people, **{code: former.people[code] for code in stands}}
    drawings = drawings_of(found.figures)
    day = local_day(now.astimezone(zone).date(), zone)
    with transaction.atomic():
        # The night's round and somebody's button at once: one after the other.
        Trial.objects.select_for_update(no_key=True).get(pk=trial.pk)
        told = latest(trial)
        if told is not None and told != former:
            # Somebody was quicker: theirs is told, and ours was not compared with it.
            return told
        Reading.objects.filter(trial=trial, made_at__gte=day.start, made_at__lt=day.end).delete()
        return Reading.objects.create(
            trial=trial,
            made_at=now,
            data_until=min(now.astimezone(zone).date(), trial.ends_on),
            data_digest=found.data_digest,
            code_version=CODE_VERSION,
            seed=found.seed,
            figures=found.figures,
            people=people,
            drawings=drawings,
        )


def _hold(figures: dict[str, Any], former: dict[str, Any], stands: frozenset[str], *, are_others_aside: bool) -> None:
    """Put what stands back as it was told: hypotheses by their outcome, and the balance of CO2, which is made of diaries too.

    So too what can no more be told without those who were set aside since.
    """
    told = {h["number"]: h for h in former.get("hypotheses", [])}
    for place, one in enumerate(figures["hypotheses"]):
        then = told.get(one["number"], {})
        is_lost = are_others_aside and then.get("estimate") and not one["estimate"]
        if then.get("outcome") == one["outcome"] and (one["outcome"] in stands or is_lost):
            figures["hypotheses"][place] = then
    days, then = figures["counterfactual"], former.get("counterfactual")
    if then and (DIARY in stands or (are_others_aside and days["reason"] and not then["reason"])):
        figures["counterfactual"] = then


def read_running(*, now: dt.datetime | None = None) -> int:
    """A reading of every running trial (job, every night): how many. A trial that fails does not stop the others."""
    made = 0
    for trial in Trial.objects.filter(state=Trial.State.RUNNING).select_related("territory"):
        try:
            make_reading(trial, now=now)
        except Exception:
            logger.exception("no reading of trial %s", trial.pk)
        else:
            made += 1
    return made


def latest(trial: Trial) -> Reading | None:
    return trial.readings.first()
