"""Who takes part: volunteers, cohorts chosen or drawn, the order in which communes open. Each is decided once, and logged."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q
from django.utils import timezone

from bureaux_volants.booking.locks import in_transaction
from bureaux_volants.events.log import Author, record
from bureaux_volants.messages import outbox
from bureaux_volants.territory import french
from bureaux_volants.territory.geography import distance_km
from bureaux_volants.territory.models import Agent

from . import drawing
from .balancing import by_stratum
from .designing import lock_trials, trial_for_update
from .eligibility import WHOLE, eligible, elsewhere, overlapping
from .errors import NotFound, TrialRefused
from .models import Cluster, Cohort, CohortMember, Draw, Trial, Volunteer
from .opening import without_sites


def calls_for_volunteers(cohort: Cohort) -> bool:
    """Whether people are asked to come forward: the trial runs and nobody has been chosen yet."""
    by_will = cohort.made_by == Cohort.MadeBy.VOLUNTEERING or (
        cohort.made_by == Cohort.MadeBy.DRAWN and cohort.criteria.get("among") == "volunteers"
    )
    return by_will and cohort.made_at is None and cohort.trial.state == Trial.State.RUNNING


def open_calls(agent: Agent) -> list[Cohort]:
    """The cohorts that a person may come forward for, and those they have."""
    if agent.territory_id is None:
        return []
    found = (
        Cohort.objects.filter(trial__territory_id=agent.territory_id, trial__state=Trial.State.RUNNING, made_at=None)
        .select_related("trial")
        .prefetch_related(Prefetch("volunteers", Volunteer.objects.filter(agent=agent), to_attr="own"))
    )
    return [c for c in found if calls_for_volunteers(c) and eligible(c).filter(pk=agent.pk).exists()]


def _call(agent: Agent, cohort_id: int) -> Cohort:
    cohort = (
        Cohort.objects.select_for_update(of=("self",))
        .select_related("trial")
        .filter(pk=cohort_id, trial__territory_id=agent.territory_id or 0)
        .first()
    )
    if cohort is None or not eligible(cohort).filter(pk=agent.pk).exists():
        raise NotFound("Cet appel n'existe pas.")
    if not calls_for_volunteers(cohort):
        raise TrialRefused("Cet appel à volontaires est clos.")
    return cohort


@in_transaction
def volunteer(agent: Agent, cohort_id: int, author: Author, *, now: dt.datetime | None = None) -> None:
    """Somebody would take part. Saying it twice says it once. Raises NotFound, TrialRefused."""
    cohort = _call(agent, cohort_id)
    if agent.pk in elsewhere(cohort):
        raise TrialRefused("Vous participez déjà à un autre essai en cours : deux essais à la fois ne se mesurent pas.")
    _row, is_new = Volunteer.objects.get_or_create(
        cohort=cohort, agent=agent, defaults={"said_at": now or timezone.now()}
    )
    if is_new:
        record(cohort.trial.territory_id, author, "trial.volunteered", "trial", cohort.trial_id)


@in_transaction
def unvolunteer(agent: Agent, cohort_id: int, author: Author) -> None:
    """They would rather not. Raises NotFound, TrialRefused once the cohort is made: then one leaves the trial (leaving.py)."""
    cohort = _call(agent, cohort_id)
    if Volunteer.objects.filter(cohort=cohort, agent=agent).delete()[0]:
        record(cohort.trial.territory_id, author, "trial.unvolunteered", "trial", cohort.trial_id)


def attached(agent: Agent, clusters: Iterable[Cluster]) -> Cluster | None:
    """The commune of the trial that somebody belongs to: where they live, else the nearest to there, else to where they work."""
    there = list(clusters)
    for cluster in there:
        if cluster.commune_id == agent.home_commune_id:
            return cluster
    home, site = agent.home_commune, agent.usual_site
    points = (
        (agent.home_lat, agent.home_lon),
        (home.lat, home.lon) if home else (None, None),
        (site.lat, site.lon) if site else (None, None),
    )
    for lat, lon in points:
        if lat is not None and lon is not None and there:
            return min(there, key=lambda c: (distance_km(lat, lon, c.commune.lat, c.commune.lon), c.commune.code))
    return None


def stratum_of(agent: Agent, names: Iterable[str]) -> str:
    """The stratum that somebody is drawn in: the values of the attributes, in order; `–` for what is not known."""
    said = {
        "organisation": agent.organisation and agent.organisation.name,
        "service": agent.service and agent.service.name,
        "home_commune": agent.home_commune and agent.home_commune.name,
        "usual_site": agent.usual_site and agent.usual_site.name,
        "telework": "oui" if agent.telework_weekdays else "non",
    }
    return " · ".join(said[name] or "–" for name in names)[:160]


def _pool(cohort: Cohort) -> list[Agent]:
    people = eligible(cohort).select_related("organisation", "service", "home_commune", "usual_site").order_by("pk")
    by_will = cohort.made_by == Cohort.MadeBy.VOLUNTEERING or cohort.criteria.get("among") == "volunteers"
    if by_will:
        people = people.filter(pk__in=cohort.volunteers.values("agent"))
    taken = elsewhere(cohort)
    found = [p for p in people if p.pk not in taken]
    if cohort.made_by in WHOLE and any(p.pk in taken for p in people):
        names = french.listing([f"« {t.title} »" for t in overlapping(cohort.trial)])
        raise TrialRefused(f"Des personnes de cette cohorte participent déjà à un autre essai en cours : {names}.")
    return found


@in_transaction
def make_cohort(territory_id: int, cohort_id: int, author: Author, *, now: dt.datetime | None = None) -> Cohort:
    """Choose or draw the people of a cohort, once.

    Raises NotFound, TrialRefused: the design is not frozen, the cohort is made already, nobody can be chosen.
    """
    now = now or timezone.now()
    cohort = Cohort.objects.filter(pk=cohort_id, trial__territory_id=territory_id).first()
    if cohort is None:
        raise NotFound("Cette cohorte n'existe pas.")
    # Two trials that draw at once from the same people would take somebody twice.
    lock_trials(territory_id)
    trial = trial_for_update(territory_id, cohort.trial_id)
    # Whoever comes forward at this moment is either in, or told that the call is over.
    cohort = Cohort.objects.select_for_update().get(pk=cohort_id)
    cohort.trial = trial
    if trial.state != Trial.State.RUNNING:
        raise TrialRefused("Figez d'abord le protocole : on ne choisit personne avant d'avoir dit comment.")
    if cohort.made_at is not None:
        raise TrialRefused("Cette cohorte est déjà constituée : elle ne se tire pas deux fois.")
    if empty := without_sites(trial):
        # Whoever is chosen is told that desks open near them.
        raise TrialRefused(
            f"Aucun site ne prête encore de bureau : {french.listing(empty)}. On annoncerait aux participants des bureaux qui n'existent "
            "pas : demandez à l'administration d'en ajouter, ou enregistrez le retrait de ces communes."
        )
    pool = _pool(cohort)
    if not pool:
        raise TrialRefused("Personne ne correspond à cette cohorte.")
    by_id = {p.pk: p for p in pool}
    strata = {p.pk: stratum_of(p, cohort.strata) for p in pool}
    chosen = set(by_id)
    if cohort.made_by == Cohort.MadeBy.DRAWN:
        chosen = _drawn(cohort, strata, author, now)
    clusters = list(trial.clusters.filter(withdrew_on=None).select_related("commune"))
    today = now.astimezone(trial.territory.zone).date()
    is_parallel = trial.design == Trial.Design.PARALLEL
    if is_parallel and len(chosen) == len(by_id) and all(c.step is not None for c in clusters):
        raise TrialRefused(
            f"{len(by_id)} personnes à tirer parmi {len(by_id)} : il ne resterait personne à qui comparer. Amendez l'effectif."
        )
    members = []
    for pk in sorted(by_id):
        cluster = attached(by_id[pk], clusters)
        is_control = pk not in chosen or (is_parallel and cluster is not None and cluster.step is None)
        if pk in chosen or is_parallel:
            members.append(
                CohortMember(
                    cohort=cohort,
                    agent_id=pk,
                    arm=CohortMember.Arm.CONTROL if is_control else CohortMember.Arm.OPENED,
                    commune_id=cluster.commune_id if cluster else None,
                    stratum=strata[pk],
                    joined_on=today,
                )
            )
    CohortMember.objects.bulk_create(members)
    cohort.made_at = now
    cohort.save(update_fields=["made_at"])
    record(territory_id, author, "trial.cohort_made", "trial", trial.pk, cohort=cohort.pk, size=len(members))
    has_order = trial.design != Trial.Design.STEPPED_WEDGE or any(c.opens_on for c in clusters)
    when = (
        "La date d'ouverture près de chez vous est sur la page des essais."
        if has_order
        else "La date d'ouverture près de chez vous sera sur la page des essais une fois l'ordre des communes tiré au sort."
    )
    for member in members:
        if member.arm == CohortMember.Arm.OPENED:
            outbox.write(
                by_id[member.agent_id],
                "trial.chosen",
                f"Vous participez à l'essai : {trial.title}",
                f"Vous faites partie des personnes à qui l'essai « {trial.title} » ouvre des bureaux volants. "
                f"{when} Vous pouvez vous retirer à tout moment, sans donner de raison.",
                "/essais/",
                at=now,
            )
    return cohort


def _drawn(cohort: Cohort, strata: Mapping[int, str], author: Author, now: dt.datetime) -> set[int]:
    by_stratum: dict[str, list[int]] = {}
    for pk in sorted(strata):
        by_stratum.setdefault(strata[pk], []).append(pk)
    try:
        result = drawing.draw(by_stratum, cohort.size or 0, cohort.trial.seed)
    except drawing.CannotDraw as error:
        raise TrialRefused(str(error)) from None
    _log(cohort.trial, Draw.Purpose.COHORT, cohort, by_stratum, result, author, now)
    return {pk for drawn in result.values() for pk in drawn}


def _log(
    trial: Trial, purpose: str, cohort: Cohort | None, drawn_from: Any, result: Any, author: Author, now: dt.datetime
) -> Draw:
    made = Draw.objects.create(
        trial=trial,
        purpose=purpose,
        cohort=cohort,
        seed=trial.seed,
        at=now,
        by=author.agent,
        drawn_from=drawn_from,
        digest=drawing.digest_of(drawing.canonical(drawn_from)),
        result=result,
    )
    record(trial.territory_id, author, "trial.drawn", "trial", trial.pk, purpose=purpose, digest=made.digest)
    return made


@in_transaction
def draw_order(territory_id: int, trial_id: int, author: Author, *, now: dt.datetime | None = None) -> Draw:
    """Draw the order in which the communes of a stepped wedge open, once. Raises NotFound, TrialRefused."""
    now = now or timezone.now()
    trial = trial_for_update(territory_id, trial_id)
    if trial.design != Trial.Design.STEPPED_WEDGE:
        raise TrialRefused("Seule une ouverture par étapes a un ordre à tirer.")
    if trial.state != Trial.State.RUNNING:
        raise TrialRefused("Figez d'abord le protocole : l'ordre se tire ensuite, une seule fois.")
    if trial.draws.filter(purpose=Draw.Purpose.ORDER).exists():
        raise TrialRefused("L'ordre d'ouverture est déjà tiré : il ne se tire pas deux fois.")
    if any(calls_for_volunteers(c) for c in trial.cohorts.select_related("trial")):
        # Whoever knows when their commune opens comes forward or not for that (Bolzern et al. 2018, on recruitment after randomisation).
        raise TrialRefused(
            "Constituez d'abord la cohorte : si l'ordre était connu, il déciderait qui se propose, et les communes ne se compareraient plus."
        )
    clusters = {c.commune.code: c for c in trial.clusters.filter(withdrew_on=None).select_related("commune")}
    try:
        drawn_from = _communes(trial, clusters)
        order = _order(drawn_from, trial.steps, trial.seed)
    except drawing.CannotDraw as error:
        raise TrialRefused(str(error)) from None
    for step, codes in enumerate(order, 1):
        for code in codes:
            clusters[code].step = step
            clusters[code].opens_on = trial.starts_on + dt.timedelta(weeks=(step - 1) * trial.step_weeks)
            clusters[code].save(update_fields=["step", "opens_on"])
    return _log(trial, Draw.Purpose.ORDER, None, drawn_from, order, author, now)


def _communes(trial: Trial, clusters: Mapping[str, Cluster]) -> list[str] | dict[str, list[str]]:
    """What the order is drawn from: INSEE codes, by stratum when the design has strata."""
    if not trial.order_strata:
        return sorted(clusters)
    return by_stratum({code: cluster.stratum for code, cluster in clusters.items()})


def _order(drawn_from: list[str] | dict[str, list[str]], steps: int, seed: int) -> list[list[str]]:
    if isinstance(drawn_from, dict):
        return drawing.order_within(drawn_from, steps, seed)
    return drawing.opening_order(drawn_from, steps, seed)


def awaits_draw(trial: Trial) -> bool:
    """Whether a draw that the protocol plans is not made yet. Until then nobody is told the seed: it says how the draw would come out."""
    of_this = OuterRef("pk")
    order = Draw.objects.filter(trial=of_this, purpose=Draw.Purpose.ORDER)
    cohort = Cohort.objects.filter(trial=of_this, made_by=Cohort.MadeBy.DRAWN, made_at=None)
    is_planned = Q(Exists(cohort)) | (Q(design=Trial.Design.STEPPED_WEDGE) & ~Q(Exists(order)))
    return Trial.objects.filter(is_planned, pk=trial.pk, state=Trial.State.RUNNING).exists()


def drawn_again(draw: Draw) -> bool:
    """Whether the draw, made again from what the log says, comes out the same."""
    if drawing.digest_of(drawing.canonical(draw.drawn_from)) != draw.digest:
        return False
    if draw.purpose == Draw.Purpose.ORDER:
        return bool(_order(draw.drawn_from, len(draw.result), draw.seed) == draw.result)
    size = sum(len(drawn) for drawn in draw.result.values())
    return bool(drawing.draw(draw.drawn_from, size, draw.seed) == draw.result)
