"""Who sees where somebody works. The person decides; a host always knows who comes to their own site."""

from __future__ import annotations

from collections.abc import Iterable

from .models import Agent


def shows(person: Agent, viewer: Agent, *, as_set: str | None = None) -> bool:
    """Whether `person` lets `viewer` see the places where they work. Never across territories.

    `as_set`: what they decided of one thing in particular, in place of their ordinary setting.
    """
    if person.pk == viewer.pk:
        return True
    if person.territory_id != viewer.territory_id:
        return False
    match person.visibility if as_set is None else as_set:
        case Agent.Visibility.EVERYONE:
            return True
        case Agent.Visibility.ORGANISATION:
            return person.organisation_id is not None and person.organisation_id == viewer.organisation_id
        case Agent.Visibility.TEAM:
            return person.service_id is not None and person.service_id == viewer.service_id
        case _:
            return False


def shown_to(viewer: Agent, people: Iterable[Agent]) -> list[Agent]:
    """Those of `people` who show `viewer` where they work, in the order given."""
    return [p for p in people if shows(p, viewer)]
