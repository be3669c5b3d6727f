"""Amendments: what changes after the freeze, in the open; and what a reader must know of a trial that was amended.

A change of what decides (outcome, direction, threshold, last day) once something had opened may have been made in sight of the
figures. It is not forbidden, for a measure may prove impossible; it is said wherever the result is (SPIRIT 2013, item 25; CONSORT 2010,
items 3b and 6b: the result then explores, it confirms nothing).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import F, Max
from django.utils import timezone

from bureaux_volants.booking.locks import in_transaction
from bureaux_volants.events.log import Author, record
from bureaux_volants.territory import french

from .designing import (
    MOST_PEOPLE,
    MOST_THRESHOLD,
    NO_THRESHOLD,
    NO_YEAR,
    YEARS,
    design_of,
    lock_trials,
    overlaps,
    trial_for_update,
)
from .drawing import canonical
from .errors import TrialRefused
from .models import Amendment, Trial
from .outcomes import OUTCOMES

#: What an amendment may change, and what it is called.
AMENDABLE: Mapping[str, str] = {
    "title": "titre",
    "question": "question",
    "context": "contexte",
    "outcome": "critère principal",
    "direction": "sens attendu",
    "threshold": "seuil",
    "stopping_rules": "règles d'arrêt",
    "starts_on": "première ouverture",
    "ends_on": "dernier jour mesuré",
    "size": "effectif à tirer",
}
#: What a result is judged by: changed in sight of figures, it proves nothing any more.
DECIDES = frozenset({"outcome", "direction", "threshold", "ends_on"})
_MOST_LETTERS: Mapping[str, int] = {"title": 120, "question": 4000, "context": 4000, "stopping_rules": 4000}


def amendable(trial: Trial) -> dict[str, str]:
    """What may still be amended as the trial stands: no opening is put off once the steps are made, no size once people are chosen."""
    if trial.state != Trial.State.RUNNING:
        return {}
    found = dict(AMENDABLE)
    cohort = trial.cohorts.first()
    if trial.phases.exists():
        del found["starts_on"]
    if cohort is None or cohort.size is None or cohort.made_at is not None:
        del found["size"]
    return found


def value_of(trial: Trial, what: str) -> Any:
    """The value that an amendment of `what`, one of AMENDABLE, would change."""
    if what == "size":
        cohort = trial.cohorts.first()
        return cohort.size if cohort is not None else None
    return getattr(trial, what)


@in_transaction
def amend(
    territory_id: int,
    trial_id: int,
    what: str,
    value: Any,
    reason: str,
    author: Author,
    *,
    now: dt.datetime | None = None,
) -> Amendment:
    """Change one field of a running trial, one of AMENDABLE, and say so for good.

    Raises TrialRefused: not running, not amendable (any more), no reason, no change, or a value that makes no sense.
    """
    now = now or timezone.now()
    lock_trials(territory_id)
    trial = trial_for_update(territory_id, trial_id)
    if trial.state != Trial.State.RUNNING:
        raise TrialRefused("On n'amende qu'un essai en cours.")
    if what not in amendable(trial):
        raise TrialRefused("Cela ne se change plus une fois le protocole figé : il faudrait un autre essai.")
    if not reason.strip():
        raise TrialRefused("Dites pourquoi : un amendement sans raison ne se défend pas.")
    before = value_of(trial, what)
    value = value.strip() if isinstance(value, str) else value
    if value == before:
        raise TrialRefused("Cela ne change rien.")
    if refused := _senseless(trial, what, value, now.astimezone(trial.territory.zone).date()):
        raise TrialRefused(refused)
    _change(trial, what, value)
    if what in ("starts_on", "ends_on") and (reasons := overlaps(trial)):
        raise TrialRefused(*reasons)
    last = trial.amendments.aggregate(n=Max("number"))["n"] or 0
    made = Amendment.objects.create(
        trial=trial,
        number=last + 1,
        at=now,
        by=author.agent,
        what=what,
        before=_said(before),
        after=_said(value),
        reason=reason.strip()[:300],
    )
    record(territory_id, author, "trial.amended", "trial", trial.pk, number=made.number, what=what)
    return made


def _said(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _senseless(trial: Trial, what: str, value: Any, today: dt.date) -> str | None:
    """Why a value is refused, None when it may be."""
    match what:
        case "title" | "question" | "stopping_rules" if not str(value).strip():
            return "Ce champ ne peut pas rester vide."
        case "title" | "question" | "context" | "stopping_rules" if len(str(value)) > _MOST_LETTERS[what]:
            return f"Ce texte est trop long : {_MOST_LETTERS[what]} caractères au plus."
        case "outcome" if value not in OUTCOMES:
            return "Cet indicateur n'existe pas."
        case "direction" if value not in Trial.Direction.values:
            return "Ce sens n'existe pas."
        case "threshold" if not 0 < value <= MOST_THRESHOLD:
            return NO_THRESHOLD
        case "size" if not 1 <= value <= MOST_PEOPLE:
            return "L'effectif à tirer est un nombre de personnes."
        case "starts_on" | "ends_on" if value.year not in YEARS:
            return NO_YEAR
        case "ends_on":
            return _senseless_end(trial, value, today)
        case "starts_on":
            return _senseless_start(trial, value, today)
    return None


def _senseless_end(trial: Trial, value: dt.date, today: dt.date) -> str | None:
    if value < trial.starts_on:
        return "La fin ne peut pas précéder la première ouverture."
    if value < today:
        return "Ce jour est passé : choisir la fin après avoir vu les chiffres fausserait tout. Arrêtez l'essai, avec un motif."
    last = last_opening(trial)
    if value < last:
        return f"La dernière étape ouvre le {french.day(last, year=True)} : l'essai ne peut pas finir avant."
    return None


def _senseless_start(trial: Trial, value: dt.date, today: dt.date) -> str | None:
    if value <= today:
        return "La première ouverture doit être à venir."
    if value < trial.baseline_from:
        return "Les mesures de référence précèdent la première ouverture."
    last = last_opening(trial) + (value - trial.starts_on)
    if last > trial.ends_on:
        return f"La dernière étape ouvrirait le {french.day(last, year=True)}, après la fin de l'essai : repoussez d'abord la fin."
    return None


def last_opening(trial: Trial) -> dt.date:
    """The day on which the last step opens, as planned."""
    steps = trial.steps if trial.design == Trial.Design.STEPPED_WEDGE else 1
    return trial.starts_on + dt.timedelta(weeks=(steps - 1) * trial.step_weeks)


def _change(trial: Trial, what: str, value: Any) -> None:
    if what == "size":
        trial.cohorts.update(size=value)
        return
    if what == "starts_on":
        # Nothing has opened: every opening is put off, or brought forward, by as many days.
        trial.clusters.filter(opens_on__isnull=False).update(opens_on=F("opens_on") + (value - trial.starts_on))
    setattr(trial, what, value)
    trial.save(update_fields=[what])


def amended_fields(amendments: Sequence[Amendment]) -> frozenset[str]:
    """The names of the fields that are no longer as they were frozen."""
    return frozenset(a.what for a in amendments)


def is_late(trial: Trial, amendment: Amendment) -> bool:
    """Whether it changed what decides when something had opened already: figures could be known."""
    return amendment.what in DECIDES and amendment.at.astimezone(trial.territory.zone).date() >= trial.starts_on


def caveats(trial: Trial, amendments: Iterable[Amendment]) -> list[str]:
    """What is said wherever the result is, one French sentence for each thing that was changed in sight of it."""
    late = {a.what: a for a in amendments if is_late(trial, a)}
    if not late or not trial.frozen:
        return []
    frozen = json.loads(trial.frozen)
    return [
        f"Changé après la première ouverture, quand des chiffres pouvaient être connus : {AMENDABLE[what]} ; "
        f"le protocole figé disait « {in_words(what, frozen[what])} ». Ce résultat éclaire, il ne prouve pas."
        for what in AMENDABLE
        if what in late and what in frozen
    ]


def in_words(what: str, value: Any) -> str:
    """A frozen or amended value as people read it."""
    if what == "outcome" and value in OUTCOMES:
        return str(OUTCOMES[value].name)
    if what == "direction" and value in Trial.Direction.values:
        return str(Trial.Direction(value).label)
    if what in ("starts_on", "ends_on"):
        return french.day(dt.date.fromisoformat(value), year=True)
    return f"{value:g}".replace(".", ",") if isinstance(value, int | float) else str(value)


def departures(trial: Trial, amendments: Iterable[Amendment]) -> list[str]:
    """Parts of the design that are neither as they were frozen nor as they were amended: somebody wrote in the database."""
    if not trial.frozen:
        return []
    expected = json.loads(trial.frozen)
    for a in sorted(amendments, key=lambda a: a.number):
        if a.what == "size":
            expected["cohort"]["size"] = a.after
        else:
            expected[a.what] = a.after
    there = json.loads(canonical(design_of(trial)))
    return sorted(name for name in expected if _bare(expected[name]) != _bare(there.get(name)))


def _bare(value: Any) -> Any:
    """Without the names that places and organisations have today: only their codes and numbers were frozen."""
    if isinstance(value, dict):
        return {name: _bare(of) for name, of in value.items() if name != "names"}
    if isinstance(value, list):
        return [text.split(" ")[0] if isinstance(text, str) else text for text in value]
    return value
