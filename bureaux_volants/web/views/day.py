"""Ma journée: today, what comes, and what there is to do about it."""

from __future__ import annotations

import datetime as dt

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.queries import bookings_of, coming, is_paused, waiting_of
from bureaux_volants.booking.states import State
from bureaux_volants.charter.acceptance import has_accepted_what_is_in_force
from bureaux_volants.hosting.sides import mine_ahead
from bureaux_volants.keys.holding import has_something
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.calendar import holiday_name, local_day
from bureaux_volants.trials.surveys.answering import asked_of
from bureaux_volants.web.access import AgentRequest, agent_page
from bureaux_volants.web.cards import cards
from bureaux_volants.web.when import first_choice, opening_days

MOST_COMING = 5
MOST_NOTICES = 3
MOST_MEETINGS = 4


@require_safe
@agent_page
def day(request: AgentRequest) -> HttpResponse:
    now = timezone.now()
    directory = request.directory
    today = directory.today(now)
    tomorrow = local_day(today, directory.zone).end
    ahead = list(coming(request.user, now=now).select_related("trip")[: MOST_COMING + 10])
    later = [b for b in ahead if b.start >= tomorrow]
    # Asked once the day is over, for what the authority wants to learn; a week later nobody remembers.
    unanswered = (
        bookings_of(request.user)
        .filter(kind=Kind.DESK, state=State.COMPLETED, counterfactual="", end__gt=now - dt.timedelta(days=7))
        .order_by("-start")
        .first()
    )
    return render(
        request,
        "web/day.html",
        {
            "today": today,
            "holiday": holiday_name(today, directory.departement),
            "now_cards": cards([b for b in ahead if b.start < tomorrow], directory, now, request.user),
            "later_cards": cards(later[:MOST_COMING], directory, now, request.user),
            "meetings": mine_ahead(request.user, now)[:MOST_MEETINGS],
            "has_keys": has_something(request.user),
            "has_more": len(later) > MOST_COMING,
            "waiting": [(w, is_paused(w)) for w in waiting_of(request.user, now=now)],
            "notices": list(Notice.objects.filter(recipient=request.user, read_at=None)[:MOST_NOTICES]),
            "suggested": opening_days(directory, first_choice(directory, now), 4),
            "unanswered": unanswered,
            "surveys": [i for i in asked_of(request.user, today) if not i.has_answered],
            "charter_waits": not has_accepted_what_is_in_force(request.user),
            "counterfactuals": Booking.Counterfactual.choices,
        },
    )
