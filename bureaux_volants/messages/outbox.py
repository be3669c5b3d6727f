"""Writing notices, with the fact they tell of. They are delivered after (delivering.py)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection
from django.utils import timezone

from bureaux_volants.territory.models import Agent
from bureaux_volants.territory.rows import insert

from .models import Notice, Occasion


def write(
    recipient: Agent,
    kind: str,
    subject: str,
    body: str,
    path: str = "",
    *,
    at: dt.datetime | None = None,
    is_sent: bool = True,
    about: str = "",
    told: dict[str, Any] | None = None,
    needed_by: dt.datetime | None = None,
) -> Notice:
    """Put a notice in the outbox, in the caller's transaction. `path` is the page it speaks of, without host.

    `about`: the row it speaks of, `name:id`, and `told`, what it says of it: looked at again when it leaves (about.py).
    `needed_by`: neither a digest nor quiet hours make it later than this. `is_sent` false: for the list alone.

    Raises ValueError for a person without a territory: nobody could ever be shown the notice.
    """
    if recipient.territory_id is None:
        raise ValueError("a notice needs a recipient with a territory")
    now = at or timezone.now()
    notice = Notice(
        territory_id=recipient.territory_id,
        recipient=recipient,
        kind=kind,
        subject=" ".join(subject.split()),  # a mail's subject is one line
        body=body,
        path=path,
        created_at=now,
        about=about,
        told=told,
        needed_by=needed_by,
        delivery=Notice.Delivery.PENDING if is_sent and recipient.is_active else Notice.Delivery.NONE,
        next_attempt_at=now if is_sent and recipient.is_active else None,
    )
    insert(notice)
    return notice


def is_first_time(territory_id: int, key: str, at: dt.datetime) -> bool:
    """Whether nobody was told on this occasion yet; from now on somebody was. In the transaction that writes the notice.

    Of two workers at once one waits for the other here, and is told no.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Occasion._meta.db_table} (territory_id, key, at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",  # noqa: S608
            [territory_id, key, at],
        )
        return bool(cursor.rowcount == 1)
