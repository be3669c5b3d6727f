"""Which week a page shows."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.utils import timezone
from django.utils.translation import gettext as _

from bureaux_volants.territory.calendar import monday_of

from .access import AgentRequest

#: How far around today a week in an address is believed.
FARTHEST = dt.timedelta(days=730)


def asked_monday(request: AgentRequest) -> dt.date:
    """The Monday of the week that the address names (`week`, any day of it), of today's otherwise."""
    today = request.directory.today(timezone.now())
    try:
        day = dt.date.fromisoformat(request.GET.get("week", ""))
        if abs(day - today) > FARTHEST:
            messages.info(request, _("Cette semaine est trop éloignée : voici celle d'aujourd'hui."))
            day = today
    except ValueError:
        # At the end of the week, the next one is what matters.
        day = today + dt.timedelta(days=2 if today.isoweekday() >= 6 else 0)
    return monday_of(day)
