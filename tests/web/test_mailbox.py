"""The demonstration's mailbox shows what its worker has really written, and nothing outside a demonstration."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import time_machine

from bureaux_volants.booking import service
from bureaux_volants.messages import outbox
from bureaux_volants.messages.delivering import deliver
from bureaux_volants.territory.models import Territory
from bureaux_volants.web.mailbox import SHOWN, mails
from tests import factories
from tests.booking.words import booked, by
from tests.factories import NOW

from .conftest import World

PAGE = "/demo/courrier/"


@pytest.fixture
def written(world: World, settings: Any, tmp_path: Path) -> Path:
    """A demonstration whose mails go to files, by Django's own backend."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    Territory.objects.filter(pk=world.territory.pk).update(is_demonstration=True)
    return tmp_path


def test_a_booking_s_mail_is_there_with_what_it_puts_in_the_calendar(world: World, written: Path) -> None:
    assert "Aucun courriel" in world.client.get(PAGE).content.decode()
    booking = booked(world.mairie, world.agent)
    assert deliver() == 1
    page = world.client.get(PAGE).content.decode()
    assert world.agent.email in page
    (mail,) = mails(written, world.territory.pk)
    assert abs(mail.at - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=5)
    assert "Réservation confirmée" in page
    assert "Pour l&#x27;agenda\u00a0:" in page or "Pour l'agenda\u00a0:" in page
    service.cancel(booking.pk, by(world.other), now=NOW)
    assert deliver() == 1
    assert "Retiré de l" in world.client.get(PAGE).content.decode()


def test_only_the_last_ones_to_people_of_the_territory_are_read(world: World, written: Path) -> None:
    stranger = factories.agent(factories.territory())
    for n in range(SHOWN + 5):
        outbox.write(stranger if n == 2 else world.agent, "test.word", f"n° {n}", "Bonjour.", at=NOW)
    with time_machine.travel(NOW, tick=False):
        while deliver():
            pass
    # The ceiling of an hour holds some of them back: more than twenty leave together.
    found = mails(written, world.territory.pk)
    assert 0 < len(found) <= SHOWN
    assert {m.to for m in found} == {world.agent.email}
    (written / "00000000-000000-1.log").write_bytes(b"rien\n" + b"-" * 79 + b"\n")
    assert mails(written, world.territory.pk) == found


def test_there_is_no_mailbox_outside_a_demonstration(world: World, settings: Any, tmp_path: Path) -> None:
    settings.EMAIL_FILE_PATH = str(tmp_path)
    assert world.client.get(PAGE).status_code == 404
    Territory.objects.filter(pk=world.territory.pk).update(is_demonstration=True)
    settings.EMAIL_FILE_PATH = None
    assert world.client.get(PAGE).status_code == 404
