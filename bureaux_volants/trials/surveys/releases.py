"""What the lab reads of a wave: figures worked out once, when it is over, and kept as they were told.

An answer that comes is not seen before the close, and one that goes is not seen either: whoever withdraws after the close would
be told by the difference between two looks (a mean of n, then of n − 1; of five who have gone together, how each of them answered a question).
What is told for the first time after a withdrawal leaves others out with them (counted.py). Free texts are not kept in it: what was
withdrawn is erased. They are shown only while nothing was withdrawn since the release, or the one that is missing would show.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

from django.utils import timezone

from bureaux_volants.booking.locks import in_transaction
from bureaux_volants.territory.calendar import monday_of
from bureaux_volants.trials.models import DiaryDay, Invitation, Response, Survey, Wave, WaveRelease

from . import aggregates
from .counted import counted
from .diary import is_final
from .reading import open_since


@dataclass(frozen=True, slots=True)
class Release:
    """`figures`: an aggregates.Seen as a dictionary; `words`: free texts by question, as they may be shown now."""

    day: dt.date
    figures: dict[str, Any]
    words: dict[str, list[str]]
    are_words_withheld: bool


@in_transaction
def released(wave: Wave, today: dt.date) -> Release | None:
    """None while the wave is not over, or a week of its diary can be filled in through another one."""
    if today <= wave.last_day or not _is_final(wave, today):
        return None
    Wave.objects.select_for_update(of=("self",)).get(pk=wave.pk)
    now = _counts(wave)
    kept = WaveRelease.objects.filter(wave=wave).first()
    if kept is None:
        kept = WaveRelease.objects.create(
            wave=wave, day=today, counts=now, figures=asdict(aggregates.seen(wave)), made_at=timezone.now()
        )
    withheld = kept.counts != now
    words = {} if withheld else _words(wave, kept.figures)
    return Release(kept.day, kept.figures, words, withheld and any(t["words"] for t in kept.figures["tallies"]))


def _is_final(wave: Wave, today: dt.date) -> bool:
    if wave.survey.kind != Survey.Kind.DIARY:
        return True
    last = monday_of(wave.last_day)
    return is_final(last, today, open_since(wave.trial.waves.all(), today))


def _counts(wave: Wave) -> list[int]:
    """People asked, people who answered, pseudonyms whose answers are counted."""
    asked = Invitation.objects.filter(wave=wave)
    if wave.survey.kind == Survey.Kind.DIARY:
        pseudonyms = counted(DiaryDay.objects.filter(wave=wave)).values("pseudonym").distinct().count()
    else:
        pseudonyms = counted(Response.objects.filter(wave=wave)).count()
    return [asked.count(), asked.filter(has_answered=True).count(), pseudonyms]


def _words(wave: Wave, figures: dict[str, Any]) -> dict[str, list[str]]:
    codes = [t["words"] for t in figures["tallies"] if t["words"]]
    answers = list(counted(Response.objects.filter(wave=wave)).values_list("answers", flat=True)) if codes else []
    return {code: aggregates.words_of(code, answers) for code in codes}
