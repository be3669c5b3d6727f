"""What a trial waits for next, in a few words: what the lab's home says of each."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _

from .models import Trial


@dataclass(frozen=True, slots=True)
class NextStep:
    """What comes, and the local day on which it does; `on` None when it waits for somebody."""

    words: str
    on: dt.date | None = None


def _before_opening(trial: Trial) -> str | None:
    """What a frozen trial waits for before anything can open, None once its steps are open."""
    if trial.phases.exists():
        return None
    if trial.cohorts.filter(made_at=None).exists():
        return _("constituer la cohorte, avant la première ouverture")
    is_wedge = trial.design == Trial.Design.STEPPED_WEDGE
    if is_wedge and not any(c.opens_on for c in trial.clusters.all()):
        return _("tirer l'ordre d'ouverture, avant la première ouverture")
    return _("ouvrir les étapes, avant la première ouverture")


def next_step(trial: Trial, today: dt.date) -> NextStep:
    """What comes next in the life of a trial."""
    if trial.state == Trial.State.DRAFT:
        return NextStep(_("figer le protocole, avant la première ouverture"), trial.starts_on)
    if trial.state in (Trial.State.ENDED, Trial.State.STOPPED):
        if trial.ended_at is not None and any(d.day >= trial.ends_on for d in trial.decisions.all()):
            return NextStep(_("aucune : l'essai est terminé, et une décision est notée"))
        return NextStep(_("lire le rapport et décider"))
    if (waiting := _before_opening(trial)) is not None:
        return NextStep(waiting, trial.starts_on)
    opening = min((c.opens_on for c in trial.clusters.all() if c.opens_on and c.opens_on > today), default=None)
    if opening is not None:
        return NextStep(_("ouverture d'une étape"), opening)
    if today <= trial.ends_on:
        return NextStep(_("dernier jour mesuré"), trial.ends_on)
    return NextStep(_("clore l'essai"))
