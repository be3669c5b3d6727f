"""Bearer tokens: issued once in clear, kept as a hash, recognised in one query."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils import timezone

from bureaux_volants.events.log import Author, record
from bureaux_volants.territory.models import Agent

from .models import Scope, Token

PREFIX = "bv_"
#: Of the clear token, what is kept to recognise it in a list: the prefix and eight characters.
SHOWN = len(PREFIX) + 8
#: A token's last use is written at most this often.
NOTED_EVERY = dt.timedelta(minutes=1)


def _digest(clear: str) -> str:
    # 256 random bits need no salt and no slow hash: nobody can guess what was hashed.
    return hashlib.sha256(clear.encode()).hexdigest()


def issue(
    agent: Agent,
    author: Author,
    *,
    scopes: Iterable[str] = tuple(Scope.values),
    label: str = "",
    expires_at: dt.datetime | None = None,
) -> tuple[Token, str]:
    """Make a token; the second value is the clear token, which nobody can read again. Call it in a transaction.

    ValueError when the agent belongs to no territory: the API would answer nothing to such a token.
    """
    if agent.territory_id is None:
        raise ValueError("no territory")
    clear = PREFIX + secrets.token_urlsafe(32)
    token = Token.objects.create(
        agent=agent,
        label=label,
        prefix=clear[:SHOWN],
        digest=_digest(clear),
        scopes=sorted(set(scopes)),
        created_at=timezone.now(),
        expires_at=expires_at,
    )
    record(agent.territory_id, author, "token.created", "token", token.pk, agent=agent.pk, prefix=token.prefix)
    return token, clear


def revoke_all(agent: Agent, author: Author) -> int:
    """End every token of a person. Returns how many there were. Call it in a transaction."""
    ended = list(Token.objects.select_for_update().filter(agent=agent, revoked_at=None))
    for token in ended:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        if agent.territory_id is not None:
            record(agent.territory_id, author, "token.revoked", "token", token.pk, agent=agent.pk, prefix=token.prefix)
    return len(ended)


# Written out: every request asks it, and composing it anew would take longer than its answer.
_RECOGNISE = """
SELECT a.*, t.id AS token_id, t.scopes AS token_scopes, t.last_used_at AS token_last_used_at
FROM api_token t JOIN territory_agent a ON a.id = t.agent_id
WHERE t.digest = %s AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > %s) AND a.is_active
"""


@dataclass(frozen=True, slots=True)
class Recognised:
    """A token that opens: its number, whose it is, and what it may be used for."""

    id: int
    agent: Agent
    scopes: tuple[str, ...]


def recognise(clear: str, *, now: dt.datetime | None = None) -> Recognised | None:
    """The token and its agent, or None when it is unknown, revoked, expired, or its agent has left."""
    now = now or timezone.now()
    found: Any = next(iter(Agent.objects.raw(_RECOGNISE, [_digest(clear), now])), None)
    if found is None:
        return None
    used_at = found.token_last_used_at
    if used_at is None or used_at <= now - NOTED_EVERY:
        due = Q(last_used_at=None) | Q(last_used_at__lte=now - NOTED_EVERY)
        Token.objects.filter(due, pk=found.token_id).update(last_used_at=now)
    return Recognised(found.token_id, found, tuple(found.token_scopes))
