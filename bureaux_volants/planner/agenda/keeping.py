"""What is kept of somebody's calendar: where it is and what opens it, sealed; of a link, the database itself reads only whose it is."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from bureaux_volants.planner.models import CalendarLink

from .fetching import Credentials
from .sealing import CannotOpen, is_current, opened, seal


@dataclass(frozen=True, slots=True)
class Source:
    """A calendar to read: a file, or a collection that CalDAV asks. No part of it belongs in a log."""

    address: str = field(repr=False)
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    is_caldav: bool = False

    @property
    def credentials(self) -> Credentials | None:
        return Credentials(self.user, self.password) if self.user else None


class Unreadable(Exception):
    """The link was sealed with a secret that the installation has no longer; one French sentence."""


def sealed(source: Source, person: int) -> str:
    """What a link keeps of its source."""
    return seal(json.dumps(asdict(source)), person)


def source_of(link: CalendarLink) -> Source:
    """Raises Unreadable."""
    try:
        return Source(**json.loads(opened(link.sealed, link.agent_id)))
    except CannotOpen:
        raise Unreadable("Reconnectez votre agenda : son adresse ne peut plus être relue.") from None


def reseal() -> int:
    """Seal with the present secret what a former one still opens, so that the former one may go. How many were."""
    done = 0
    for link in CalendarLink.objects.order_by("pk").iterator():
        if is_current(link.sealed, link.agent_id):
            continue
        try:
            renewed = seal(opened(link.sealed, link.agent_id), link.agent_id)
        except CannotOpen:
            continue  # its owner is told on the page, and gives the address again
        # Only over what was read: the person may have given another calendar meanwhile.
        done += CalendarLink.objects.filter(pk=link.pk, sealed=link.sealed).update(sealed=renewed)
    return done
