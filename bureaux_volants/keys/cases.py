"""Cases: what does not add up, opened once, told to the fleet managers, settled by one of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from bureaux_volants.booking.errors import NotFound, WrongState
from bureaux_volants.booking.models import Booking, Resource
from bureaux_volants.events.log import SOFTWARE, Author, record

from . import notices
from .models import Box, Case

#: Beside the contradictions of custody.Finding.
AGAINST_RULES = "taken-against-rules"  # a rule refuses the person today: a licence that ended
AFTER_RELEASE = "taken-after-release"  # taken with the code of a booking that was cancelled or given to others
CLOCK = "clock-off"  # the box's clock is further from ours than it declared

#: What each case means, for those who settle it.
MEANINGS = {
    "out-twice": "Clé prise alors qu'une autre personne l'avait encore",
    "in-twice": "Clé rendue alors qu'elle était déjà dans la boîte",
    "wrong-slot": "Clé rendue dans une autre case que la sienne",
    "taken-without-grant": "Clé prise sans code",
    "wrong-key": "Clé prise avec le code d'une autre",
    "unknown-key": "Clé inconnue de cette boîte",
    "tamper": "Boîte forcée ou ouverte sans droit",
    "gap": "Messages de la boîte perdus",
    AGAINST_RULES: "Clé prise malgré une règle qui l'interdit",
    AFTER_RELEASE: "Clé prise après l'annulation de la réservation",
    CLOCK: "Horloge de la boîte déréglée",
}


@transaction.atomic
def open_case(
    box: Box,
    code: str,
    sequence: int,
    resource_id: int | None = None,
    bookings: Sequence[Booking] = (),
    *,
    why: str = "",
    now: dt.datetime | None = None,
) -> Case:
    """Open a case and tell it; the same one again is the one that is open already, or was settled."""
    resource = Resource.objects.get(pk=resource_id) if resource_id is not None else None
    case, is_new = Case.objects.get_or_create(
        box=box,
        code=code,
        sequence=sequence,
        resource=resource,
        defaults={"territory_id": box.territory_id, "opened_at": now or timezone.now()},
    )
    if is_new:
        case.bookings.set(bookings)
        record(
            box.territory_id,
            SOFTWARE,
            "case.opened",
            "case",
            case.pk,
            code=code,
            box=box.pk,
            resource=resource_id,
            why=why,
        )
        notices.case_opened(case, MEANINGS.get(case.code, case.code))
    return case


@transaction.atomic
def settle(case_id: int, author: Author, *, how: str, now: dt.datetime | None = None) -> Case:
    """Say how a case was settled. WrongState when it was already; NotFound outside the person's territory."""
    case = Case.objects.select_for_update().filter(pk=case_id).first()
    if case is None or (author.agent is not None and author.agent.territory_id != case.territory_id):
        raise NotFound("Ce cas n'existe pas.")
    if case.settled_at is not None:
        raise WrongState("Ce cas est déjà réglé.")
    case.settled_at, case.settled_by, case.how = now or timezone.now(), author.agent, how[:200]
    case.save(update_fields=["settled_at", "settled_by", "how"])
    record(case.territory_id, author, "case.settled", "case", case.pk, code=case.code, how=case.how)
    return case
