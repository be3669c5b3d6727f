"""What the lab reads of a wave: figures worked out once it is over, and kept.

An answer that comes is not seen before the close, and one that goes is not seen either: whoever withdraws after the close would
be told by the difference between two looks (a mean of n, then of n − 1). So a release stays as it is until five people at least have
gone; then it is worked out anew. Free texts are not kept in it: what was withdrawn is erased. They are shown only while nothing
was withdrawn since the release, or the one that is missing would show.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

from django.utils import timezone

from bureaux_volants.booking.locks import in_transaction
from bureaux_volants.trials.models import DiaryDay, Invitation, Response, Survey, Wave, WaveRelease

from . import aggregates
from .grouping import is_safe


@dataclass(frozen=True, slots=True)
class Release:
    """`figures`: an aggregates.Seen as a dictionary; `words`: free texts by question, as they may be shown now."""

    day: dt.date
    figures: dict[str, Any]
    words: dict[str, list[str]]
    are_words_withheld: bool


@in_transaction
def released(wave: Wave, today: dt.date) -> Release | None:
    """None while the wave is not over."""
    if today <= wave.last_day:
        return None
    Wave.objects.select_for_update(of=("self",)).get(pk=wave.pk)
    now = _counts(wave)
    kept = WaveRelease.objects.filter(wave=wave).first()
    if kept is None or _may_differ(kept.counts, now):
        kept, _new = WaveRelease.objects.update_or_create(
            wave=wave,
            defaults={"day": today, "counts": now, "figures": asdict(aggregates.seen(wave)), "made_at": timezone.now()},
        )
    withheld = kept.counts != now
    words = {} if withheld else _words(wave, kept.figures)
    return Release(kept.day, kept.figures, words, withheld and any(t["words"] for t in kept.figures["tallies"]))


def _counts(wave: Wave) -> list[int]:
    """People asked, people who answered, pseudonyms that left an answer."""
    asked = Invitation.objects.filter(wave=wave)
    model = DiaryDay if wave.survey.kind == Survey.Kind.DIARY else Response
    pseudonyms = model.objects.filter(wave=wave).values("pseudonym").distinct().count()
    return [asked.count(), asked.filter(has_answered=True).count(), pseudonyms]


def _may_differ(then: list[int], now: list[int]) -> bool:
    """Whether what has gone since is nobody's alone: none of the counts moved by one to four people."""
    return then != now and is_safe(*(abs(a - b) for a, b in zip(then, now, strict=True)))


def _words(wave: Wave, figures: dict[str, Any]) -> dict[str, list[str]]:
    codes = [t["words"] for t in figures["tallies"] if t["words"]]
    answers = list(Response.objects.filter(wave=wave).values_list("answers", flat=True)) if codes else []
    return {code: aggregates.words_of(code, answers) for code in codes}
