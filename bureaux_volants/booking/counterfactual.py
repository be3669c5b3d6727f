"""Where the person would have worked without the desk: what makes an honest evaluation possible later."""

from __future__ import annotations

from bureaux_volants.events.log import Author, record

from .locks import in_transaction, lock
from .models import Booking


@in_transaction
def say(booking_id: int, author: Author, answer: Booking.Counterfactual) -> None:
    """Note the answer, or a better one. The log says that it was given, not what it is: it is about a home."""
    booking = Booking.objects.get(pk=booking_id)
    lock(people=[booking.agent_id], sites=[])
    if booking.counterfactual != answer:
        Booking.objects.filter(pk=booking_id).update(counterfactual=answer)
        record(
            booking.territory_id, author, "booking.counterfactual", "booking", booking_id, reference=booking.reference
        )
