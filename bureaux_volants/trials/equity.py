"""Who uses what a trial opens, and who does not: the kept figures by group, what people say of themselves, and who is counted nowhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureaux_volants.territory.models import Agent

from .indicators.disclosure import FEWEST_PEOPLE
from .indicators.measures import OTHER
from .indicators.parts import words_of
from .indicators.reading import commune_names
from .indicators.registry import Words
from .models import KeptFigure, Trial, Wave
from .surveys import profile
from .surveys.questions import questions_of, said_in
from .surveys.releases import released


@dataclass(frozen=True, slots=True)
class Line:
    """One group: how many came at least once, of how many, in %, with its 95 % interval; all None where it cannot be told.

    `is_compared`: a group that could come and has a name of its own, not several put together nor a commune that has not opened.
    """

    label: str
    came: int | None = None
    people: int | None = None
    percent: float | None = None
    low: float | None = None
    high: float | None = None
    is_compared: bool = True

    @property
    def is_told(self) -> bool:
        return self.percent is not None


@dataclass(frozen=True, slots=True)
class Family:
    """One way to tell people apart, and one sentence on what can be read in it."""

    title: str
    lines: tuple[Line, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class Equity:
    """`first`, `last`: the days counted, None while nothing is. `whole` None: nothing can be told at all."""

    first: dt.date | None
    last: dt.date | None
    whole: Line | None
    families: tuple[Family, ...]


#: Breakdowns in the order in which they are told: code of the indicator and name of its parts, title.
_FAMILIES = (
    ("participation", "commune", gettext_lazy("Par commune")),
    ("equity", "telework", gettext_lazy("Selon que le poste se télétravaille")),
    ("equity", "distance", gettext_lazy("Selon la distance du domicile au site d'affectation")),
    ("equity", "employer", gettext_lazy("Selon l'employeur")),
)


def reading(lines: Sequence[Line]) -> str:
    """What can be read in a family of groups, in one sentence. Pure."""
    told = [line for line in lines if line.is_told]
    if not told:
        return _("On ne peut rien en dire : ces groupes sont trop petits pour être montrés.")
    told = [line for line in told if line.is_compared]
    if len(told) < 2:
        return _("Trop peu de personnes pour montrer deux groupes séparément : rien ne se compare.")
    # Of all pairs the furthest apart: the highest and the lowest shares may be those of the smallest groups, whose intervals are wide.
    gap, most, least = max(
        ((a.low - b.high, a, b) for a in told for b in told if a.low is not None and b.high is not None),
        key=lambda pair: pair[0],
        default=(0.0, told[0], told[0]),
    )
    if gap <= 0:
        if any(line.is_told and not line.is_compared for line in lines):
            return _(
                "Entre les groupes qui se comparent (ouverts, et montrés séparément), les intervalles se recouvrent : ces écarts peuvent tenir au hasard."
            )
        return _("Les intervalles se recouvrent : ces écarts peuvent tenir au hasard.")
    return _("On vient plus souvent dans le groupe « %(most)s » que dans le groupe « %(least)s ».") % {
        "most": most.label,
        "least": least.label,
    }


def equity_of(trial: Trial) -> Equity:
    """From the last figures kept since the first opening (indicators/keeping.py)."""
    figures = KeptFigure.objects.filter(trial=trial, code__in=("participation", "equity"), first_day=trial.starts_on)
    last = figures.order_by("-last_day").values_list("last_day", flat=True).first()
    if last is None:
        return Equity(None, None, None, ())
    kept = list(figures.filter(last_day=last).order_by("part"))
    communes = commune_names(trial.territory_id)
    closed = {str(c.commune_id) for c in trial.clusters.all() if c.opens_on is None or c.opens_on > last}
    whole = next((f for f in kept if f.code == "equity" and not f.part), None)
    families = []
    for code, name, title in _FAMILIES:
        lines = []
        for f in kept:
            family, _colon, key = f.part.partition(":")
            if f.code != code or family != name:
                continue
            is_closed = family == "commune" and key in closed
            label = words_of(f.part, communes)
            label = _("%(name)s (pas ouverte)") % {"name": label} if is_closed else label
            lines.append(_line(f, label, is_compared=key != OTHER and not is_closed))
        if lines:
            lines.sort(key=lambda line: (not line.is_told, not line.is_compared, line.label))
            families.append(Family(str(title), tuple(lines), reading(lines)))
    return Equity(trial.starts_on, last, _line(whole, _("Ensemble")) if whole else None, tuple(families))


def _line(figure: KeptFigure, label: str, *, is_compared: bool = True) -> Line:
    if figure.is_hidden or figure.value is None or figure.denominator is None:
        return Line(label, is_compared=is_compared)
    return Line(
        label,
        round(figure.numerator),
        round(figure.denominator),
        figure.value,
        figure.low,
        figure.high,
        is_compared,
    )


# -- what people say of themselves -------------------------------------------------------------------------------------


def said_of_themselves(trial: Trial, today: dt.date) -> tuple[Wave | None, tuple[Family, ...]]:
    """Who came by category, sex and kind of job, as answered in the last closed wave that asks it (surveys/profile.py)."""
    wave = _last_asked(trial, today)
    if wave is None:
        return None, ()
    release = released(wave, today)
    # Of the release, not of what is there now: of two looks, the difference would be whoever withdrew in between.
    groups = [profile.Group(**group) for group in release.figures.get("came", [])] if release else []
    titles: dict[str, str] = {}
    labels: dict[tuple[str, str], Words] = {}
    for question in questions_of(profile.profile()):
        titles[question["id"]] = said_in(question["text"], "fr")
        for option in question.get("options", ()):
            labels[question["id"], option["code"]] = said_in(option["text"], "fr")
    families = []
    for code in profile.GROUPS:
        lines = [_said(g, labels.get((code, g.answer)) or _OTHERS[g.answer]) for g in groups if g.question == code]
        if lines:
            families.append(Family(titles[code], tuple(lines), reading(lines)))
    return wave, tuple(families)


_OTHERS: Mapping[str, Words] = {
    profile.NO_ANSWER: gettext_lazy("sans réponse"),
    OTHER: gettext_lazy("autres réponses et sans réponse, réunies"),
}


def _last_asked(trial: Trial, today: dt.date) -> Wave | None:
    over = trial.waves.filter(last_day__lt=today).select_related("survey").order_by("-last_day", "-pk")
    return next((w for w in over if profile.is_asked(w.survey.questions)), None)


def _said(group: profile.Group, label: Words) -> Line:
    label = str(label)
    share, interval = group.share, group.interval
    is_compared = group.answer not in _OTHERS
    if share is None or interval is None:
        return Line(label, is_compared=is_compared)
    return Line(label, group.came, group.people, 100 * share, 100 * interval[0], 100 * interval[1], is_compared)


# -- who is counted nowhere --------------------------------------------------------------------------------------------


def counted_nowhere(trial: Trial, families: Iterable[Family]) -> list[str]:
    """Who is in no denominator above, one French sentence each."""
    accounts = Agent.objects.filter(territory_id=trial.territory_id, is_active=True).count()
    known = (
        _("L'application connaît %(n)d comptes actifs sur le territoire.") % {"n": accounts}
        if accounts >= FEWEST_PEOPLE
        else ""
    )
    found = [
        (
            _(
                "Les agents sans compte n'apparaissent nulle part : agents de terrain sans adresse électronique, vacataires, agents de communes qui n'utilisent pas l'application. Combien ils sont, seules les directions des ressources humaines le savent."
            )
            + (f" {known}" if known else "")
        ),
        _(
            "Les agents dont le poste ne se télétravaille pas sont comptés dès qu'ils ont un compte, mais l'application ne connaît que les jours de télétravail convenus : un poste qui pourrait se télétravailler sans accord est compté avec ceux qui ne le peuvent pas."
        ),
        _("Les visiteurs sans compte, même venus souvent, ne sont comptés dans aucun groupe."),
    ]
    if trial.cohorts.filter(made_at__isnull=False).exists():
        found.append(
            _(
                "Seules les personnes de la cohorte sont au dénominateur : qui n'a pas été choisi ou ne s'est pas porté volontaire n'y est pas. Des volontaires ne ressemblent pas à tout le monde."
            )
        )
    if trial.clusters.filter(withdrew_on__isnull=False).exists():
        found.append(_("Les agents d'une commune qui s'est retirée restent comptés, comme ils ont été tirés."))
    if not any(line.label == _("distance inconnue") for f in families for line in f.lines):
        return found
    return [
        *found,
        _("Qui n'a pas donné sa commune n'a pas de distance : le groupe « distance inconnue » n'est pas un hasard."),
    ]
