"""The rows that an estimator reads, from a trial: who, attached to which commune, in which week, with what outcome.

The first week is that of the trial's `baseline_from`; weeks are ISO weeks, named by their Monday, numbered from 1. A missing week
stays missing, a commune that withdraws stays as it was drawn. Somebody who leaves is asked nothing more; of their bookings they have no row from
the week in which they left on.
A commune that opens on a Wednesday is open from that week on: the effect is, if anything, told too small.

**To have come**, in a week (`took_up`): at least one day, in it, at a desk that the trial opened (stays.py). Before the first opening of the
trial nobody has; weeks since then whose bookings have lost their names are known of those of whom it was kept (take_up.py), and of nobody else (NaN).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext as _

from bureaux_volants.territory.calendar import monday_of

from .estimating.results import NEVER, CannotEstimate, Panel
from .indicators.disclosure import FEWEST_PEOPLE
from .indicators.figures import is_small
from .indicators.standing import FROM_ANSWERS
from .models import CohortMember, Draw, Trial
from .stays import named_since
from .weekly import READ, WEEK, AgentWeek, Source


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of a cohort as drawn: `left` is the local day on which they left, None when they stay."""

    agent_id: int
    commune_id: int
    is_control: bool
    left: dt.date | None = None


def week_number(day: dt.date, first: dt.date) -> int:
    """The week of `day`, from 1 in the week of `first`; zero and less before it."""
    return (monday_of(day) - monday_of(first)).days // 7 + 1


def panel(
    members: Iterable[Member],
    opens: Mapping[int, dt.date | None],
    weeks: Iterable[AgentWeek],
    *,
    first: dt.date,
    last: dt.date,
    used: Iterable[tuple[int, dt.date]] = (),
    used_known_from: dt.date | None = None,
    used_kept: Mapping[tuple[int, dt.date], bool] | None = None,
    drawn: Mapping[int, int] | None = None,
) -> Panel:
    """Rows of the members' weeks that lie wholly in `first`..`last`, ordered by agent and week. Pure.

    `opens`: the day on which each commune opens, None for one that does not; `used`: agent and Monday of each week in which somebody
    came, known from `used_known_from` on (None: always), and before it of whoever `used_kept` says it; `drawn`: the communes whose opening came out of the draw, with the number of
    their stratum in it (None: all, without strata). A control is never open, whatever its commune does. Somebody in two cohorts counts once, as the first says.
    """
    people: dict[int, Member] = {}
    for member in members:
        people.setdefault(member.agent_id, member)
    stays, kept = set(used), used_kept or {}
    first_opening = min((day for day in opens.values() if day is not None), default=last)
    rows: dict[tuple[int, int], tuple[int, float, int, float]] = {}
    for week in weeks:
        found = people.get(week.agent_id)
        if found is None or week.monday < first or week.monday + WEEK > last + dt.timedelta(days=1):
            continue
        if found.left is not None and week.monday + WEEK > found.left:
            continue
        opening = None if found.is_control else opens.get(found.commune_id)
        opened = NEVER if opening is None or opening > last else max(1, week_number(opening, first))
        number = week_number(week.monday, first)
        is_lost = used_known_from is not None and monday_of(first_opening) <= week.monday < used_known_from
        key = week.agent_id, week.monday
        came = kept.get(key, float("nan")) if is_lost else float(key in stays)
        rows[week.agent_id, number] = (found.commune_id, week.value, opened, came)
    keys = sorted(rows)
    return Panel(
        unit=np.array([unit for unit, _period in keys], np.int64),
        cluster=np.array([rows[k][0] for k in keys], np.int64),
        period=np.array([period for _unit, period in keys], np.int64),
        outcome=np.array([rows[k][1] for k in keys], np.float64),
        opened=np.array([rows[k][2] for k in keys], np.int64),
        took_up=np.array([rows[k][3] for k in keys], np.float64),
        drawn=None if drawn is None else np.array([rows[k][0] in drawn for k in keys], np.bool_),
        stratum=None if drawn is None else np.array([drawn.get(rows[k][0], 0) for k in keys], np.int64),
    )


def panel_of(source: Source, code: str) -> Panel:
    """The panel of a trial for an indicator that exists per agent and week. Raises CannotEstimate for another one."""
    reader = READ.get(code)
    if reader is None:
        raise CannotEstimate("no-weekly-outcome", _("Ce critère n'existe pas par agent et par semaine."))
    trial, is_answered = source.trial, code in FROM_ANSWERS
    weeks = _of_enough(reader(source)) if is_answered else reader(source)
    if code in ("car_km", "cost_eur") and is_small(len({w.agent_id for w in weeks if w.value})):
        raise CannotEstimate(
            "few-drive",
            _(
                "Moins de cinq personnes vont au travail en voiture : rien n'en est dit, pour que personne ne soit reconnaissable."
            ),
        )
    return panel(
        [
            # Whoever left is asked nothing more: what they answered until then counts, here as in every other table.
            Member(m.agent_id, m.commune_id or 0, m.arm == CohortMember.Arm.CONTROL, None if is_answered else m.left_on)
            for m in source.members
        ],
        dict(trial.clusters.values_list("commune_id", "opens_on")),
        weeks,
        first=trial.baseline_from,
        last=trial.ends_on,
        used={(s.agent_id, monday_of(s.day)) for s in source.stays},
        used_known_from=named_since(trial.territory, source.today),
        used_kept=source.take_up,
        drawn=drawn_communes(trial),
    )


def _of_enough(weeks: Iterable[AgentWeek]) -> list[AgentWeek]:
    """Without the weeks of fewer than five people: they are counted in no table (indicators/rows.of_told_weeks)."""
    found = list(weeks)
    people = Counter(monday for monday, _agent in {(w.monday, w.agent_id) for w in found})
    return [w for w in found if people[w.monday] >= FEWEST_PEOPLE]


def drawn_communes(trial: Trial) -> dict[int, int]:
    """The communes in the draw of the order, those that withdrew since included, and the number of the stratum in which each was drawn.

    None of them where no order was drawn.
    """
    draw = trial.draws.filter(purpose=Draw.Purpose.ORDER).first()
    if draw is None:
        return {}
    strata = draw.drawn_from if isinstance(draw.drawn_from, dict) else {"": draw.drawn_from}
    number = {code: n for n, name in enumerate(sorted(strata)) for code in strata[name]}
    communes = trial.clusters.filter(commune__code__in=number).values_list("commune_id", "commune__code")
    return {commune: number[code] for commune, code in communes}
