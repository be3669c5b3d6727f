"""Setting boxes up: keys in slots, enrolment with a one-time code, a new secret without losing a grant."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from django.utils import timezone

from bureaux_volants.booking.locks import in_transaction
from bureaux_volants.booking.models import REFERENCE_ALPHABET, Resource
from bureaux_volants.events.log import Author, record

from .codes import LONGEST, SHORTEST
from .custody import Kind
from .declaring import say_after
from .errors import BoxTrouble, Untrusted
from .granting import reissue
from .keeping import BOX_AUTHOR
from .locks import lock_boxes
from .models import Box, BoxSecret, Custody, Grant, Key, Slot
from .secrecy import ring_of
from .signing import new_secret, next_secret

#: How long the code that is typed into a new box may be used.
ENROLMENT = dt.timedelta(hours=24)


def _hash(code: str) -> str:
    # Sixteen letters of an alphabet of thirty: nothing to gain from a slow hash.
    return sha256("".join(code.upper().split()).replace("-", "").encode()).hexdigest()


@in_transaction
def install_key(
    resource: Resource, box: Box, slot_number: int, author: Author, *, tag: str = "", now: dt.datetime | None = None
) -> Key:
    """Hang the key of a resource in a slot of a box, which is its home from now on; the slot is made if need be.

    A key that hung elsewhere is moved. BoxTrouble when the slot is another key's home, or the box is at another site.
    """
    now = now or timezone.now()
    if (box.territory_id, box.site_id) != (resource.territory_id, resource.site_id):
        raise BoxTrouble("Cette boîte est sur un autre site.")
    before = Key.objects.filter(pk=resource.pk).first()
    lock_boxes({box.pk, *([before.box_id] if before else [])})
    box.refresh_from_db()
    slot, _ = Slot.objects.get_or_create(box=box, number=slot_number)
    if Key.objects.filter(home=slot).exclude(pk=resource.pk).exists():
        raise BoxTrouble(f"La case {slot_number} est déjà celle d'une autre clé.")
    if before is not None and before.box_id != box.pk:
        Custody.objects.filter(resource=resource, until=None).update(until=now)
    key, _ = Key.objects.update_or_create(resource=resource, defaults={"box": box, "home": slot, "tag": tag})
    record(box.territory_id, author, "key.installed", "resource", resource.pk, box=box.pk, slot=slot_number)
    say_after(box, Kind.DECLARED_IN, key, slot_number, author, now)
    return key


@in_transaction
def offer_enrolment(box: Box, author: Author, *, now: dt.datetime | None = None) -> str:
    """A one-time code to type into the box, good for a day; shown once, kept as a hash. An older one is void.

    BoxTrouble for a mechanical box. The box goes on with the secret it has until the code is used.
    """
    if box.adapter == Box.Adapter.MANUAL:
        raise BoxTrouble("Une boîte mécanique n'a pas de liaison.")
    code = "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(16))
    box.enrolment_hash, box.enrolment_until = _hash(code), (now or timezone.now()) + ENROLMENT
    box.save(update_fields=["enrolment_hash", "enrolment_until"])
    record(box.territory_id, author, "box.enrolment_offered", "box", box.pk)
    return "-".join(code[i : i + 4] for i in range(0, 16, 4))


@in_transaction
def enrol(code: str, capabilities: Mapping[str, Any], *, now: dt.datetime | None = None) -> dict[str, Any]:
    """Use an enrolment code: the box gets its identifier and a secret, and says what it can do.

    Every earlier secret of the box is void, and its grants have new codes. The box goes on counting events after `sequence`, and
    requests after `request`. Raises Untrusted for a code that is unknown, used, or too old, BoxTrouble for capabilities
    that do not serve.
    """
    now = now or timezone.now()
    found = Box.objects.filter(enrolment_hash=_hash(code), enrolment_until__gt=now).first()
    if found is None:
        raise Untrusted
    lock_boxes([found.pk])
    box = Box.objects.get(pk=found.pk)
    if box.enrolment_hash != found.enrolment_hash:
        raise Untrusted  # used a moment ago
    _declare(box, capabilities)
    epoch = ring_of(box)
    number = max([0, *epoch.secrets]) + 1
    box.secrets.all().delete()
    secret = new_secret()
    BoxSecret.objects.create(box=box, epoch=number, secret=secret, created_at=now, confirmed_at=now)
    box.enrolment_hash, box.enrolment_until, box.enrolled_at = "", None, now
    box.save()
    record(box.territory_id, BOX_AUTHOR, "box.enrolled", "box", box.pk, epoch=number)
    reissue(box, BOX_AUTHOR, now)
    return {
        "box": str(box.public_id),
        "secret": secret.hex(),
        "epoch": number,
        "sequence": box.last_sequence,
        "request": box.last_request,
        "pin_length": box.pin_length,
    }


_FLAGS = ("return_detection", "revocable_offline", "slot_sensing")
_NUMBERS = {"pin_length": (SHORTEST, LONGEST), "max_window_hours": (1, 24 * 366), "clock_drift_seconds": (0, 86400)}


def _declare(box: Box, capabilities: Mapping[str, Any]) -> None:
    """Write down what the box says it can do; what it does not mention stays."""
    for name in _FLAGS:
        value = capabilities.get(name)
        if value is not None:
            if not isinstance(value, bool):
                raise BoxTrouble(f"« {name} » doit être vrai ou faux.")
            setattr(box, name, value)
    for name, (least, most) in _NUMBERS.items():
        value = capabilities.get(name)
        if value is not None:
            if type(value) is not int or not least <= value <= most:
                raise BoxTrouble(f"« {name} » doit être un entier entre {least} et {most}.")
            setattr(box, name, value)


@in_transaction
def rotate(box: Box, author: Author, *, now: dt.datetime | None = None) -> None:
    """Offer the box a new secret. Both count until the box has signed with the new one; codes given before stay good.

    BoxTrouble when the box is not enrolled, or has not taken up the last change yet.
    """
    now = now or timezone.now()
    lock_boxes([box.pk])
    ring = ring_of(box)
    if not ring.current:
        raise BoxTrouble("Cette boîte n'est pas encore en liaison.")
    if ring.offered is not None:
        raise BoxTrouble("La boîte n'a pas encore pris le changement précédent.")
    # What no grant needs any more is forgotten.
    needed = set(Grant.objects.filter(box=box, late_until__gt=now).values_list("epoch", flat=True))
    box.secrets.filter(epoch__lt=ring.current).exclude(epoch__in=needed).delete()
    nonce = secrets.token_hex(16)
    BoxSecret.objects.create(
        box=box,
        epoch=ring.current + 1,
        secret=next_secret(ring.secrets[ring.current], nonce),
        nonce=nonce,
        created_at=now,
    )
    record(box.territory_id, author, "box.rotation_offered", "box", box.pk, epoch=ring.current + 1)
