"""Whom a cohort may be chosen from, and which trials it would meet: two trials at once are believed when neither their communes nor their people meet."""

from __future__ import annotations

from django.db.models import QuerySet

from bureaux_volants.territory.models import Agent

from .models import Cohort, CohortMember, Trial

#: Cohorts that take everybody of an organisation or of a service.
WHOLE = (Cohort.MadeBy.ORGANISATION, Cohort.MadeBy.SERVICE)


def eligible(cohort: Cohort) -> QuerySet[Agent]:
    """Whom a cohort is chosen from: active people of the territory, of its organisations and services if it names any."""
    found = Agent.objects.filter(territory_id=cohort.trial.territory_id, is_active=True)
    if organisations := cohort.criteria.get("organisations"):
        found = found.filter(organisation__in=organisations)
    if services := cohort.criteria.get("services"):
        found = found.filter(service__in=services)
    return found


def overlapping(trial: Trial) -> list[Trial]:
    """The running trials of the territory whose measured days meet this one's."""
    return list(
        Trial.objects.filter(
            territory_id=trial.territory_id,
            state=Trial.State.RUNNING,
            baseline_from__lte=trial.ends_on,
            ends_on__gte=trial.baseline_from,
        )
        .exclude(pk=trial.pk)
        .order_by("pk")
    )


def elsewhere(cohort: Cohort) -> set[int]:
    """The people of the trials that run at the same time."""
    others = overlapping(cohort.trial)
    return set(CohortMember.objects.filter(cohort__trial__in=others, left_on=None).values_list("agent_id", flat=True))


def shares_people(cohort: Cohort, other: Trial) -> bool:
    """Whether somebody whom a cohort of organisations or services would take is still in another trial, or is to be."""
    for planned in other.cohorts.filter(made_at=None, made_by__in=WHOLE).select_related("trial"):
        if eligible(cohort).filter(pk__in=eligible(planned).values("pk")).exists():
            return True
    members = CohortMember.objects.filter(cohort__trial=other, left_on=None)
    if organisations := cohort.criteria.get("organisations"):
        members = members.filter(agent__organisation__in=organisations)
    if services := cohort.criteria.get("services"):
        members = members.filter(agent__service__in=services)
    return members.exists()
