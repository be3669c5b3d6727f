"""Which answers are counted: all but those set aside so that nobody's withdrawal shows (covering.py).

Every figure made of answers reads its rows from here, or excludes the same ones in its own SQL (indicators/loading.py), and in one
statement: rows read before a withdrawal beside a list read after it would be neither of the two sets of people that may be told.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TypeVar

from django.db import models
from django.db.models import DateTimeField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Value

from bureaux_volants.territory.calendar import monday_of
from bureaux_volants.trials.models import ClosedPeriod, Cover, DiaryDay, Response, SetAside, Trial

_Row = TypeVar("_Row", DiaryDay, Response)
_WEEK = dt.timedelta(days=7)

#: The same as `counted`, of a diary's day `d` in a wave `v`; for SQL that reads the columns itself.
IS_COUNTED = """
NOT EXISTS (SELECT 1 FROM trials_setaside s WHERE s.pseudonym = d.pseudonym AND s.is_current AND s.monday BETWEEN d.day - 6 AND d.day)
AND NOT EXISTS (SELECT 1 FROM trials_closedperiod p JOIN trials_cover c ON c.id = p.cover_id
  WHERE c.trial_id = v.trial_id AND p.monday BETWEEN d.day - 6 AND d.day)
"""


def counted(rows: QuerySet[_Row]) -> QuerySet[_Row]:
    """These rows without those that are set aside, nor those of what is closed."""
    aside = SetAside.objects.filter(pseudonym=OuterRef("pseudonym"), is_current=True)
    closed = ClosedPeriod.objects.filter(cover__trial=OuterRef("wave__trial"))
    return rows.exclude(Exists(aside.filter(_there(rows.model)))).exclude(Exists(closed.filter(_there(rows.model))))


def _there(model: type[models.Model]) -> Q:
    """The week of a day, or the wave of a response."""
    if model is Response:
        return Q(wave=OuterRef("wave"))
    a_week_before = ExpressionWrapper(OuterRef("day") - Value(_WEEK), output_field=DateTimeField())
    return Q(monday__lte=OuterRef("day"), monday__gt=a_week_before)


def covers_drawn(territory_id: int) -> int:
    """How many covers were drawn in a territory: what was read in several statements between two equal numbers is of one set of rows."""
    return Cover.objects.filter(trial__territory_id=territory_id).count()


def is_whole(trials: Iterable[Trial], first: dt.date) -> bool:
    """Whether nothing was set aside since the Monday of the week of local day `first`.

    What is told by mode is told of such days alone, and once: a mode has few people, and of those who are set aside some other few.
    """
    monday = monday_of(first)
    return not Cover.objects.filter(trial__in=list(trials), day__gte=monday).exists()


def number_of(trial: Trial) -> int:
    """How many covers were drawn in a trial."""
    return trial.covers.count()


def rows_aside(trial: Trial) -> int:
    """How many weeks of somebody's diary and responses are left uncounted now."""
    return SetAside.objects.filter(cover__trial=trial, is_current=True, days="").count()
