"""Names go after the territory's number of days; facts stay."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError

from bureaux_volants.booking import jobs, service
from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.retention import anonymise
from bureaux_volants.events.log import Author
from bureaux_volants.events.models import Event
from bureaux_volants.messages.models import Notice
from tests import factories
from tests.factories import NOW, TUESDAY, ask, at

pytestmark = pytest.mark.django_db


def test_a_past_booking_loses_its_name_everywhere_and_keeps_its_fact() -> None:
    metz = factories.territory(names_kept_days=90)
    factories.rules(metz)
    site, ada = factories.site(metz), factories.agent(metz)
    author = Author(ada, Event.Origin.WEB)
    old = service.book(ada, ask(site, start="9", end="12"), author, now=NOW)
    jobs.tick(at(TUESDAY, "18"))
    recent = service.book(ada, ask(site, TUESDAY + dt.timedelta(days=30)), author, now=NOW)
    just_before = at(TUESDAY, "12") + dt.timedelta(days=90)
    assert anonymise(metz, now=just_before) == 0
    assert anonymise(metz, now=just_before + dt.timedelta(seconds=1)) == 1
    old.refresh_from_db()
    assert old.agent.email.startswith("anonyme@")
    assert (old.start, old.end) == (at(TUESDAY, "9"), at(TUESDAY, "12"))
    assert Booking.objects.get(pk=recent.pk).agent == ada
    for event in Event.objects.filter(subject_kind="booking", subject_id=old.pk):
        assert event.actor_id in (None, old.agent_id)
        assert event.data.get("agent") in (None, old.agent_id)
    assert Event.objects.get(subject_id=recent.pk, kind="booking.created").actor == ada
    assert anonymise(metz, now=just_before + dt.timedelta(seconds=2)) == 0


def test_the_log_is_closed_again_after_anonymising() -> None:
    metz = factories.territory()
    factories.rules(metz)
    site, ada = factories.site(metz), factories.agent(metz)
    service.book(ada, ask(site), Author(ada, Event.Origin.WEB), now=NOW)
    anonymise(metz, now=NOW)
    with pytest.raises((DatabaseError, IntegrityError)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE events_event SET kind = 'rewritten'")
    assert Notice.objects.filter(recipient=ada).exists()
