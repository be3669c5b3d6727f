"""Everything that a trial's figures say, in one pass: the same rows, code and seed give the same document.

The document (`Reading.figures`) is plain JSON:

    outcome         {code, name, unit, threshold, decrease}
    sample          {rows, agents, agents_both, communes, weeks, weeks_possible}; agents None under five; agents_both: measured before the
                    first opening and since, None where they or the others are few
    main            an estimate (below) or None
    conclusion      {verdict, is_conclusive, sentence} of `main` against the threshold, or None
    others          other estimates of the same effect, by other methods
    refused         [{method, code, reason}]: what the data cannot bear, and why
    study           {points: [{when, value, low, high, band_low, band_high}], notes, pre_trend_p, pre_trend_test} or None
    aside           {covers, rows}: how many times somebody took back what may have been told, and how many weeks and responses of others are
                    left uncounted so that it does not show (surveys/covering.py)
    weeks           [{monday, open, open_agents, closed, closed_agents}]: means, None for both sides where one is of fewer than five people
    first_told      {monday: covers}: how many covers there were when each week was first told (readings.py)
    told_of         {monday: outcome}: of which outcome each week was first told; of no other since (held)
    treated         {estimate or None, more, open, closed, reason}: of a week of coming, on those who came (estimating/treated.py); or None
    hypotheses      see hypotheses.py
    counterfactual  see carbon.py
    estimate        {method, paper, value, se, low, high, p_value, rows, units, clusters, warnings}

Nothing in it leads to somebody: no number of an agent, no group under five, no table by commune.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import numpy as np

from bureaux_volants import __version__
from bureaux_volants.territory.calendar import monday_of

from . import carbon, hypotheses
from .estimating import before_after, difference, group_time, pre_trend, randomisation, treated, wild_bootstrap
from .estimating.conclusion import conclude
from .estimating.results import NEVER, CannotEstimate, EventStudy, Panel
from .figures import LEAST, digest_of, estimate_of, marks_of, rounded, why_silent
from .indicators.figures import is_small
from .indicators.standing import DIARY
from .models import Trial
from .outcomes import OUTCOMES
from .panels import panel_of
from .surveys.counted import number_of, rows_aside
from .surveys.pseudonyms import mark
from .weekly import WEEK, Source

_T = TypeVar("_T")
#: Raised when what is worked out from the same rows changes.
CODE_VERSION = f"{__version__}+figures.5"


@dataclass(frozen=True, slots=True)
class Analysis:
    """The figures, and what they were worked out from. `people`: by outcome of five people at least, and for the diary, their marks (figures.marks_of)."""

    figures: dict[str, Any]
    data_digest: str
    seed: int
    people: dict[str, list[str]]


def work_out(trial: Trial, *, now: dt.datetime | None = None) -> Analysis:
    """A trial's figures from what was measured until now."""
    covers = number_of(trial)
    found = _work_out(Source.until_now(trial, now))
    # Somebody withdrew meanwhile: what was read before them beside what was read after would be of neither set of people.
    return found if number_of(trial) == covers else work_out(trial, now=now)


def _work_out(source: Source) -> Analysis:
    trial = source.trial
    try:
        panel = panel_of(source, trial.outcome)
        of_outcome, digest = figures_of(panel, trial), digest_of(panel)
        people = {trial.outcome: marks_of(panel, trial.pk)}
    except CannotEstimate as error:
        of_outcome = {"refused": [{"method": "panel", "code": error.code, "reason": error.reason}]}
        digest, people = hashlib.sha256().hexdigest(), {}
    said = hypotheses.said_of(source, of_outcome.get("main"))
    days = carbon.said_of(source)
    # One version of the data for all that went in.
    together = hashlib.sha256("\n".join([digest, *said.digests, days.digest]).encode()).hexdigest()
    figures = {**_frame(trial), **of_outcome, "hypotheses": said.figures, "counterfactual": days.figures}
    marks = {**said.people, **people, **days.people, DIARY: _marks_of_diary(source)}
    return Analysis(figures, together, trial.seed, {code: one for code, one in marks.items() if len(one) >= LEAST})


def _marks_of_diary(source: Source) -> list[str]:
    """One mark for each person's diary, whatever is made of it."""
    said: dict[int, list[str]] = {}
    for week in source.diary:
        lived = (week.monday.isoformat(), week.days, sorted(week.km.items()), week.minutes)
        said.setdefault(week.agent_id, []).append(repr(lived))
    return mark(source.trial.pk, [f"{agent}:{weeks}" for agent, weeks in said.items()])


def _frame(trial: Trial) -> dict[str, Any]:
    indicator = OUTCOMES.get(trial.outcome)
    return {
        "outcome": {
            "code": trial.outcome,
            "name": str(indicator.name) if indicator else trial.outcome,
            "unit": str(indicator.unit) if indicator else "",
            "threshold": trial.threshold,
            "decrease": trial.direction == Trial.Direction.DECREASE,
        },
        "sample": None,
        "main": None,
        "conclusion": None,
        "others": [],
        "refused": [],
        "study": None,
        "aside": {"covers": number_of(trial), "rows": rows_aside(trial)},
        "weeks": [],
        "first_told": {},
        "told_of": {},
        "treated": None,
        "hypotheses": [],
        "counterfactual": None,
    }


def figures_of(panel: Panel, trial: Trial) -> dict[str, Any]:
    """What a panel says of the trial's main outcome; the design of the protocol says which method is the main one."""
    rows, agents, communes = panel.count()
    weeks_possible = (trial.ends_on + dt.timedelta(days=1) - monday_of(trial.baseline_from)) // WEEK
    found: dict[str, Any] = {
        "sample": {
            "rows": rows if agents >= LEAST else None,
            "agents": agents if agents >= LEAST else None,
            "agents_both": _in_both(panel),
            "communes": communes,
            "weeks": len(np.unique(panel.period)),
            "weeks_possible": weeks_possible,
        }
    }
    refused: list[dict[str, str]] = []
    if reason := why_silent(panel):
        weeks = _weeks(panel, monday_of(trial.baseline_from)) if agents >= LEAST else []
        return {**found, "weeks": weeks, "refused": [{"method": "all", "code": "few-agents", "reason": reason}]}

    def attempt(method: str, estimator: Callable[[], _T]) -> _T | None:
        try:
            return estimator()
        except CannotEstimate as error:
            refused.append({"method": method, "code": error.code, "reason": error.reason})
            return None

    study = attempt("group_time", lambda: group_time.estimate(panel, seed=trial.seed))
    plain = attempt("difference", lambda: difference.estimate(panel))
    drawn = drawn_by_time = None
    is_wedge = trial.design == Trial.Design.STEPPED_WEDGE
    if is_wedge:
        drawn_by_time = attempt(
            "randomisation_by_time", lambda: randomisation.estimate(panel, seed=trial.seed, by_time=True)
        )
        drawn = attempt("randomisation", lambda: randomisation.estimate(panel, seed=trial.seed))
    wild = attempt("wild_bootstrap", lambda: wild_bootstrap.estimate(panel, seed=trial.seed))
    alone = attempt("before_after", lambda: before_after.estimate(panel))
    by_time = study.overall if study else None
    if trial.design == Trial.Design.BEFORE_AFTER:
        main = alone
    elif trial.design == Trial.Design.PARALLEL:
        main = plain
    elif drawn_by_time is not None and communes < group_time.ENOUGH_CLUSTERS:
        # With few communes only the drawn order bears an interval that keeps its word (docs/evaluation.md).
        main = drawn_by_time
    else:
        main = by_time or drawn_by_time or plain
    every = [drawn_by_time, by_time, plain, wild, drawn, alone]
    decrease = trial.direction == Trial.Direction.DECREASE
    unit = str(OUTCOMES[trial.outcome].unit) if trial.outcome in OUTCOMES else ""
    words = conclude(main, trial.threshold, decrease=decrease, unit=unit) if main else None
    return {
        **found,
        "main": estimate_of(main) if main else None,
        "conclusion": asdict(words) if words else None,
        "others": [estimate_of(e) for e in every if e is not None and e is not main],
        "study": _study(study, attempt("pre_trend", lambda: _before(panel, study, trial))) if study else None,
        "weeks": _weeks(panel, monday_of(trial.baseline_from)),
        "treated": _treated(panel, trial, by_time=main is not None and main is drawn_by_time),
        "refused": refused,
    }


def _in_both(panel: Panel) -> int | None:
    """How many agents were measured both before the first opening and since: the others bear on no comparison of somebody with themselves.

    None where they, or the others, are few.
    """
    opened = panel.opened[panel.opened != NEVER]
    since = panel.period >= opened.min() if len(opened) else np.zeros(len(panel.unit), np.bool_)
    both = len(np.intersect1d(panel.unit[since], panel.unit[~since]))
    return None if both < LEAST or is_small(panel.count()[1] - both) else both


def _before(panel: Panel, study: EventStudy, trial: Trial) -> pre_trend.Tested:
    """The test of the weeks before: the drawn order's where there was one, else the ordinary one where communes are many."""
    drawn = trial.design == Trial.Design.STEPPED_WEDGE and (panel.drawn is None or bool(panel.drawn.any()))
    many = panel.count()[2] >= group_time.ENOUGH_CLUSTERS
    if not drawn and many and study.pre_trend_p is not None:
        return pre_trend.Tested("wald", study.pre_trend_p)
    return pre_trend.assess(panel, drawn=drawn, seed=trial.seed)


def _treated(panel: Panel, trial: Trial, *, by_time: bool) -> dict[str, Any] | None:
    """The effect on those who came: by the drawn order where there was one, else by an ordinary two-stage regression. None: nobody came."""
    if panel.took_up is None:
        return None
    if not (panel.took_up > 0).any():
        if np.isnan(panel.took_up).any():
            reason = "Les réservations de ces semaines n'ont plus de nom : qui est venu ne se sait plus."
            return {"estimate": None, "reason": reason}
        return None
    if len(np.unique(panel.unit[panel.took_up > 0])) < LEAST:
        reason = "Parmi les personnes mesurées, moins de cinq sont venues : rien n'en est dit, pour que personne ne soit reconnaissable."
        return {"estimate": None, "reason": reason}
    found: dict[str, Any] = {"estimate": None, "reason": ""}
    try:
        stage = treated.first_stage(panel)
        if not any(is_small(people) for people in _came(panel)):
            found |= {"more": rounded(stage.more), "open": rounded(stage.open), "closed": rounded(stage.closed)}
        if trial.design == Trial.Design.STEPPED_WEDGE:
            try:
                made = treated.by_drawn_order(panel, seed=trial.seed, by_time=by_time)
            except CannotEstimate as error:
                if error.code not in treated.OF_THE_DRAW:
                    raise
                made = treated.estimate(panel)
        else:
            made = treated.estimate(panel)
    except CannotEstimate as error:
        # An estimate says itself what it left out.
        return {**found, "reason": " ".join((error.reason, *treated.left_out(panel)))}
    return {**found, "estimate": estimate_of(made)}


def _came(panel: Panel) -> tuple[int, int]:
    """How many people came in a week that was open to them, and in one that was not: a share of few people is not told."""
    assert panel.took_up is not None
    came = panel.took_up > 0
    return len(np.unique(panel.unit[came & panel.is_open])), len(np.unique(panel.unit[came & ~panel.is_open]))


def _study(found: EventStudy, before: pre_trend.Tested | None) -> dict[str, Any]:
    names = ("value", "se", "low", "high", "band_low", "band_high")
    return {
        "points": [{"when": p.when, **{n: rounded(getattr(p, n)) for n in names}} for p in found.points],
        "pre_trend_p": rounded(before.p_value) if before else None,
        "pre_trend_test": before.code if before else "",
        "notes": list(found.notes),
    }


def _weeks(panel: Panel, first: dt.date) -> list[dict[str, Any]]:
    cells = [
        (int(period), name, (panel.period == period) & (panel.is_open == is_open))
        for period in np.unique(panel.period)
        for name, is_open in (("open", True), ("closed", False))
    ]
    sizes = {
        (period, name): (int(chosen.sum()), int(np.count_nonzero(panel.outcome[chosen])))
        for period, name, chosen in cells
    }
    lines: dict[int, dict[str, Any]] = {}
    for period, name, chosen in cells:
        # The week as a whole is told elsewhere (a month, a wave): one side told alone would tell the other.
        # Nor is the sum of few people's, whatever the nils beside it.
        is_told = not any(is_small(n) for n in (*sizes[period, "open"], *sizes[period, "closed"]))
        count = sizes[period, name][0] if is_told else 0
        line = lines.setdefault(period, {"monday": (first + WEEK * (period - 1)).isoformat()})
        line[name] = rounded(float(panel.outcome[chosen].mean())) if count else None
        line[f"{name}_agents"] = count or None
    return list(lines.values())


def held(figures: dict[str, Any], former: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The weeks of `figures` as they may be told after what the `former` reading told, if there was one. Pure.

    `first_told` and `told_of` of `figures` are brought up to date.

    Open and not open apart, a week is told once: of those who are left uncounted since, there are few on one side. `first_told`: how many
    covers there were when each week was first told, of whatever outcome: all those of the diary say the same days. A week that was
    told of another outcome (`told_of`) is not told of this one: beside kilometres by car emissions tell the other modes. Where no cover was
    drawn, a side that one to four people have left or joined stays as it was.
    """
    covers, code = figures["aside"]["covers"], figures["outcome"]["code"]
    former = former or {"outcome": figures["outcome"]}
    told_of = {line["monday"]: former["outcome"]["code"] for line in former.get("weeks", [])} | former.get(
        "told_of", {}
    )
    first_told = {line["monday"]: 0 for line in former.get("weeks", [])} | former.get("first_told", {})
    is_same = former["outcome"]["code"] == figures["outcome"]["code"]
    before = {line["monday"]: line for line in former.get("weeks", [])} if is_same else {}
    found = []
    for line in figures["weeks"]:
        monday, kept = line["monday"], dict(line)
        told = before.get(monday)
        if first_told.get(monday, covers) != covers or (monday in first_told and told_of.get(monday) != code):
            kept = dict(told) if told else {**line, **dict.fromkeys(("open", "open_agents", "closed", "closed_agents"))}
        else:
            for name in ("open", "closed") if told else ():
                then, now = told[f"{name}_agents"], line[f"{name}_agents"]  # type: ignore[index]  # told is there
                if then is not None and is_small(abs(then - (now or 0))):
                    kept[name], kept[f"{name}_agents"] = told[name], then  # type: ignore[index]
        found.append(kept)
    if covers:
        # What is counted no more was told.
        found += [line for monday, line in before.items() if monday not in {one["monday"] for one in found}]
    figures["first_told"] = {line["monday"]: covers for line in found} | first_told
    figures["told_of"] = {line["monday"]: code for line in found} | told_of
    return sorted(found, key=lambda line: str(line["monday"]))
