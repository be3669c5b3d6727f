"""Who leaves a trial: somebody, or a whole commune. Neither is taken out of what was measured until then (intention to treat).

Somebody who leaves keeps the arm and the commune of the draw, books no longer as a participant, and keeps the bookings they have. A
commune that withdraws closes its sites as any closure does: coming bookings are cancelled, each person is told and offered another
place. Whoever was attached to it stays so.
"""

from __future__ import annotations

import datetime as dt
import logging

from django.utils import timezone

from bureaux_volants.booking.closing import Closed, close_site, lock_to_close
from bureaux_volants.booking.locks import TryAgain, in_transaction
from bureaux_volants.events.log import SOFTWARE, Author, record
from bureaux_volants.events.models import Event
from bureaux_volants.messages import outbox
from bureaux_volants.territory import french
from bureaux_volants.territory.calendar import Interval, local_day
from bureaux_volants.territory.models import Agent, PhaseMember, Site

from .designing import trial_for_update
from .errors import NotFound, TrialRefused
from .models import Cluster, CohortMember, Trial

logger = logging.getLogger(__name__)

#: How long after the last measured day a commune that withdrew stays closed, unless its host opens it again.
CLOSED_FOR = dt.timedelta(days=365)


@in_transaction
def leave(
    territory_id: int,
    trial_id: int,
    agent: Agent,
    author: Author,
    *,
    reason: str = "",
    now: dt.datetime | None = None,
) -> None:
    """Somebody leaves a trial, from today on. Leaving twice leaves once. Raises NotFound when they are not in it."""
    now = now or timezone.now()
    trial = trial_for_update(territory_id, trial_id)
    members = CohortMember.objects.filter(cohort__trial=trial, agent=agent)
    if not members.exists():
        raise NotFound("Cette personne ne participe pas à cet essai.")
    today = now.astimezone(trial.territory.zone).date()
    left = members.filter(left_on=None).update(left_on=today, left_because=reason.strip()[:160])
    PhaseMember.objects.filter(phase__of_trial__trial=trial, agent=agent).delete()
    if not left:
        return
    # Why is theirs: the log says that, not what for.
    record(territory_id, author, "trial.left", "trial", trial.pk)
    if author.agent == agent:
        outbox.write(
            agent,
            "trial.left",
            f"Vous ne participez plus à l'essai : {trial.title}",
            "C'est noté. Les réservations que vous avez déjà faites restent ; ce qui a été mesuré jusqu'ici reste compté, sans votre nom.",
            "/essais/",
            at=now,
        )


def leave_all(agent: Agent, author: Author, *, reason: str = "", now: dt.datetime | None = None) -> None:
    """Somebody leaves every trial that they are in: their account is closed."""
    for trial_id in sorted(
        set(CohortMember.objects.filter(agent=agent, left_on=None).values_list("cohort__trial", flat=True))
    ):
        assert agent.territory_id is not None
        leave(agent.territory_id, trial_id, agent, author, reason=reason, now=now)


def see_who_left(*, now: dt.datetime | None = None) -> None:
    """Whoever's account is closed leaves the trials, however it was closed (job, every morning). One that fails does not stop the others."""
    for agent in Agent.objects.filter(is_active=False, cohorts__left_on=None, territory__isnull=False).distinct():
        try:
            leave_all(agent, SOFTWARE, reason="compte fermé", now=now)
        except Exception:
            logger.exception("closed account %s has not left its trials", agent.pk)


@in_transaction
def withdraw_commune(
    territory_id: int,
    trial_id: int,
    commune_id: int,
    day: dt.date,
    reason: str,
    author: Author,
    *,
    now: dt.datetime | None = None,
) -> list[Closed]:
    """A commune withdraws from a running trial from `day` on: what closing each of its sites did. All of it, or nothing.

    Raises NotFound, TrialRefused: not running, withdrawn already, a day that is past or after the end, no reason.
    """
    now = now or timezone.now()
    seen = Trial.objects.select_related("territory").filter(pk=trial_id, territory_id=territory_id).first()
    if seen is None:
        raise NotFound("Cet essai n'existe pas.")
    # Whoever has booked is locked before the trial, and anything, is written (events/log.py).
    _lock(seen, _withdrawn(seen, commune_id, day, reason, now), now)
    trial = trial_for_update(territory_id, trial_id)
    if trial.ends_on != seen.ends_on:
        raise TryAgain
    cluster = _withdrawn(trial, commune_id, day, reason, now)
    cluster.save(update_fields=["withdrew_on", "withdrew_because"])
    record(
        territory_id,
        author,
        "trial.withdrawn",
        "trial",
        trial.pk,
        commune=commune_id,
        day=day.isoformat(),
        reason=cluster.withdrew_because,
    )
    return _close(trial, cluster, author, now)


def _withdrawn(trial: Trial, commune_id: int, day: dt.date, reason: str, now: dt.datetime) -> Cluster:
    """The commune as it would be once withdrawn, not saved. Raises NotFound, TrialRefused."""
    cluster = trial.clusters.filter(commune_id=commune_id).select_related("commune").first()
    if cluster is None:
        raise NotFound("Cette commune n'est pas de l'essai.")
    if trial.state != Trial.State.RUNNING:
        raise TrialRefused("Cet essai n'est pas en cours.")
    if cluster.withdrew_on is not None:
        raise TrialRefused(f"{cluster.commune.name} s'est déjà retirée de l'essai.")
    if not reason.strip():
        raise TrialRefused("Dites pourquoi la commune se retire : les personnes concernées le reçoivent.")
    if not now.astimezone(trial.territory.zone).date() <= day <= trial.ends_on:
        raise TrialRefused(
            f"Le retrait se dit d'aujourd'hui au dernier jour mesuré, le {french.day(trial.ends_on, year=True)}."
        )
    cluster.withdrew_on, cluster.withdrew_because = day, reason.strip()
    return cluster


def _closure(trial: Trial, cluster: Cluster, now: dt.datetime) -> tuple[list[int], Interval, str]:
    """The sites that a commune lent to the trial and that are not closed yet for it, from when to when they close, and why."""
    assert cluster.withdrew_on is not None
    zone = trial.territory.zone
    span = Interval(
        max(local_day(cluster.withdrew_on, zone).start, now), local_day(trial.ends_on + CLOSED_FOR, zone).end
    )
    said = f"{cluster.commune.name} s'est retirée de l'essai : {cluster.withdrew_because}"[:120]
    # The log remembers: what a host has opened again since stays open.
    closings = Event.objects.filter(territory_id=trial.territory_id, kind="site.closed", data__reason=said)
    done = set(closings.values_list("data__site", flat=True))
    sites = Site.objects.filter(phase__of_trial__trial=trial, commune_id=cluster.commune_id).order_by("pk")
    return [pk for pk in sites.values_list("pk", flat=True) if pk not in done], span, said


def _lock(trial: Trial, cluster: Cluster, now: dt.datetime) -> None:
    sites, span, _said = _closure(trial, cluster, now)
    lock_to_close(trial.territory_id, sites, span, now=now)


def _close(trial: Trial, cluster: Cluster, author: Author, now: dt.datetime) -> list[Closed]:
    """Close the sites of a commune that withdrew; whom that concerns is locked."""
    sites, span, said = _closure(trial, cluster, now)
    return [close_site(trial.territory_id, pk, span.start, span.end, said, author, now=now) for pk in sites]


@in_transaction
def _finish(cluster: Cluster, now: dt.datetime) -> int:
    _lock(cluster.trial, cluster, now)
    return len(_close(cluster.trial, cluster, SOFTWARE, now))


def finish_withdrawals(*, now: dt.datetime | None = None) -> int:
    """Close what communes that withdrew still lend: how many sites (job, every night). One that fails does not stop the others."""
    now, closed = now or timezone.now(), 0
    withdrawn = Cluster.objects.filter(withdrew_on__isnull=False, trial__state=Trial.State.RUNNING)
    for cluster in withdrawn.select_related("trial__territory", "commune").order_by("pk"):
        try:
            closed += _finish(cluster, now)
        except Exception:
            logger.exception(
                "withdrawal of commune %s from trial %s not finished", cluster.commune_id, cluster.trial_id
            )
    return closed
