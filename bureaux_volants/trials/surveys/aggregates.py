"""What the lab sees of a wave: rates, a check of who does not answer, and results, all of them of five people or more."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from bureaux_volants.territory.geography import distance_km
from bureaux_volants.trials.estimating.tables import t_quantile
from bureaux_volants.trials.models import CohortMember, DiaryDay, Invitation, Response, Survey, Wave

from . import questions, scales

LEAST = 5


@dataclass(frozen=True, slots=True)
class Rate:
    """A group's answers; None where it, or what is left beside it, would be of fewer than five."""

    group: str
    asked: int | None
    answered: int | None

    @property
    def percent(self) -> int | None:
        return None if not self.asked or self.answered is None else round(100 * self.answered / self.asked)


def is_safe(asked: int, answered: int) -> bool:
    """Whether a rate may be shown: those who answered, and those who did not, are none or five at least. Pure."""
    return asked >= LEAST and all(n == 0 or n >= LEAST for n in (answered, asked - answered))


def rates(groups: Sequence[str], answered: Sequence[bool]) -> list[Rate]:
    """Rates by group. Where one group must be hidden the smallest other one goes with it, else the total would give it away. Pure."""
    asked = Counter(groups)
    said = Counter(g for g, yes in zip(groups, answered, strict=True) if yes)
    hidden = {g for g in asked if not is_safe(asked[g], said[g])}
    if len(hidden) == 1 and len(asked) > 1:
        hidden.add(min((g for g in asked if g not in hidden), key=lambda g: (asked[g], g)))
    return [Rate(g, *((None, None) if g in hidden else (asked[g], said[g]))) for g in sorted(asked)]


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
    """One question: counts by answer (None where hidden), a mean, or free texts; `n` None: fewer than five answered it."""

    text: str
    n: int | None
    rows: tuple[tuple[str, int | None], ...] = ()
    mean: Mean | None = None
    words: tuple[str, ...] = ()


def mean_of(name: str, values: Sequence[float]) -> Mean | None:
    """None under five. Pure."""
    if len(values) < LEAST:
        return None
    error = float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return Mean(name, float(np.mean(values)), t_quantile(0.975, len(values) - 1) * error, len(values))


def tally(question: questions.Question, said: Sequence[Any]) -> Tally:
    """What may be shown of the answers to one question. Pure.

    Counts of one choice that would show fewer than five are hidden, and with a single hidden one the next smallest too.
    """
    text = questions.said_in(question["text"], "fr")
    if len(said) < LEAST:
        return Tally(text, None)
    if question["type"] == "text":
        return Tally(text, len(said), words=tuple(sorted(said)))
    if question["type"] in ("scale", "number"):
        return Tally(text, len(said), mean=mean_of(text, [float(v) for v in said]))
    counts = Counter(one for v in said for one in (v if isinstance(v, list) else [v]))
    codes = [str(o["code"]) for o in question["options"]]
    hidden = {c for c in codes if 0 < counts[c] < LEAST or 0 < len(said) - counts[c] < LEAST}
    if len(hidden) == 1 and (others := [c for c in codes if c not in hidden and counts[c]]):
        hidden.add(min(others, key=lambda c: (counts[c], c)))
    labels = {str(o["code"]): questions.said_in(o["text"], "fr") for o in question["options"]}
    return Tally(text, len(said), rows=tuple((labels[c], None if c in hidden else counts[c]) for c in codes))


@dataclass(frozen=True, slots=True)
class Seen:
    """All that the lab sees of one wave. `whole` None, or without figures: too few to be shown."""

    wave: Wave
    whole: Rate
    by_arm: list[Rate]
    by_commune: list[Rate]
    differences: list[Difference]
    means: list[Mean]
    tallies: list[Tally]
    diaries: list[tuple[str, str, float]]
    is_shown: bool


def seen(wave: Wave) -> Seen:
    """Results only once the wave is over: twice a day the same table, one answer apart, would show that answer."""
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
    whole = rates([_("Ensemble")] * len(invitations), answered) or [Rate(_("Ensemble"), None, None)]
    responses = list(Response.objects.filter(wave=wave).values_list("answers", flat=True))
    diary = list(DiaryDay.objects.filter(wave=wave).values_list("pseudonym", "trips"))
    people = len({p for p, _trips in diary}) if wave.survey.kind == Survey.Kind.DIARY else len(responses)
    is_shown = people >= LEAST
    definition = wave.survey.questions
    return Seen(
        wave,
        whole[0],
        rates(arms, answered),
        rates(communes, answered),
        differences(_traits(invitations), answered),
        _means(definition, responses),
        [tally(q, [a[q["id"]] for a in responses if q["id"] in a]) for q in questions.questions_of(definition)]
        if is_shown
        else [],
        _by_mode(diary),
        is_shown,
    )


def _means(definition: questions.Definition, responses: Sequence[Mapping[str, Any]]) -> list[Mean]:
    found = []
    for code in scales.scores_of(definition):
        values = [v for a in responses if (v := scales.score(code, a)) is not None]
        if (mean := mean_of(scales.NAMES[code], values)) is not None:
            found.append(mean)
    return found


def _by_mode(rows: Sequence[tuple[str, list[dict[str, Any]]]]) -> list[tuple[str, str, float]]:
    """(mode, purpose, kilometres per filled day) where five people at least made such trips."""
    km: dict[tuple[str, str], float] = defaultdict(float)
    who: dict[tuple[str, str], set[str]] = defaultdict(set)
    for pseudonym, trips in rows:
        for trip in trips:
            km[trip["mode"], trip["purpose"]] += trip["km"]
            who[trip["mode"], trip["purpose"]].add(pseudonym)
    return [(*key, km[key] / len(rows)) for key in sorted(km) if len(who[key]) >= LEAST]


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
