"""What running a trial costs: written down, corrected, removed, each change in the log; and what that comes to. Benefits are elsewhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from bureaux_volants.booking.locks import in_transaction
from bureaux_volants.events.log import Author, record
from bureaux_volants.territory import french

from .designing import trial_for_update
from .errors import NotFound, TrialRefused
from .estimating.conclusion import plain
from .models import KeptFigure, RunningCost, Trial
from .personal import personal_in

#: EUR: more is a slip of the keyboard.
MOST_EUROS = Decimal(10_000_000)


@dataclass(frozen=True, slots=True)
class Expense:
    """One cost as people write it; `euros` with cents."""

    day: dt.date
    kind: str
    label: str
    euros: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """EUR: by kind, those without any left out, in the order of the kinds; and in all."""

    by_kind: tuple[tuple[str, Decimal], ...]
    whole: Decimal


def totals_of(costs: Iterable[tuple[str, Decimal]]) -> Totals:
    """From (kind, EUR). Pure."""
    sums = dict.fromkeys(RunningCost.Kind.values, Decimal(0))
    for kind, euros in costs:
        sums[kind] += euros
    return Totals(tuple((k, v) for k, v in sums.items() if v), sum(sums.values(), Decimal(0)))


@dataclass(frozen=True, slots=True)
class Ratio:
    """What was spent, for each of something. `euros` None where it cannot be told; `basis`: over what, or why not (French)."""

    name: str
    euros: Decimal | None
    basis: str


def ratios_of(trial: Trial) -> list[Ratio]:
    """Per stay and per participant, over the days of the last figures worked out (indicators); the costs are those of today."""
    return [
        _ratio(
            trial, _("Par venue d'un participant"), "cost_per_stay", "denominator", _("%(n)d venues de participants")
        ),
        _ratio(
            trial,
            _("Par participant venu"),
            "agents",
            "value",
            _("%(n)d participants venus au moins une fois"),
        ),
    ]


def _ratio(trial: Trial, name: str, code: str, field: str, counted: str) -> Ratio:
    every = KeptFigure.objects.filter(trial=trial, code=code, part="")
    figure = every.order_by("-last_day", "first_day", "-version").first()
    if figure is None:
        return Ratio(name, None, _("pas encore calculé : les venues sont comptées chaque nuit."))
    if figure.is_hidden:
        return Ratio(name, None, _("non montré : moins de cinq personnes sont concernées."))
    count = getattr(figure, field)
    if not count:
        return Ratio(name, None, _("personne n'est encore venu."))
    days = trial.costs.filter(day__gte=figure.first_day, day__lte=figure.last_day)
    whole = totals_of(days.values_list("kind", "euros")).whole
    basis = _("%(counted)s, et les seules dépenses datées du %(first)s au %(last)s") % {
        "counted": counted % {"n": count},
        "first": french.day(figure.first_day, year=True),
        "last": french.day(figure.last_day, year=True),
    }
    if left := totals_of(trial.costs.values_list("kind", "euros")).whole - whole:
        basis += _(" ; %(euros)s € d'autres jours, comme l'équipement d'avant l'ouverture, n'y sont pas") % {
            "euros": plain(float(left))
        }
    return Ratio(name, (whole / Decimal(str(count))).quantize(Decimal("0.01")), basis)


@in_transaction
def spend(
    territory_id: int, trial_id: int, expense: Expense, author: Author, *, now: dt.datetime | None = None
) -> RunningCost:
    """Write a cost down. Raises NotFound, TrialRefused."""
    trial = trial_for_update(territory_id, trial_id)
    _check(trial, expense, now or timezone.now())
    made = RunningCost.objects.create(trial=trial, **_own(expense))
    record(territory_id, author, "trial.spent", "trial", trial.pk, cost=made.pk, after=_said(expense))
    return made


@in_transaction
def correct(
    territory_id: int, trial_id: int, cost_id: int, expense: Expense, author: Author, *, now: dt.datetime | None = None
) -> RunningCost:
    """Correct a cost; the log keeps what it was. Raises NotFound, TrialRefused."""
    trial = trial_for_update(territory_id, trial_id)
    cost = _cost(trial, cost_id)
    _check(trial, expense, now or timezone.now())
    before = _said(_expense(cost))
    if before == _said(expense):
        return cost
    for name, value in _own(expense).items():
        setattr(cost, name, value)
    cost.save()
    record(
        territory_id,
        author,
        "trial.cost_corrected",
        "trial",
        trial.pk,
        cost=cost.pk,
        before=before,
        after=_said(expense),
    )
    return cost


@in_transaction
def remove(territory_id: int, trial_id: int, cost_id: int, author: Author) -> None:
    """Remove a cost; the log keeps what it was. Raises NotFound."""
    trial = trial_for_update(territory_id, trial_id)
    cost = _cost(trial, cost_id)
    record(territory_id, author, "trial.cost_removed", "trial", trial.pk, cost=cost.pk, before=_said(_expense(cost)))
    cost.delete()


def _cost(trial: Trial, cost_id: int) -> RunningCost:
    found = RunningCost.objects.filter(pk=cost_id, trial=trial).first()
    if found is None:
        raise NotFound("Cette dépense n'existe pas.")
    return found


def _expense(cost: RunningCost) -> Expense:
    return Expense(cost.day, cost.kind, cost.label, cost.euros)


def _own(expense: Expense) -> dict[str, object]:
    return {"day": expense.day, "kind": expense.kind, "label": expense.label.strip(), "euros": expense.euros}


def _said(expense: Expense) -> dict[str, str]:
    """As the log keeps it."""
    return {
        "day": expense.day.isoformat(),
        "kind": str(expense.kind),
        "label": expense.label.strip(),
        "euros": f"{expense.euros:.2f}",
    }


def _check(trial: Trial, expense: Expense, now: dt.datetime) -> None:
    reasons = []
    if expense.kind not in RunningCost.Kind.values:
        reasons.append("Choisissez la nature de la dépense.")
    if not expense.label.strip():
        reasons.append("Dites en quelques mots ce qui a été payé.")
    if said := personal_in(expense.label):
        reasons.append(said)
    if not expense.euros.is_finite() or not 0 < expense.euros <= MOST_EUROS:
        reasons.append("Le montant est en euros, de 0,01 à 10 000 000.")
    if expense.day > now.astimezone(trial.territory.zone).date():
        reasons.append("Une dépense se note une fois faite : ce jour est à venir.")
    if reasons:
        raise TrialRefused(*reasons)
