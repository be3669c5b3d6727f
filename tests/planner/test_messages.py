"""Mails of a planned day and of shared rides: nothing that no longer holds, the whole day in one file."""

from __future__ import annotations

import icalendar
import pytest

from bureaux_volants.booking import service
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.messages.about import holds, invitation
from bureaux_volants.messages.models import Notice
from bureaux_volants.planner.booking import book_plan, cancel_plan
from bureaux_volants.planner.models import DayPlan
from bureaux_volants.territory.models import Agent
from tests.booking.words import by
from tests.factories import NOW, TUESDAY, at

from .test_booking import agent, marly, plan, territory, with_the_bike

__all__ = ["agent", "marly", "plan", "territory"]

pytestmark = pytest.mark.django_db


def entries(notice: Notice) -> tuple[str, list[icalendar.Event]]:
    sent = invitation(notice, NOW)
    assert sent is not None
    calendar = icalendar.Calendar.from_ical(sent.text)
    return sent.method, list(calendar.walk("VEVENT"))


def test_a_day_s_mail_holds_while_every_stay_is_as_it_says(plan: DayPlan, agent: Agent) -> None:
    book_plan(agent, plan.reference, with_the_bike(plan), by(agent), now=NOW)
    notice = Notice.objects.get(kind="plan.booked")
    assert holds(notice, NOW)
    assert not holds(notice, at(TUESDAY, "9") + (at(TUESDAY, "9") - NOW))
    desk = Booking.objects.filter(kind=Kind.DESK).earliest("start")
    service.cancel(desk.pk, by(agent), now=NOW)
    assert not holds(notice, NOW)


def test_the_day_s_mail_carries_each_stay_and_the_one_that_gives_it_up_the_same_ones_cancelled(
    plan: DayPlan, agent: Agent
) -> None:
    book_plan(agent, plan.reference, with_the_bike(plan), by(agent), now=NOW)
    method, booked = entries(Notice.objects.get(kind="plan.booked"))
    assert method == "PUBLISH"
    assert len(booked) == Booking.objects.count() > 1
    cancel_plan(agent, plan.reference, by(agent), now=NOW)
    assert not holds(Notice.objects.get(kind="plan.booked"), NOW)
    over = Notice.objects.get(kind="plan.cancelled")
    assert holds(over, NOW)
    _method, cancelled = entries(over)
    assert {str(e["UID"]) for e in cancelled} == {str(e["UID"]) for e in booked}
    assert {str(e["STATUS"]) for e in cancelled} == {"CANCELLED"}
    assert all(int(e["SEQUENCE"]) > 0 for e in cancelled)
