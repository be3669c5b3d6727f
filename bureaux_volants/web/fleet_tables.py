"""The usage of a pool as tables: what each indicator means, its figures, its chart. The page and the files tell the same."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bureaux_volants.booking.models import Kind
from bureaux_volants.fleet import usage
from bureaux_volants.fleet.models import Vehicle
from bureaux_volants.fleet.using import SERVICE_FROM, SERVICE_UNTIL, Usage
from bureaux_volants.territory import french

from .charts import Bar, bars, columns

#: What a cell holds; numbers stay numbers, for the files.
Value = str | int | float | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table. `is_share`: its numbers are between 0 and 1, shown as percentages."""

    label: str
    is_share: bool = False
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One line: its values in the order of the columns, numbers as numbers."""

    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One indicator. `headline` is its one figure in words; `sample` what it rests on; `hidden` why nothing is told."""

    slug: str
    title: str
    definition: str
    headline: str
    sample: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    chart: SafeString
    hidden: str = ""


def percent(share: float | None) -> str:
    """`12 %`, one decimal below ten."""
    if share is None:
        return "–"
    value = 100 * share
    text = f"{value:.1f}".replace(".", ",") if 0 < value < 10 else f"{value:.0f}"
    return f"{text}\u00a0%"


def number(value: float) -> str:
    """`12 345`, or `12,5`."""
    if value == int(value):
        return f"{int(value):,}".replace(",", "\u202f")
    return f"{value:,.1f}".replace(",", "\u202f").replace(".", ",")


def _kind(key: Hashable) -> str:
    return str(Kind(str(key)).label).capitalize()


def _energy(key: Hashable) -> str:
    return str(Vehicle.Energy(str(key)).label).capitalize()


def _as_it_is(key: Hashable) -> str:
    return str(key)


def _names(keys: Sequence[Hashable], word: Callable[[Hashable], str]) -> str:
    """A group's name; of groups put together, the first two and how many more."""
    said = [word(key) for key in keys]
    if len(said) <= 3:
        return french.listing(said)
    return _("%(some)s et %(n)d autres") % {"some": ", ".join(said[:2]), "n": len(said) - 2}


def _between(share: usage.Share) -> str:
    if share.low is None or share.high is None:
        return ""
    return _("entre %(low)s et %(high)s") % {"low": percent(share.low), "high": percent(share.high)}


def _too_few() -> str:
    return _("Moins de %(n)d personnes sont concernées : rien n'est publié, pour que personne ne soit reconnu.") % {
        "n": usage.FEWEST_PEOPLE
    }


def _put_together(lines: Sequence[usage.Line]) -> str:
    if not any(len(line.keys) > 1 for line in lines):
        return ""
    return _(" Les groupes de moins de %(n)d personnes sont réunis.") % {"n": usage.FEWEST_PEOPLE}


def _outings(n: int) -> str:
    return ngettext("%(n)s sortie", "%(n)s sorties", n) % {"n": number(n)}


# -- occupation -------------------------------------------------------------------------------------------------------


def _occupation(
    found: Usage, slug: str, title: str, breakdown: usage.Breakdown, first: str, word: Callable[[Hashable], str]
) -> Table:
    whole = breakdown.whole
    assert whole is not None  # occupation is of things: nothing is hidden
    top = max((line.share.high or line.share.value or 0.0 for line in breakdown.lines), default=0.0) or 1.0
    rows = [
        Bar(_names(line.keys, word), (line.share.value or 0) / top, percent(line.share.value),
            *((line.share.low / top, (line.share.high or 0) / top) if line.share.low is not None else ()))
        for line in breakdown.lines
    ]  # fmt: skip
    many = len(rows) > 25
    return Table(
        slug,
        title,
        _(
            "Heures pendant lesquelles les unités sont vraiment sorties (de la prise au retour), divisées par les heures où elles "
            "pouvaient l'être : de %(start)d h à %(end)d h, les jours ouvrés. Les unités comptées sont celles d'aujourd'hui, pour toute la période. L'intervalle est celui de la "
            "moyenne des jours, à 95 %%."
        )
        % {"start": SERVICE_FROM, "end": SERVICE_UNTIL},
        percent(whole.value) + (f", {_between(whole)}" if _between(whole) else ""),
        _("%(outings)s, %(units)d unités, %(days)d jours ouvrés")
        % {"outings": _outings(whole.size), "units": len(found.units), "days": found.working_days},
        (
            Column(first),
            Column(_("Occupation"), is_share=True),
            Column(_("Au moins"), is_share=True),
            Column(_("Au plus"), is_share=True),
            Column(_("Heures sorties"), is_number=True),
            Column(_("Heures possibles"), is_number=True),
            Column(_("Sorties"), is_number=True),
        ),
        tuple(
            Row(
                (
                    _names(line.keys, word), line.share.value, line.share.low, line.share.high,
                    round(line.share.part, 1), round(line.share.whole, 1), line.share.size,
                )
            )
            for line in breakdown.lines
        ),
        columns(slug, title, rows, labelled=False) if many else bars(slug, title, rows),
    )  # fmt: skip


def _by_hour(found: Usage) -> Table:
    top = max((line.share.value or 0.0 for line in found.by_hour), default=0.0) or 1.0

    def hour(line: usage.Line) -> str:
        return f"{line.keys[0]}\u00a0h"

    drawn = [Bar(hour(line), (line.share.value or 0) / top, percent(line.share.value)) for line in found.by_hour]
    busiest = max(found.by_hour, key=lambda line: line.share.value or 0.0)
    title = _("Occupation selon l'heure")
    return Table(
        "heure",
        title,
        _("La même part, pour chaque heure des jours ouvrés : quand les unités sont-elles dehors ?"),
        _("au plus %(share)s, à %(hour)s") % {"share": percent(busiest.share.value), "hour": hour(busiest)},
        _("%(units)d unités, %(days)d jours ouvrés") % {"units": len(found.units), "days": found.working_days},
        (
            Column(_("Heure")),
            Column(_("Occupation"), is_share=True),
            Column(_("Au moins"), is_share=True),
            Column(_("Au plus"), is_share=True),
            Column(_("Sorties"), is_number=True),
        ),
        tuple(
            Row((hour(line), line.share.value, line.share.low, line.share.high, line.share.size))
            for line in found.by_hour
        ),
        columns("heure", title, drawn),
    )


# -- what people do ---------------------------------------------------------------------------------------------------


def _conduct(
    slug: str,
    title: str,
    definition: str,
    breakdown: usage.Breakdown,
    heads: tuple[str, str, str],
    word: Callable[[Hashable], str],
    more: str = "",
) -> Table:
    first, part, whole_head = heads
    told = (
        Column(first),
        Column(_("Part"), is_share=True),
        Column(_("Au moins"), is_share=True),
        Column(_("Au plus"), is_share=True),
        Column(part, is_number=True),
        Column(whole_head, is_number=True),
    )
    definition += _(" L'intervalle est celui de Wilson, à 95 %.")
    whole = breakdown.whole
    if whole is None:
        return Table(slug, title, definition, "–", "", told, (), SafeString(""), _too_few())
    lines = [
        Bar(
            _names(line.keys, word), line.share.value or 0.0,
            f"{percent(line.share.value)} ({number(line.share.part)}/{number(line.share.whole)})",
            line.share.low, line.share.high,
        )
        for line in breakdown.lines
    ]  # fmt: skip
    return Table(
        slug,
        title,
        definition + _put_together(breakdown.lines),
        f"{percent(whole.value)}, {_between(whole)}{more}",
        _("%(part)s sur %(whole)s, %(people)s personnes différentes")
        % {"part": number(whole.part), "whole": number(whole.whole), "people": number(whole.people)},
        told,
        tuple(
            Row(
                (
                    _names(line.keys, word), line.share.value, line.share.low, line.share.high,
                    int(line.share.part), int(line.share.whole),
                )
            )
            for line in breakdown.lines
        ),
        bars(slug, title, lines),
    )  # fmt: skip


# -- what stands still, how far things go -----------------------------------------------------------------------------


def _idle(found: Usage) -> Table:
    title = _("Immobiles depuis 30 jours")
    per_kind = {kind: sum(1 for u in found.units if u.kind == kind) for kind in Kind.values}
    still = {kind: sum(1 for s in found.idle if s.unit.kind == kind) for kind in Kind.values}
    drawn = [
        Bar(_kind(kind), still[kind] / per_kind[kind], f"{still[kind]}/{per_kind[kind]}")
        for kind in Kind.values
        if per_kind[kind]
    ]

    def since(one: usage.Still) -> str:
        return french.day(one.since.date()) if one.since is not None else _("plus de deux mois")

    return Table(
        "immobiles",
        title,
        _(
            "Unités que personne n'a prises depuis 30 jours, aujourd'hui compris ; une unité hors service en fait partie."
        ),
        ngettext("%(n)d unité sur %(all)d", "%(n)d unités sur %(all)d", len(found.idle))
        % {"n": len(found.idle), "all": len(found.units)},
        _("toutes les unités, sans tirage"),
        (Column(_("Unité")), Column(_("Nature")), Column(_("Site")), Column(_("Dernière sortie"))),
        tuple(Row((s.unit.name, _kind(s.unit.kind), s.unit.site, since(s))) for s in found.idle),
        bars("immobiles", title, drawn),
    )


def _distances(found: Usage) -> Table:
    title = _("Kilomètres par énergie")
    heads = (
        Column(_("Énergie")),
        Column(_("Kilomètres"), is_number=True),
        Column(_("dont lus au compteur"), is_number=True),
        Column(_("Trajets"), is_number=True),
    )
    definition = _(
        "Kilomètres des trajets qui ont eu lieu : différence des compteurs lus à la prise et au retour, sinon deux fois le "
        "trajet annoncé (à vol d'oiseau, détours compris). Les cartes de transport n'en disent rien."
    )
    if not found.distances:
        return Table("kilometres", title, definition, "–", "", heads, (), SafeString(""), _too_few())
    km = sum(d.km for d in found.distances)
    top = max(d.km for d in found.distances) or 1.0
    return Table(
        "kilometres",
        title,
        definition,
        _("%(km)s km") % {"km": number(round(km))},
        _("%(trips)s trajets, dont %(read)s des kilomètres lus au compteur")
        % {
            "trips": number(sum(d.trips for d in found.distances)),
            "read": percent(sum(d.read for d in found.distances) / km if km else 0.0),
        },
        heads,
        tuple(Row((_names(d.keys, _energy), round(d.km), round(d.read), d.trips)) for d in found.distances),
        bars(
            "kilometres",
            title,
            [Bar(_names(d.keys, _energy), d.km / top, f"{number(round(d.km))}\u00a0km") for d in found.distances],
        ),
    )


def tables(found: Usage) -> list[Table]:
    """Every indicator, in the order of the page."""
    units = {u.id: u for u in found.units}
    delay = found.median_late
    said = ""
    if delay is not None:
        said = _(" ; la moitié des retards dépasse %(delay)s") % {
            "delay": french.duration(int(delay.total_seconds() // 60))
        }
    return [
        _occupation(found, "nature", _("Occupation par nature"), found.by_kind, _("Nature"), _kind),
        _occupation(found, "site", _("Occupation par site"), found.by_site, _("Site"), _as_it_is),
        _by_hour(found),
        _occupation(
            found, "unite", _("Occupation par unité"), found.by_unit, _("Unité"),
            lambda key: f"{units[int(str(key))].name} ({units[int(str(key))].site})",
        ),
        _conduct(
            "courts", _("Trajets de moins de 3 km en voiture"),
            _("Part des trajets en voiture qui ont eu lieu et dont la destination est connue, qui font moins de 3 km à l'aller : "
              "une dizaine de minutes à vélo."),
            found.short, (_("Site de départ"), _("Trajets courts"), _("Trajets en voiture")), _as_it_is,
        ),
        _conduct(
            "non-utilises", _("Réservés et non utilisés"),
            _("Part des réservations arrivées à leur heure, sans avoir été annulées, que personne n'est venu prendre."),
            found.not_used, (_("Nature"), _("Non utilisées"), _("Réservations")), _kind,
        ),
        _conduct(
            "retards", _("Retours en retard"),
            _("Part des sorties finies, ou qui devraient l'être, rendues plus de 10 minutes après l'heure dite."),
            found.late, (_("Nature"), _("En retard"), _("Sorties")), _kind, said,
        ),
        _idle(found),
        _distances(found),
    ]  # fmt: skip
