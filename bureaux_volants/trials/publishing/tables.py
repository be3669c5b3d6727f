"""What of a trial becomes a table, from arrays and plain values; counts go through the ledger. Pure.

Nothing here is a row of one person. A mean is told for five people at least who did not all give the same value: that value would be
everybody's. Where a group cannot be told its row stays, marked as hidden: who reads knows that people are missing there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bureaux_volants.trials.estimating.results import NEVER, Floats, Panel
from bureaux_volants.trials.indicators.disclosure import FEWEST_PEOPLE
from bureaux_volants.trials.indicators.figures import is_small
from bureaux_volants.trials.indicators.ledger import Key, Ledger, Revealed

from .anonymity import Anonymous, Ladder, Person, generalise
from .schema import Cell, Field, Table

WEEK = dt.timedelta(days=7)
INSEE = r"[0-9AB]{5}|[0-9]{2}[0-9AB][0-9]{2}"
#: Weeks are told by commune when so much of the people-weeks can be told so; else by step of opening; else for all together.
FINE_ENOUGH = 0.8
OPEN, CLOSED = "ouvert", "pas ouvert"
WHOLE, STEP, COMMUNE = "ensemble", "étape", "commune"
_AGENTS = ("agents",)
_COUNT = Field(
    "personnes",
    "integer",
    "Nombre de personnes",
    "Personnes mesurées dans ce groupe ; vide si le dire révélerait un groupe de moins de cinq personnes.",
    "12",
    {"minimum": FEWEST_PEOPLE},
)
_HIDDEN = Field(
    "masque",
    "boolean",
    "Groupe masqué",
    "Vrai quand le groupe existe mais n'est pas montré : il compte moins de cinq personnes, il permettrait d'en déduire un "
    "par soustraction, ou toutes y ont donné la même valeur.",
    "false",
    {"required": True},
)


@dataclass(frozen=True, slots=True)
class Place:
    """A commune of the trial. `step` None: a control. `ticket`: its number in the draw, "" where none took place; `stratum`: "" without strata."""

    code: str
    name: str
    step: int | None = None
    opens_on: dt.date | None = None
    withdrew_on: dt.date | None = None
    ticket: str = ""
    stratum: str = ""

    @property
    def step_words(self) -> str:
        return "témoin" if self.step is None else f"étape {self.step}"


@dataclass(frozen=True, slots=True)
class Measure:
    """A score of one wave of a questionnaire, as the trial's page tells it; `asked`: the people invited."""

    wave: int
    survey: str
    version: int
    moment: str
    first: dt.date
    last: dt.date
    code: str
    name: str
    asked: int
    people: int
    mean: float
    half_width: float


def _is_uniform(values: Floats) -> bool:
    return bool(len(values)) and bool(np.ptp(values) == 0)


# -- weeks -------------------------------------------------------------------------------------------------------------


def weeks(panel: Panel, first: dt.date, places: Mapping[int, Place], *, outcome: str, unit: str) -> Table:
    """Means of the outcome by week, and by commune or step where that can be told. `first`: the Monday of period 1."""
    chosen = _rows(panel, first, {})
    for level, groups in (
        (COMMUNE, {n: p.name for n, p in places.items()}),
        (STEP, {n: p.step_words for n, p in places.items()}),
    ):
        if len(set(groups.values())) < 2:
            continue
        rows = _rows(panel, first, groups, level)
        told = sum(row[4] for row in rows if row[2] == level and isinstance(row[4], int))
        if told >= FINE_ENOUGH * len(panel.unit):
            chosen = rows
            break
    codes = {p.name: p.code for p in places.values()}
    rows = [(*row, codes.get(str(row[3])) if row[2] == COMMUNE else None) for row in chosen]
    return _weeks_of(rows, outcome=outcome, unit=unit)


def weeks_as_told(told: Sequence[Mapping[str, Any]], panel: Panel, first: dt.date, *, outcome: str, unit: str) -> Table:
    """The weeks as a reading told them (analysis.py), all communes together: since then others are left uncounted, of whom there are few in a commune."""
    rows: dict[tuple[str, str], tuple[Cell, ...]] = {}
    for monday, status, *_rest in _rows(panel, first, {}):
        rows[str(monday), str(status)] = (monday, status, WHOLE, "Ensemble", None, None, True, None)
    for line in told:
        for name, status in (("open", OPEN), ("closed", CLOSED)):
            if people := line[f"{name}_agents"]:
                monday = dt.date.fromisoformat(line["monday"])
                rows[str(monday), status] = (monday, status, WHOLE, "Ensemble", people, line[name], False, None)
    return _weeks_of([rows[key] for key in sorted(rows)], outcome=outcome, unit=unit)


def _weeks_of(rows: Sequence[tuple[Cell, ...]], *, outcome: str, unit: str) -> Table:
    return Table(
        "semaines",
        "Moyennes par semaine",
        f"{outcome[:1].upper()}{outcome[1:]} ({unit}), en moyenne par personne et par semaine, selon que la commune est déjà ouverte aux bureaux volants ou non.",
        (
            Field("semaine", "date", "Semaine", "Lundi de la semaine (ISO 8601).", "2026-03-02", {"required": True}),
            Field(
                "statut",
                "string",
                "Ouvert ou non",
                "Si la commune était ouverte à ces personnes cette semaine-là, qu'elles soient venues ou non.",
                OPEN,
                {"required": True, "enum": [OPEN, CLOSED]},
            ),
            Field(
                "niveau",
                "string",
                "Niveau",
                "Ensemble des communes, étape d'ouverture, ou commune : le plus fin qui ne révèle personne.",
                WHOLE,
                {"required": True, "enum": [WHOLE, STEP, COMMUNE]},
            ),
            Field("groupe", "string", "Groupe", "Nom de la commune ou de l'étape.", "Metz", {"required": True}),
            _COUNT,
            Field("moyenne", "number", "Moyenne", f"{outcome} ({unit}).", "84.2"),
            _HIDDEN,
            Field("code_insee", "string", "Code INSEE", "De la commune, si le groupe en est une.", "57463", _INSEE),
        ),
        ("semaine", "statut", "groupe"),
        list(rows),
    )


_INSEE = {"pattern": INSEE}


def _rows(panel: Panel, first: dt.date, groups: Mapping[int, str], level: str = WHOLE) -> list[tuple[Cell, ...]]:
    found: list[tuple[Cell, ...]] = []
    names = np.array([groups.get(int(c), "") for c in panel.cluster], dtype=object)
    for period in np.unique(panel.period):
        monday = first + WEEK * (int(period) - 1)
        for status, is_open in ((OPEN, True), (CLOSED, False)):
            here = (panel.period == period) & (panel.is_open == is_open)
            if here.any():
                lines = _week(panel.outcome[here], names[here], sorted(set(groups.values())), level)
                found += [(monday, status, *line) for line in lines]
    return found


def _is_of_few(values: Floats) -> bool:
    """Whether the sum is that of fewer than five people, the others having nil: told with their number, it would be theirs."""
    return is_small(int(np.count_nonzero(values)))


def _week(values: Floats, names: np.ndarray, groups: Sequence[str], level: str) -> list[tuple[Cell, ...]]:
    """One week and status: all together, then each group where the split can be told."""
    whole, count = (WHOLE, "Ensemble"), len(values)
    if count < FEWEST_PEOPLE or _is_uniform(values) or _is_of_few(values):
        return [(*whole, None, None, True)]
    lines: list[tuple[Cell, ...]] = [(*whole, count, float(values.mean()), False)]
    parts = {group: values[names == group] for group in groups}
    if not parts or any(
        _is_of_few(part) or (_is_uniform(part) and len(part) >= FEWEST_PEOPLE) for part in parts.values()
    ):
        return lines
    ledger = Ledger()
    # The trial's own page tells it.
    ledger.count(WHOLE, count, told=True)
    for group, part in parts.items():
        ledger.count((group,), len(part))
    ledger.sum(WHOLE, [(group,) for group in parts])
    try:
        shown = ledger.shown()
    except Revealed:
        return lines
    for group, part in parts.items():
        told = shown[(group,)]
        if told is None:
            lines.append((level, group, None, None, True))
        elif told:
            lines.append((level, group, told, float(part.mean()), False))
    return lines


# -- groups of people --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """What was measured of one person before and after the opening, and the ladders of what is known of them."""

    unit: int
    before: float
    after: float
    ladders: tuple[Ladder, ...]


def changes(panel: Panel, ladders: Mapping[int, tuple[Ladder, ...]]) -> list[Change]:
    """Of everybody who was measured both before and after their commune opened to them, by their number."""
    found = []
    opened = panel.opened != NEVER
    for unit in sorted(ladders):
        mine = (panel.unit == unit) & opened
        before, after = panel.outcome[mine & ~panel.is_open], panel.outcome[mine & panel.is_open]
        if len(before) and len(after):
            found.append(Change(unit, float(before.mean()), float(after.mean()), ladders[unit]))
    return found


def irregular(panel: Panel, told: Collection[int]) -> tuple[int, int]:
    """People measured before, and since, their opening whom the weekly means count otherwise than the profiles do.

    That is whoever is in no profile that is told, or missed a week of that side. The weekly means, added up, less the profiles, are
    about them alone: they must be nobody, or five at least.
    """
    opened = panel.opened != NEVER
    found = []
    for is_after in (False, True):
        side = opened & (panel.is_open == is_after)
        weeks = np.unique(panel.period[opened])
        count = 0
        for unit in np.unique(panel.unit[side]):
            mine = side & (panel.unit == unit)
            opening = panel.opened[mine][0]
            possible = int(((weeks >= opening) == is_after).sum())
            count += int(unit) not in told or int(mine.sum()) < possible
        found.append(count)
    return found[0], found[1]


def direction(change: Change, threshold: float) -> str:
    """Which of three ways somebody went, by the change that the protocol calls one that matters."""
    moved = change.after - change.before
    return "baisse" if moved <= -threshold else "hausse" if moved >= threshold else "stable"


def profiles(
    panel: Panel, people: Sequence[Change], traits: Sequence[Field], threshold: float, *, outcome: str, unit: str
) -> tuple[Table, Anonymous]:
    """Means before and after by group of people who are alike (anonymity.py), of the `people` of a panel (`changes`).

    Judged together with the number of people measured, which the trial's page tells, and with the weekly means of the same panel.

    Raises CannotAnonymise, Revealed.
    """
    found = generalise([Person(p.ladders, direction(p, threshold)) for p in people])
    agents = len(np.unique(panel.unit))
    ledger = Ledger()
    ledger.count(_AGENTS, agents, told=agents >= FEWEST_PEOPLE)
    ledger.count(("left out",), len(found.left_out))
    ledger.count(("one side",), agents - len(people))
    for one in found.classes:
        ledger.count(one.words, len(one.members))
    ledger.sum(_AGENTS, [("left out",), ("one side",), *(one.words for one in found.classes)])
    shown = ledger.shown()
    told_of = {people[n].unit for one in found.classes if shown[one.words] for n in one.members}
    if any(is_small(count) for count in irregular(panel, told_of)):
        raise Revealed([_AGENTS])
    rows: list[tuple[Cell, ...]] = []
    for one in found.classes:
        count = shown[one.words]
        mine = [people[n] for n in one.members]
        before, after = (float(np.mean([getattr(p, name) for p in mine])) for name in ("before", "after"))
        told = (None, None, None, None) if count is None else (count, before, after, after - before)
        rows.append((*one.words, *told, count is None))
    table = Table(
        "profils",
        "Avant et après l'ouverture, par profil",
        f"{outcome} ({unit}) avant et après l'ouverture, en moyenne par groupe de personnes semblables. Aucune ligne n'est celle "
        "d'une personne ; chaque groupe a cinq personnes au moins, qui n'ont pas toutes évolué de la même façon. Une différence "
        "avant-après n'est pas un effet : voir le rapport.",
        (
            *traits,
            _COUNT,
            Field("avant", "number", "Avant", f"Moyenne des semaines d'avant l'ouverture ({unit}).", "92.4"),
            Field("apres", "number", "Après", f"Moyenne des semaines depuis l'ouverture ({unit}).", "75.1"),
            Field("variation", "number", "Variation", "Après moins avant.", "-17.3"),
            _HIDDEN,
        ),
        tuple(one.name for one in traits),
        rows,
    )
    return table, found


# -- questionnaires ----------------------------------------------------------------------------------------------------


def waves(measures: Sequence[Measure]) -> Table:
    """Mean scores by wave. A count whose telling would give a few silent people away is left empty; the mean stays."""
    ledger = Ledger()
    for m in measures:
        # Two waves that asked as many people asked the same ones, as far as a reader can tell.
        asked, said, silent = _wave_keys(m)
        ledger.count(asked, m.asked)
        ledger.count(said, m.people)
        ledger.count(silent, m.asked - m.people)
        ledger.sum(asked, (said, silent))
    shown = ledger.shown()
    rows: list[tuple[Cell, ...]] = []
    for m in measures:
        asked, said, _silent = _wave_keys(m)
        rows.append(
            (
                *(m.survey, m.version, m.wave, m.moment, m.first, m.last, m.code, m.name),
                *(shown[asked], shown[said], m.mean, m.mean - m.half_width, m.mean + m.half_width),
            )
        )
    return Table(
        "questionnaires",
        "Scores des questionnaires, par vague",
        "Moyenne de chaque score, vague par vague, avec son intervalle de confiance à 95 % (loi de Student). Les réponses sont "
        "pseudonymes ; seuls des scores de cinq réponses au moins sont publiés.",
        (
            Field("questionnaire", "string", "Questionnaire", "Identifiant.", "who5", {"required": True}),
            Field("version", "integer", "Version", "Version du questionnaire.", "1", {"required": True}),
            Field("vague", "integer", "Vague", "Numéro de la vague.", "1", {"required": True}),
            Field("moment", "string", "Moment", "Avant, pendant ou après l'essai.", "avant", {"required": True}),
            Field("debut", "date", "Début", "Premier jour de la vague.", "2026-01-05", {"required": True}),
            Field("fin", "date", "Fin", "Dernier jour de la vague, compris.", "2026-01-18", {"required": True}),
            Field("mesure", "string", "Mesure", "Identifiant du score.", "who5", {"required": True}),
            Field("libelle", "string", "Libellé", "Nom du score.", "Bien-être (OMS-5)", {"required": True}),
            Field("sollicites", "integer", "Personnes invitées", "Vide si le dire révélerait un petit groupe.", "40"),
            _COUNT,
            Field("moyenne", "number", "Moyenne", "Moyenne du score.", "61.2", {"required": True}),
            Field("bas", "number", "Borne basse", "Intervalle à 95 %.", "55.0", {"required": True}),
            Field("haut", "number", "Borne haute", "Intervalle à 95 %.", "67.4", {"required": True}),
        ),
        ("questionnaire", "version", "vague", "mesure"),
        rows,
    )


def _wave_keys(m: Measure) -> tuple[Key, Key, Key]:
    this = (m.survey, m.version, m.wave, m.code)
    return ("asked", m.asked), ("said", *this), ("silent", *this)


# -- indicators --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """A kept figure with the words of its definition; `family`: what it is broken down by, `part`: the group; "" for the whole."""

    code: str
    version: int
    name: str
    family: str
    part: str
    unit: str
    first: dt.date
    last: dt.date
    value: float | None
    low: float | None
    high: float | None
    people: int | None
    definition: str
    denominator: str


def indicators(figures: Sequence[Told]) -> Table:
    """The indicators that may be told (indicators/disclosure.py has hidden the others)."""
    rows: list[tuple[Cell, ...]] = []
    for f in figures:
        people = f.people if f.people is not None and f.people >= FEWEST_PEOPLE else None
        rows.append(
            (
                *(f.code, f.version, f.name, f.family or WHOLE, f.part or WHOLE, f.unit, f.first, f.last),
                *(f.value, f.low, f.high, people, f.definition, f.denominator),
            )
        )
    return Table(
        "indicateurs",
        "Indicateurs",
        "Chaque indicateur avec sa définition, son dénominateur, sa version et, quand il y en a un, son intervalle de confiance à 95 %. "
        "Ce qui concerne moins de cinq personnes, ou permettrait de le déduire, n'y est pas.",
        (
            Field(
                "indicateur", "string", "Indicateur", "Identifiant, qui ne change pas.", "no_show", {"required": True}
            ),
            Field("version", "integer", "Version", "Version de la définition.", "1", {"required": True, "minimum": 1}),
            Field("libelle", "string", "Libellé", "Nom de l'indicateur.", "", {"required": True}),
            Field(
                "ventilation",
                "string",
                "Ventilation",
                "Ce selon quoi l'indicateur est ventilé ; « ensemble » s'il ne l'est pas.",
                "commune",
                {"required": True},
            ),
            Field(
                "groupe", "string", "Groupe", "« ensemble », ou une part : commune, mode…", WHOLE, {"required": True}
            ),
            Field("unite", "string", "Unité", "Unité de la valeur.", "%", {"required": True}),
            Field("debut", "date", "Début", "Premier jour compté.", "2026-01-05", {"required": True}),
            Field("fin", "date", "Fin", "Dernier jour compté, compris.", "2026-06-28", {"required": True}),
            Field("valeur", "number", "Valeur", "Vide s'il n'y a rien à mesurer.", "12.5"),
            Field("bas", "number", "Borne basse", "Intervalle à 95 %, quand il y en a un.", "9.1"),
            Field("haut", "number", "Borne haute", "Intervalle à 95 %, quand il y en a un.", "16.9"),
            _COUNT,
            Field("definition", "string", "Définition", "Ce qui est compté.", "", {"required": True}),
            Field("denominateur", "string", "Dénominateur", "À quoi c'est rapporté.", "", {"required": True}),
        ),
        ("indicateur", "version", "ventilation", "groupe", "debut"),
        rows,
    )


# -- openings ----------------------------------------------------------------------------------------------------------


def openings(places: Sequence[Place]) -> Table:
    """The order in which the communes opened, with the ticket of the draw, so that anybody can make it again."""
    ordered = sorted(places, key=lambda p: (p.step is None, p.step or 0, p.ticket, p.code))
    return Table(
        "ouvertures",
        "Ordre d'ouverture des communes",
        "L'ordre dans lequel les communes ont ouvert. Quand il a été tiré au sort, le ticket de chaque commune est le SHA-256 de "
        "« graine:commune:code INSEE » : du plus petit au plus grand, les tickets donnent l'ordre, au sein de chaque strate quand il "
        "y en a ; les communes sont alors distribuées une à une, strate après strate par ordre alphabétique, aux étapes "
        "dans l'ordre de leurs propres tickets (« graine:step:numéro »).",
        (
            Field("rang", "integer", "Rang", "Rang d'ouverture.", "1", {"required": True, "minimum": 1}),
            Field("code_insee", "string", "Code INSEE", "De la commune.", "57463", {"required": True, **_INSEE}),
            Field("commune", "string", "Commune", "Nom de la commune.", "Metz", {"required": True}),
            Field(
                "etape", "integer", "Étape", "Étape d'ouverture ; vide pour une commune témoin.", "1", {"minimum": 1}
            ),
            Field("ouvre_le", "date", "Ouvre le", "Jour d'ouverture ; vide pour une commune témoin.", "2026-03-02"),
            Field(
                "retiree_le", "date", "Retirée le", "Jour du retrait de la commune, s'il y en a eu un.", "2026-05-04"
            ),
            Field(
                "strate",
                "string",
                "Strate",
                "Strate de l'ordre, au sein de laquelle il a été tiré ; vide sans strates.",
            ),
            Field("ticket", "string", "Ticket du tirage", "Vide sans tirage.", "", {"pattern": "[0-9a-f]{64}"}),
        ),
        ("code_insee",),
        [
            (rank, p.code, p.name, p.step, p.opens_on, p.withdrew_on, p.stratum or None, p.ticket or None)
            for rank, p in enumerate(ordered, 1)
        ],
    )


def amendments(rows: Sequence[tuple[int, dt.date, str, str, str, str]]) -> Table:
    """Number, day, what changed, before, after, why."""
    return Table(
        "amendements",
        "Amendements au protocole",
        "Ce qui a changé après que le protocole a été figé, et pourquoi. Le protocole figé est dans protocole.json.",
        (
            Field("numero", "integer", "Numéro", "Numéro de l'amendement.", "1", {"required": True, "unique": True}),
            Field("jour", "date", "Jour", "Jour de l'amendement.", "2026-04-01", {"required": True}),
            Field("champ", "string", "Ce qui change", "Le champ du protocole.", "seuil", {"required": True}),
            Field("avant", "string", "Avant", "Valeur d'avant."),
            Field("apres", "string", "Après", "Nouvelle valeur."),
            Field("raison", "string", "Pourquoi", "La raison donnée.", "", {"required": True}),
        ),
        ("numero",),
        rows,
    )
