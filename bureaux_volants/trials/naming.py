"""Whether a text names somebody of the territory: what personal.py finds, with the names of the people who have an account."""

from __future__ import annotations

from bureaux_volants.territory.models import Agent

from .personal import named_in, personal_in


def leads_to_somebody(territory_id: int, *texts: str) -> list[str]:
    """Why these texts name somebody, one French sentence each; empty when nothing was found."""
    found = [s for text in texts if (s := personal_in(text))]
    people = (
        Agent.objects.filter(territory_id=territory_id).exclude(last_name="").values_list("first_name", "last_name")
    )
    # Texts apart: the end of one and the beginning of the next are nobody's name.
    known = named_in(" 0 ".join(texts), people.iterator())
    return list(dict.fromkeys([*found, known] if known else found))
