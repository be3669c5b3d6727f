"""One change to a box at a time. Advisory, as booking's locks, and numbered after them; taken by whoever holds none of a
person or a site, so that nobody waits in a circle."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

#: Booking's locks are 1 to 3, the followers' 4.
BOX = 5


def lock_boxes(ids: Iterable[int]) -> None:
    """Wait for these boxes; held until the transaction ends."""
    wanted = sorted(set(ids))
    if not wanted:
        return
    with connection.cursor() as cursor:
        places = ",".join(["(%s::int,%s::int)"] * len(wanted))
        cursor.execute(
            f"SELECT pg_advisory_xact_lock(k, i) FROM (VALUES {places}) AS wanted(k, i)",  # noqa: S608 -- placeholders only
            [value for box in wanted for value in (BOX, box)],
        )
