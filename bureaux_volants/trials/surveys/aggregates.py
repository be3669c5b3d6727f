"""What the lab sees of a wave: rates, a check of who does not answer, and results, all of them of five people or more."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from bureaux_volants.fleet.usage import put_together
from bureaux_volants.territory.calendar import monday_of
from bureaux_volants.territory.geography import distance_km
from bureaux_volants.trials.estimating.tables import t_quantile
from bureaux_volants.trials.indicators.disclosure import FEWEST_PEOPLE
from bureaux_volants.trials.indicators.rows import filled_weeks
from bureaux_volants.trials.models import CohortMember, DiaryDay, Invitation, Response, Survey, Wave

from . import profile, questions, scales
from .counted import counted, is_whole
from .grouping import Group, breakdowns, is_safe

LEAST = FEWEST_PEOPLE
#: Different values of which a mean and its interval tell how many gave each.
_SOLVED = 3


@dataclass(frozen=True, slots=True)
class Difference:
    """One known characteristic among those who answered and those who did not: shares, and their standardised difference."""

    name: str
    answered: float
    silent: float

    @property
    def standardised(self) -> float:
        """(p1 - p0) / sqrt of the mean variance: Austin (2009), Statistics in Medicine 28, 3083; over 0.1 is worth a look."""
        spread = math.sqrt((self.answered * (1 - self.answered) + self.silent * (1 - self.silent)) / 2)
        return (self.answered - self.silent) / spread if spread else 0.0


def differences(traits: Mapping[str, Sequence[bool]], answered: Sequence[bool]) -> list[Difference]:
    """Characteristics that can be compared: in every cell of the table five people or none. Pure."""
    yes = np.asarray(answered, bool)
    found = []
    for name, values in traits.items():
        has = np.asarray(values, bool)
        cells = [int((a & b).sum()) for a in (yes, ~yes) for b in (has, ~has)]
        if yes.sum() >= LEAST and (~yes).sum() >= LEAST and all(n >= LEAST for n in cells):
            found.append(Difference(name, float(has[yes].mean()), float(has[~yes].mean())))
    return found


@dataclass(frozen=True, slots=True)
class Mean:
    """A score: mean, half-width of its 95 % interval (Student), and how many gave it."""

    name: str
    mean: float
    half_width: float
    n: int


@dataclass(frozen=True, slots=True)
class Tally:
    """One question: counts by answer (None: fewer than five), a mean, or that there are free texts.

    `n`: how many answered it; None where that is fewer than five, or would tell what fewer than five answered elsewhere.
    """

    text: str
    n: int | None
    rows: tuple[tuple[str, int | None], ...] = ()
    mean: Mean | None = None
    words: str = ""


def mean_of(name: str, values: Sequence[float]) -> Mean | None:
    """None under five, or where the values are too large to have one. Pure."""
    if len(values) < LEAST:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        mean, error = float(np.mean(values)), float(np.std(values, ddof=1)) / math.sqrt(len(values))
    if not math.isfinite(mean) or not math.isfinite(error):
        return None
    return Mean(name, mean, t_quantile(0.975, len(values) - 1) * error, len(values))


def tallies(definition: questions.Definition, responses: Sequence[Mapping[str, Any]]) -> list[Tally]:
    """What may be shown of each question. Pure.

    Not the items of a scale: its score is what was validated, and the means of items beside that of scores would give away the
    answers of the one who left an item out. How many answered a question with a condition tells how many gave the answer that
    brings it: it is shown only where that was to be read already, or leaves five people or nobody on either side.
    """
    items = {item for scale in definition.get("scales", ()) for item in scales.ITEMS[scale]}
    asked: dict[str, questions.Question] = {}
    told: dict[str, list[int]] = {}
    found = []
    for question in questions.questions_of(definition):
        code = str(question["id"])
        if code in items:
            continue
        if code in profile.GROUPS and profile.is_asked(definition):
            continue  # told with who came (equity.py), small groups put together another way: the two would tell each other's
        said = [a[code] for a in responses if code in a]
        condition = question.get("if")
        if condition and not _may_be_counted(condition, len(said), asked, told, responses):
            found.append(Tally(questions.said_in(question["text"], "fr"), None))
            continue
        asked[code] = question
        found.append(tally(question, said))
    return found


def _may_be_counted(
    condition: Mapping[str, Any],
    n: int,
    asked: Mapping[str, questions.Question],
    told: dict[str, list[int]],
    responses: Sequence[Mapping[str, Any]],
) -> bool:
    """Whether the number who answered a question that hangs on another one gives no small group of that other one away."""
    code = str(condition["question"])
    parent = asked.get(code)
    if parent is None or parent["type"] != "single":
        # On an item of a scale, on a question that is not counted itself, or on one of which two follow-ups would tell a few answers.
        return False
    before = told.setdefault(code, [0, len(responses), sum(code in a for a in responses)])
    if not all(is_safe(abs(n - other)) for other in before):
        return False
    wanted = {str(one) for one in condition["is"]}
    groups = _choices(parent, [a[code] for a in responses if code in a])
    if any(set(codes) & wanted and not set(codes) <= wanted for codes, count in groups if count):
        return False
    before.append(n)
    return True


def tally(question: questions.Question, said: Sequence[Any]) -> Tally:
    """What may be shown of the answers to one question, by itself. Pure.

    Of one choice, the answers of fewer than five are counted together. Of several choices, which do not add up to the whole, a count
    is left out when it, or what is beside it, is of fewer than five.
    """
    text = questions.said_in(question["text"], "fr")
    if len(said) < LEAST:
        return Tally(text, None)
    if question["type"] == "text":
        return Tally(text, len(said), words=str(question["id"]))
    if question["type"] in ("scale", "number"):
        values = [float(v) for v in said]
        if len(set(values)) <= _SOLVED:
            # Of so few values the mean, its interval and the number of answers give how many gave each: told as a choice is.
            words = {value: f"{value:g}".replace(".", ",") for value in sorted(set(values))}
            groups = _together([*words.values()], [words[v] for v in values])
            return Tally(text, len(said), rows=tuple((" ou ".join(names), n) for names, n in groups))
        return Tally(text, len(said), mean=mean_of(text, values))
    labels = {str(o["code"]): questions.said_in(o["text"], "fr") for o in question["options"]}
    if question["type"] == "single":
        groups = _choices(question, said)
        return Tally(text, len(said), rows=tuple((" + ".join(labels[c] for c in codes), n) for codes, n in groups))
    counts = Counter(one for v in said for one in v)
    return Tally(
        text,
        len(said),
        rows=tuple((labels[c], counts[c] if is_safe(counts[c], len(said) - counts[c]) else None) for c in labels),
    )


def _choices(question: questions.Question, said: Sequence[Any]) -> list[tuple[tuple[str, ...], int]]:
    """The answers to a question of one choice, those of fewer than five counted with the next rarest until they are five."""
    return _together([str(o["code"]) for o in question["options"]], said)


def _together(order: Sequence[str], said: Sequence[Any]) -> list[tuple[tuple[str, ...], int]]:
    counts = Counter(said)
    rare = sorted((c for c in order if counts[c]), key=lambda c: counts[c])
    size = sum(counts[c] < LEAST for c in rare)
    while 0 < size < len(rare) and sum(counts[c] for c in rare[:size]) < LEAST:
        size += 1
    pooled = [c for c in order if c in rare[:size]]
    alone: list[tuple[tuple[str, ...], int]] = [((c,), counts[c]) for c in order if c not in pooled]
    return [*alone, (tuple(pooled), sum(counts[c] for c in pooled))] if pooled else alone


def words_of(code: str, responses: Sequence[Mapping[str, Any]]) -> list[str]:
    """The free texts given to a question, none under five, in the order of the alphabet: it says nothing of who or when. Pure."""
    said = sorted(str(a[code]) for a in responses if code in a)
    return said if len(said) >= LEAST else []


@dataclass(frozen=True, slots=True)
class Seen:
    """All that the lab may be told of one wave, but for free texts. `answered` None: under five, and nothing else is told."""

    asked: int
    answered: int | None
    by_arm: list[Group]
    by_commune: list[Group]
    differences: list[Difference]
    means: list[Mean]
    tallies: list[Tally]
    diaries: list[tuple[str, str, float]]
    is_shown: bool
    #: Who came, by what they say of themselves; of a questionnaire that asks it.
    came: list[profile.Group] = field(default_factory=list)


def seen(wave: Wave) -> Seen:
    """What may be told of a wave, of the answers that are counted (counted.py). What the lab reads is a release of it (releases.py)."""
    invitations = list(
        Invitation.objects.filter(wave=wave).select_related(
            "agent__organisation", "agent__home_commune", "agent__usual_site"
        )
    )
    answered = [i.has_answered for i in invitations]
    places = {
        agent: (arm, commune)
        for agent, arm, commune in CohortMember.objects.filter(cohort__trial_id=wave.trial_id)
        .order_by("pk")
        .values_list("agent_id", "arm", "commune__name")
    }
    arms = [str(CohortMember.Arm(places.get(i.agent_id, ("opened", ""))[0]).label) for i in invitations]
    communes = [places.get(i.agent_id, ("", None))[1] or _("sans commune") for i in invitations]
    responses = list(counted(Response.objects.filter(wave=wave)).values_list("answers", flat=True))
    diary = list(counted(DiaryDay.objects.filter(wave=wave)).values_list("pseudonym", "day", "trips"))
    people = len({p for p, _day, _trips in diary}) if wave.survey.kind == Survey.Kind.DIARY else len(responses)
    if people < LEAST:
        none = sum(answered) == people == 0
        return Seen(len(invitations), 0 if none else None, [], [], [], [], [], [], is_shown=False)
    by_arm, by_commune = breakdowns(list(zip(arms, communes, answered, strict=True)))
    definition = wave.survey.questions
    return Seen(
        len(invitations),
        sum(answered),
        by_arm,
        by_commune,
        differences(_traits(invitations), answered),
        _means(definition, responses),
        tallies(definition, responses),
        _by_mode(diary, _filled(wave)) if is_whole([wave.trial], wave.first_day) else [],
        is_shown=True,
        came=profile.came_by_group(responses) if profile.is_asked(definition) else [],
    )


def _means(definition: questions.Definition, responses: Sequence[Mapping[str, Any]]) -> list[Mean]:
    """Scores and sub-scores of the same people, those who have the whole score: two bases would give away who is in one alone."""
    found = []
    for scale in definition.get("scales", ()):
        whole = [a for a in responses if scales.score(scale, a) is not None]
        for code in (scale, *(scales.SUBSCALES if scale == "sts" else ())):
            values = [v for a in whole if (v := scales.score(code, a)) is not None]
            if (mean := mean_of(scales.NAMES[code], values)) is not None:
                found.append(mean)
    return found


def _filled(wave: Wave) -> set[tuple[str, dt.date]]:
    """Who filled which week, by its Monday, with the days of every wave of the trial; of the weeks that five people filled."""
    days = counted(DiaryDay.objects.filter(wave__trial=wave.trial_id)).values_list("pseudonym", "day").distinct()
    full = filled_weeks(days)
    people = Counter(monday for _who, monday in full)
    return {(who, monday) for who, monday in full if people[monday] >= LEAST}


def _by_mode(
    rows: Sequence[tuple[str, dt.date, list[dict[str, Any]]]], filled: set[tuple[str, dt.date]]
) -> list[tuple[str, str, float]]:
    """(modes, "work", kilometres for work per filled day), the modes of few people put together, in the weeks that are filled.

    As the month's indicators have it (indicators/measures.py): told by purpose here, their whole less this would be the other purpose of few.
    """
    rows = [row for row in rows if (row[0], monday_of(row[1])) in filled]
    number = {who: n for n, who in enumerate(sorted({row[0] for row in rows}))}
    km: dict[str, float] = defaultdict(float)
    made: dict[Hashable, list[set[int]]] = defaultdict(lambda: [set()])
    for pseudonym, _day, trips in rows:
        for trip in trips:
            if trip["purpose"] != "private":
                km[trip["mode"]] += trip["km"]
                made[trip["mode"]][0].add(number[pseudonym])
    found = []
    for keys, people in put_together(made, lambda sets: set().union(*sets)):
        modes = sorted(str(key) for key in keys)
        if len(set().union(*people)) >= LEAST:
            found.append(("+".join(modes), "work", sum(km[m] for m in modes) / len(rows)))
    return sorted(found)


def _traits(invitations: Sequence[Invitation]) -> dict[str, list[bool]]:
    """What is known of everybody asked, whether they answer or not."""

    def is_far(i: Invitation) -> bool:
        home, usual = i.agent.home_commune, i.agent.usual_site
        return bool(home and usual and distance_km(home.lat, home.lon, usual.lat, usual.lon) > 10)

    return {
        _("Employé par une commune"): [
            bool(i.agent.organisation and i.agent.organisation.kind == "commune") for i in invitations
        ],
        _("Domicile à plus de 10 km du site d'affectation"): [is_far(i) for i in invitations],
        _("Télétravail convenu"): [bool(i.agent.telework_weekdays) for i in invitations],
    }
