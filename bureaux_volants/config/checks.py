"""What must be true before the service starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

OLDEST_SERVER = 15


@register(Tags.security)
def personas_are_asked_for(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """One-click personas let anybody in: never by accident on a real installation."""
    if settings.BV_DEMO and not settings.DEBUG and not settings.ENVIRONMENT.demo_was_set:
        return [
            Error(
                "Les personnages de démonstration sont ouverts à tous alors que DEBUG est coupé "
                "et que la démonstration n'est pas demandée.",
                hint="Retirez BV_DEMO des réglages, ou mettez BV_DEMO=1 si c'est bien une démonstration.",
                id="bureaux_volants.E001",
            )
        ]
    return []


@register(Tags.database)
def server_is_recent(
    app_configs: Sequence[Any] | None, databases: Sequence[str] | None, **kwargs: Any
) -> list[CheckMessage]:
    """PostgreSQL 15 or later, asked only of the databases that Django names (it does before migrating)."""
    found: list[CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        with connection.cursor():
            version = connection.connection.info.server_version // 10000
        if version < OLDEST_SERVER:
            found.append(
                Error(
                    f"Le serveur est un PostgreSQL {version} : il faut la version {OLDEST_SERVER} ou une plus récente.",
                    id="bureaux_volants.E002",
                )
            )
    return found
