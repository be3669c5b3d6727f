"""The states of a booking and the moves between them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    REQUESTED = "requested", _("demandée")
    CONFIRMED = "confirmed", _("confirmée")
    IN_USE = "in_use", _("en cours")
    COMPLETED = "completed", _("terminée")
    CANCELLED = "cancelled", _("annulée")
    REFUSED = "refused", _("refusée")
    NO_SHOW = "no_show", _("non honorée")


#: A booking in one of these keeps its unit: the exclusion constraints look at these, and only these.
HOLDING = (State.REQUESTED, State.CONFIRMED, State.IN_USE)

#: What its holder may still move, shorten or cancel.
CHANGEABLE = (State.REQUESTED, State.CONFIRMED)

#: Nothing happens after these.
FINAL = (State.COMPLETED, State.CANCELLED, State.REFUSED, State.NO_SHOW)

MOVES: dict[State, frozenset[State]] = {
    State.REQUESTED: frozenset({State.CONFIRMED, State.REFUSED, State.CANCELLED}),
    State.CONFIRMED: frozenset({State.IN_USE, State.CANCELLED, State.NO_SHOW, State.COMPLETED}),
    State.IN_USE: frozenset({State.COMPLETED, State.CANCELLED}),
    State.COMPLETED: frozenset(),
    State.CANCELLED: frozenset(),
    State.REFUSED: frozenset(),
    State.NO_SHOW: frozenset(),
}
