"""Readings: the figures of a trial worked out once and kept, so that its page shows them at once. One a day, the latest.

Whoever withdraws is erased at once, and others are left uncounted with them (surveys/covering.py): of two readings one person apart the difference
would be that person's weeks. Open and not open apart, a week is told once (analysis.held). What a reading says of an outcome is replaced only when nobody's rows changed since, or
those of five people at least (indicators/standing.py): the main outcome that stands holds the whole reading; another holds its own lines.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from bureaux_volants.territory.calendar import local_day

from .analysis import CODE_VERSION, held, work_out
from .indicators.standing import DAYS, DIARY, standing
from .models import Reading, Trial
from .report.drawings import drawings_of
from .surveys.pseudonyms import is_readable

logger = logging.getLogger(__name__)

_BY_CAR = frozenset({"car_km", "cost_eur"})
_AFTER_THE_END = dt.timedelta(days=21)


def make_reading(trial: Trial, *, now: dt.datetime | None = None) -> Reading:
    """Work a trial's figures out and keep them, in place of what was kept the same local day.

    The reading that was told when it stands (see above).
    """
    now = now or timezone.now()
    zone = trial.territory.zone
    former = latest(trial)
    if former is not None and not is_readable(trial.pk):
        # Without its key, for a night or for good, nobody's weeks are put together.
        return former
    found = work_out(trial, now=now)
    people = found.people
    if former is not None:
        stands = standing(former.people, found.people)
        is_same = former.figures["outcome"]["code"] == trial.outcome
        if trial.outcome in stands or (DIARY in stands and not is_same):
            return former
        if is_same and _is_lost(former.figures["main"], found.figures["main"], found.figures):
            return former
        if _hold(found.figures, former.figures, stands):
            # The balance is held whole, whichever of its groups stands.
            stands |= {code for code in former.people if code.startswith(DAYS)}
            people = {code: marks for code, marks in people.items() if not code.startswith(DAYS)}
        people = {**people, **{code: former.people[code] for code in stands}}
    found.figures["weeks"] = held(found.figures, former.figures if former else None)
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


def _is_lost(then: Any, now: Any, figures: dict[str, Any]) -> bool:
    """Whether what was told cannot be told any more now that answers are left uncounted: then it stands."""
    return bool(figures["aside"]["covers"] and then and not now)


def _tells_modes(outcome: str, figures: dict[str, Any]) -> bool:
    """Whether beside the others this outcome would tell of the other modes of those who are left uncounted: emissions beside kilometres by car."""
    if not figures["aside"]["covers"]:
        return False
    if figures["outcome"]["code"] == "gco2e":
        return outcome in _BY_CAR
    told = {figures["outcome"]["code"], *(h["outcome"] for h in figures["hypotheses"])}
    return outcome == "gco2e" and bool(told & _BY_CAR)


def _hold(figures: dict[str, Any], former: dict[str, Any], stands: frozenset[str]) -> bool:
    """Put what stands back as it was told: hypotheses by their outcome, and the balance of CO2, which is made of diaries too; whether that one."""
    told = {h["number"]: h for h in former.get("hypotheses", [])}
    for place, one in enumerate(figures["hypotheses"]):
        then = told.get(one["number"], {})
        is_held = one["outcome"] in stands or _is_lost(then.get("estimate"), one["estimate"], figures)
        is_twin = one["estimate"] and not one["main"] and _tells_modes(one["outcome"], figures)
        if (is_held or is_twin) and then.get("outcome") == one["outcome"]:
            figures["hypotheses"][place] = then
        elif is_twin:
            reason = _(
                "Des réponses ont été retirées : à côté des kilomètres en voiture, les émissions diraient les autres modes de quelques-uns."
            )
            figures["hypotheses"][place] = {
                **one,
                "estimate": None,
                "p_adjusted": None,
                "sentence": "",
                "reason": reason,
            }
    days, before = figures["counterfactual"], former.get("counterfactual")
    is_few = any(code == DIARY or code.startswith(DAYS) for code in stands)
    if before and (is_few or _is_lost(not before["reason"], not days["reason"], figures)):
        figures["counterfactual"] = before
        return True
    return False


def read_running(*, now: dt.datetime | None = None) -> int:
    """A reading of every trial that runs, or ended so lately that weeks of its diary were still filled in (job, every night): how many.

    A trial that fails does not stop the others.
    """
    made, since = 0, (now or timezone.now()) - _AFTER_THE_END
    measured = Q(state=Trial.State.RUNNING) | Q(ended_at__gte=since)
    for trial in Trial.objects.filter(measured).select_related("territory"):
        try:
            make_reading(trial, now=now)
        except Exception:
            logger.exception("no reading of trial %s", trial.pk)
        else:
            made += 1
    return made


def latest(trial: Trial) -> Reading | None:
    return trial.readings.first()
