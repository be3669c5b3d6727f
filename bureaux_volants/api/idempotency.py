"""A client that repeats a creation gets the first answer again, and nothing is created twice.

Only successes are kept, for a day: after a refusal the same key may be tried again, and succeeds when a place has been
freed meanwhile. The whole runs in one transaction that first waits for the key, so that of two simultaneous requests
the second finds what the first has made. The key is waited for before people and sites, always: nobody waits in a ring.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bureaux_volants.booking.locks import IDEMPOTENCY_KEY
from bureaux_volants.territory.models import Agent

from .models import IdempotentRequest
from .problems import Problem

KEPT = dt.timedelta(hours=24)


def fingerprint(what: str, content: Any) -> str:
    """Tells two requests apart by what they ask, not by how their JSON is written."""
    text = json.dumps([what, content], sort_keys=True, cls=DjangoJSONEncoder)
    return hashlib.sha256(text.encode()).hexdigest()


def _wait_for(agent: Agent, key: str) -> None:
    digest = hashlib.sha256(f"{agent.pk}:{key}".encode()).digest()
    number = int.from_bytes(digest[:4], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s::int, %s::int)", [IDEMPOTENCY_KEY, number])


def once(
    agent: Agent, key: str | None, asked: str, create: Callable[[], dict[str, Any]], *, now: dt.datetime | None = None
) -> tuple[dict[str, Any], bool]:
    """Run `create`, or give back what it made for the same key. The second value tells a repetition.

    `asked` is the request's fingerprint: Problem `idempotency-key-reused` when the key came with another one.
    """
    if key is None:
        return create(), False
    now = now or timezone.now()
    with transaction.atomic():
        _wait_for(agent, key)
        known = IdempotentRequest.objects.filter(agent=agent, key=key, created_at__gt=now - KEPT).first()
        if known is not None:
            if known.fingerprint != asked:
                raise Problem(
                    "idempotency-key-reused", _("Cette clé a servi à une autre demande : prenez-en une neuve.")
                )
            return dict(known.body), True
        # Nothing is written before the booking's own locks: the event log relies on it (events/log.py).
        body = json.loads(json.dumps(create(), cls=DjangoJSONEncoder))
        IdempotentRequest.objects.update_or_create(
            agent=agent, key=key, defaults={"fingerprint": asked, "status": 201, "body": body, "created_at": now}
        )
        return body, False


def forget_old(*, now: dt.datetime | None = None) -> int:
    """Drop the answers that are no longer repeated. Returns how many."""
    return IdempotentRequest.objects.filter(created_at__lte=(now or timezone.now()) - KEPT).delete()[0]
