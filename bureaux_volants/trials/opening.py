"""Opening: each step of a trial becomes a phase of the territory, and the booking rules do the rest (booking/rules.py).

A phase opens on its step's day. With a cohort it is restricted: its members are the opened people whose own commune opens at this
step or before. Somebody attached to a commune that opens later books nowhere until then, or they would be no comparison; from
their day on `let_in` adds them to the phases opened before. Controls are members of none.
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass

from django.db.models import Exists, F, Max, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from bureaux_volants.booking.locks import in_transaction
from bureaux_volants.booking.models import Kind, Resource
from bureaux_volants.events.log import SOFTWARE, Author, record
from bureaux_volants.territory import french
from bureaux_volants.territory.models import Commune, Phase, PhaseMember, Site, Territory

from .designing import trial_for_update
from .errors import TrialRefused
from .models import Cluster, CohortMember, Trial, TrialPhase

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Opened:
    """What opening did: the phases by step, and the sites that were taken out of another phase."""

    phases: tuple[TrialPhase, ...]
    moved: tuple[Site, ...]


def lending_sites(territory_id: int, commune_ids: list[int]) -> QuerySet[Site]:
    """The sites of communes that lend desks: those of the métropole are its own offices, not what a trial opens."""
    desks = Resource.objects.filter(site=OuterRef("pk"), kind=Kind.DESK, is_active=True)
    return (
        Site.objects.filter(Exists(desks), territory_id=territory_id, commune__in=commune_ids, is_active=True)
        .exclude(kind=Site.Kind.METROPOLE)
        .select_related("phase")
        .order_by("name", "pk")
    )


def without_sites(trial: Trial) -> list[str]:
    """The communes that would open and have no site that lends a desk."""
    opening = trial.clusters.filter(withdrew_on=None).select_related("commune").order_by("commune__name")
    if trial.design == Trial.Design.PARALLEL:
        opening = opening.filter(step__isnull=False)
    wanted = [c.commune for c in opening]
    having = set(lending_sites(trial.territory_id, [c.pk for c in wanted]).values_list("commune", flat=True))
    return [c.name for c in wanted if c.pk not in having]


def unready(territory_id: int, today: dt.date) -> dict[int, str]:
    """Why a commune could not open in a new trial as things are, in a few French words, by its number; those that could are not there."""
    there = Commune.objects.filter(territory_id=territory_id).values_list("pk", flat=True)
    sites = list(lending_sites(territory_id, [*there]))
    having = {site.commune_id for site in sites}
    found = {pk: str(_("sans bureau")) for pk in there if pk not in having}
    for site in sites:
        phase = site.phase
        if phase and phase.opens_on <= today and (phase.closes_on is None or phase.closes_on >= today):
            found[site.commune_id or 0] = str(_("déjà ouverte"))
    running = Cluster.objects.filter(
        trial__territory_id=territory_id, trial__state=Trial.State.RUNNING, withdrew_on=None
    )
    return found | dict.fromkeys(running.values_list("commune_id", flat=True), str(_("en essai")))


@in_transaction
def open_steps(territory_id: int, trial_id: int, author: Author, *, now: dt.datetime | None = None) -> Opened:
    """Make the phases of a trial, with their sites and members, once.

    A site that belonged to a phase not yet begun, or over, changes to the trial's; a phase that has begun since, or that of another
    running trial, keeps its site, and the trial is refused. So it is when its first day is past, for what nobody could book was not
    open, and when a commune has no site to open. Raises NotFound, TrialRefused.
    """
    now = now or timezone.now()
    trial = trial_for_update(territory_id, trial_id)
    # Numbers of phases are the territory's: one opening at a time.
    Territory.objects.select_for_update().get(pk=territory_id)
    clusters = list(trial.clusters.filter(step__isnull=False, withdrew_on=None).select_related("commune"))
    cohort = trial.cohorts.first()
    if trial.state != Trial.State.RUNNING:
        raise TrialRefused("Figez d'abord le protocole.")
    if trial.phases.exists():
        raise TrialRefused("Les étapes de cet essai sont déjà ouvertes.")
    if not clusters:
        raise TrialRefused("Tirez d'abord l'ordre d'ouverture des communes.")
    if cohort is not None and cohort.made_at is None:
        raise TrialRefused(f"Constituez d'abord la cohorte « {cohort.name} ».")
    today = now.astimezone(trial.territory.zone).date()
    first = min(c.opens_on for c in clusters if c.opens_on is not None)
    if first < today:
        raise TrialRefused(
            f"La première ouverture était le {french.day(first, year=True)} et personne n'a pu réserver depuis : "
            "repoussez-la par un amendement."
        )
    if empty := without_sites(trial):
        raise TrialRefused(
            f"Aucun site ne prête de bureau à {french.listing(empty)} : demandez à l'administration d'en créer un, ou enregistrez le retrait de la commune."
        )
    by_step: dict[int, list[Cluster]] = {}
    for cluster in clusters:
        assert cluster.step is not None
        by_step.setdefault(cluster.step, []).append(cluster)
    number = Phase.objects.filter(territory_id=territory_id).aggregate(n=Max("number"))["n"] or 0
    made, moved = [], []
    for step, communes in sorted(by_step.items()):
        sites = list(lending_sites(territory_id, [c.commune_id for c in communes]))
        for site in sites:
            if site.phase is None:
                continue
            is_over = site.phase.closes_on is not None and site.phase.closes_on < today
            if site.phase.opens_on <= today and not is_over:
                raise TrialRefused(
                    f"Déjà ouvert : {site.name} ({site.phase.name}). Ce site ne peut pas s'ouvrir avec l'essai."
                )
            other = Trial.objects.filter(phases__phase=site.phase, state=Trial.State.RUNNING).first()
            if other is not None and not is_over:
                raise TrialRefused(
                    f"{site.name} doit s'ouvrir avec l'essai « {other.title} » : il ne peut pas le quitter."
                )
            moved.append(site)
        number += 1
        opens_on = communes[0].opens_on
        assert opens_on is not None
        name = trial.title if len(by_step) == 1 else f"{trial.title[:66]} – étape {step}"
        phase = Phase.objects.create(
            territory_id=territory_id,
            number=number,
            name=name[:80],
            opens_on=opens_on,
            is_restricted=cohort is not None,
        )
        for site in sites:
            # One at a time: what follows sites hears of each.
            Site.objects.filter(pk=site.pk).update(phase=phase)
        made.append(TrialPhase.objects.create(trial=trial, phase=phase, cohort=cohort, step=step))
        record(
            territory_id,
            author,
            "trial.opened",
            "trial",
            trial.pk,
            step=step,
            phase=phase.pk,
            sites=[s.pk for s in sites],
            moved=[s.pk for s in sites if s.phase_id is not None],
        )
    if cohort is not None:
        # Whoever opens at a step is a member of that step's phase and of those after it.
        _let_in(trial, made, {step: steps for step in by_step if (steps := [s for s in by_step if s >= step])})
    return Opened(tuple(made), tuple(moved))


def _let_in(trial: Trial, phases: list[TrialPhase], allowed: dict[int, list[int]]) -> int:
    """Members of the communes of a step into the phases of the steps allowed to them; those attached to none, with the last step."""
    step_of = {c.commune_id: c.step for c in trial.clusters.all() if c.step is not None}
    last = max(step_of.values())
    by_step = {p.step: p.phase_id for p in phases}
    rows = [
        PhaseMember(phase_id=by_step[step], agent_id=member.agent_id)
        for member in CohortMember.objects.filter(
            cohort__trial=trial, arm=CohortMember.Arm.OPENED, left_on=None
        ).order_by("agent_id")
        for step in allowed.get(step_of.get(member.commune_id or 0, last), ())
        if step in by_step
    ]
    before = PhaseMember.objects.filter(phase__in=by_step.values()).count()
    PhaseMember.objects.bulk_create(rows, ignore_conflicts=True)
    return PhaseMember.objects.filter(phase__in=by_step.values()).count() - before


def opening_day(member: CohortMember) -> dt.date | None:
    """The day on which the trial opens to somebody: their commune's; attached to none, the last. None while it is not drawn, or never."""
    if member.arm == CohortMember.Arm.CONTROL:
        return None
    days = {c.commune_id: c.opens_on for c in member.cohort.trial.clusters.all() if c.opens_on is not None}
    return days.get(member.commune_id or 0) or max(days.values(), default=None)


@in_transaction
def let_in(territory_id: int, trial_id: int, *, now: dt.datetime | None = None) -> int:
    """Those whose commune has opened may go to the sites opened before it too: how many places in phases that made."""
    now = now or timezone.now()
    trial = trial_for_update(territory_id, trial_id)
    if trial.state != Trial.State.RUNNING or not trial.cohorts.exists():
        return 0
    today = now.astimezone(trial.territory.zone).date()
    phases = list(trial.phases.order_by("step"))
    begun = set(trial.clusters.filter(opens_on__lte=today, step__isnull=False).values_list("step", flat=True))
    every = [p.step for p in phases]
    added = _let_in(trial, phases, {step: every for step in begun if step is not None}) if phases and begun else 0
    if added:
        record(territory_id, SOFTWARE, "trial.let_in", "trial", trial.pk, count=added)
    return added


def let_in_everywhere(*, now: dt.datetime | None = None) -> None:
    """Every running trial of every territory, each in its own transaction (job, every morning). One that fails does not stop the others."""
    running = Trial.objects.filter(state=Trial.State.RUNNING).order_by("territory_id", "pk")
    for territory_id, trial_id in running.annotate(t=F("territory_id")).values_list("t", "pk"):
        try:
            let_in(territory_id, trial_id, now=now)
        except Exception:
            logger.exception("nobody let in to trial %s", trial_id)
