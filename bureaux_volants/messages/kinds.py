"""What people may be told of, in the few groups that one chooses a pace for. A kind is `room.word`; its group is its room's."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Group(models.TextChoices):
    """What a person decides about at once."""

    BOOKINGS = "bookings", _("Mes réservations")
    REMINDERS = "reminders", _("Rappels")
    RIDES = "rides", _("Covoiturage")
    MEETINGS = "meetings", _("Besoins et rencontres")
    TRIALS = "trials", _("Essais auxquels je participe")
    SURVEYS = "surveys", _("Enquêtes")
    REQUESTS = "requests", _("Demandes qui attendent ma réponse")
    HOSTING = "hosting", _("Accueil de mon site")
    FLEET = "fleet", _("Gestion de flotte")
    ACCOUNT = "account", _("Mon compte")


#: First word of a kind -> its group, unless the whole kind is in EXCEPTIONS.
_BY_ROOM = {
    "booking": Group.BOOKINGS,
    "series": Group.BOOKINGS,
    "plan": Group.BOOKINGS,
    "site": Group.BOOKINGS,
    "waiting": Group.BOOKINGS,
    "vehicle": Group.BOOKINGS,
    "papers": Group.BOOKINGS,
    "reminder": Group.REMINDERS,
    "ride": Group.RIDES,
    "need": Group.MEETINGS,
    "meeting": Group.MEETINGS,
    "trial": Group.TRIALS,
    "survey": Group.SURVEYS,
    "host": Group.HOSTING,
    "handover": Group.HOSTING,
    "fleet": Group.FLEET,
    "key": Group.FLEET,
    "account": Group.ACCOUNT,
}
_EXCEPTIONS = {
    "host.request": Group.REQUESTS,
    "manager.request": Group.REQUESTS,
    # A word from the reception to whoever comes: it is theirs, not the reception's.
    "host.message": Group.BOOKINGS,
}


def group_of(kind: str) -> Group:
    """The group of a kind; one that nobody placed is the person's own affair."""
    return _EXCEPTIONS.get(kind) or _BY_ROOM.get(kind.partition(".")[0], Group.BOOKINGS)
