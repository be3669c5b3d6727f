"""What people say of a trial beside its figures: decisions taken on the way, and the working group's own grid. Nothing is rewritten."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils import timezone

from bureaux_volants.booking.locks import in_transaction
from bureaux_volants.events.log import Author, record

from .errors import NotFound, TrialRefused
from .models import Decision, Rating, Trial
from .naming import leads_to_somebody


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a mark stands on: a page of ours (it begins with a slash) or an address."""

    label: str
    path: str

    @property
    def is_safe(self) -> bool:
        """Whether it may be a link: our own pages and the web, no other scheme."""
        return (self.path.startswith("/") and not self.path.startswith("//")) or self.path.startswith(
            ("https://", "http://")
        )


def _trial(territory_id: int, trial_id: int) -> Trial:
    found = Trial.objects.filter(pk=trial_id, territory_id=territory_id).first()
    if found is None:
        raise NotFound("Cet essai n'existe pas.")
    return found


@in_transaction
def decide(
    territory_id: int,
    trial_id: int,
    author: Author,
    *,
    day: dt.date,
    who: str,
    what: str,
    ground: str = "",
    now: dt.datetime | None = None,
) -> Decision:
    """Write a decision down. `who` is a function or a body, never a name. Raises NotFound, TrialRefused."""
    now = now or timezone.now()
    trial = _trial(territory_id, trial_id)
    reasons = leads_to_somebody(territory_id, who, what, ground)
    if not who.strip() or not what.strip():
        reasons.append("Dites qui a décidé, et quoi.")
    if day > now.astimezone(trial.territory.zone).date():
        reasons.append("Une décision se note une fois prise : ce jour est à venir.")
    if reasons:
        raise TrialRefused(*dict.fromkeys(reasons))
    decision = Decision.objects.create(
        trial=trial,
        day=day,
        who=who.strip(),
        what=what.strip(),
        ground=ground.strip(),
        by=author.agent,
        created_at=now,
    )
    record(territory_id, author, "trial.decided", "trial", trial.pk, decision=decision.pk)
    return decision


@in_transaction
def rate(
    territory_id: int,
    trial_id: int,
    author: Author,
    *,
    criterion: str,
    mark: str,
    reason: str,
    evidence: Iterable[Evidence] = (),
    now: dt.datetime | None = None,
) -> Rating:
    """Put a mark on one line of the grid; the former one stays in the history. Raises NotFound, TrialRefused."""
    trial, links = _trial(territory_id, trial_id), list(evidence)
    reasons = leads_to_somebody(territory_id, reason, *(e.label for e in links))
    if criterion not in Rating.Criterion.values or mark not in Rating.Mark.values:
        reasons.append("Choisissez un critère et une note de la grille.")
    if not reason.strip():
        reasons.append("Une note sans raison écrite ne dit rien : écrivez pourquoi.")
    if any(not e.is_safe or not e.label.strip() for e in links):
        reasons.append("Une preuve a un nom et une adresse : une page d'ici (/…) ou une adresse https.")
    if reasons:
        raise TrialRefused(*dict.fromkeys(reasons))
    rating = Rating.objects.create(
        trial=trial,
        criterion=criterion,
        mark=mark,
        reason=reason.strip(),
        evidence=[{"label": e.label.strip(), "path": e.path} for e in links],
        by=author.agent,
        at=now or timezone.now(),
    )
    record(territory_id, author, "trial.rated", "trial", trial.pk, criterion=criterion, mark=mark)
    return rating


@dataclass(frozen=True, slots=True)
class Line:
    """One criterion of one trial's grid: the last mark, None when nobody gave any, and those before it, newest first."""

    criterion: str
    label: str
    now: Rating | None
    before: Sequence[Rating]


def grid_of(ratings: Iterable[Rating]) -> list[Line]:
    """The seven lines of the grid from a trial's ratings, in the grid's order."""
    newest = sorted(ratings, key=lambda r: (r.at, r.pk), reverse=True)
    found = []
    for value, label in Rating.Criterion.choices:
        said = [r for r in newest if r.criterion == value]
        found.append(Line(value, str(label), said[0] if said else None, said[1:]))
    return found


def compared(territory_id: int) -> tuple[list[Trial], list[tuple[str, list[Rating | None]]]]:
    """The territory's trials that somebody rated, and for each criterion their last marks in that order."""
    trials = list(
        Trial.objects.filter(territory_id=territory_id, ratings__isnull=False)
        .distinct()
        .order_by("starts_on", "pk")
        .prefetch_related("ratings")
    )
    grids = [grid_of(trial.ratings.all()) for trial in trials]
    return trials, [
        (str(label), [grid[n].now for grid in grids]) for n, (_value, label) in enumerate(Rating.Criterion.choices)
    ]
