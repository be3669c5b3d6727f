"""Notices are written with the fact they tell of, and reach a real mail server: in order, once, patiently."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.db import transaction

from bureaux_volants.messages import outbox
from bureaux_volants.messages.delivering import BACK_OFF_MINUTES, deliver
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.models import Agent
from tests import factories
from tests.factories import NOW
from tests.messages.conftest import Postmaster, free_port, told

pytestmark = pytest.mark.django_db

LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


def test_a_notice_reaches_its_person_with_its_accents_and_its_page(post: Postmaster, ada: Agent) -> None:
    notice = told(ada)
    assert deliver() == 1
    (mail,) = post.mails
    assert post.envelopes == [["ada@metz.example"]]
    assert mail["Subject"] == "Réservé : Mairie de Woippy"
    assert mail["From"] == "Bureaux volants <bureaux@metz.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    plain, html = mail.iter_parts()
    body = plain.get_content().replace("\r\n", "\n")
    assert "À l'été, l'œuvre est prête : 9\u00a0h à 12\u00a0h." in body
    assert "https://bureaux.metz.example/reservations/K7M2Q/" in body
    marked = html.get_content()
    assert '<html lang="fr">' in marked
    assert "À l&#x27;été, l&#x27;œuvre est prête\u00a0: 9\u00a0h à 12\u00a0h." in marked
    assert 'href="https://bureaux.metz.example/reservations/K7M2Q/"' in marked
    notice.refresh_from_db()
    assert (notice.delivery, notice.attempts, notice.next_attempt_at) == (Notice.Delivery.SENT, 1, None)
    assert notice.sent_at is not None


def test_a_notice_is_sent_once(post: Postmaster, ada: Agent) -> None:
    told(ada)
    assert (deliver(), deliver()) == (1, 0)
    assert len(post.mails) == 1


def test_notices_go_out_in_the_order_in_which_they_were_written(post: Postmaster, ada: Agent) -> None:
    for n in range(5):
        told(ada, f"n° {n}", at=NOW + dt.timedelta(seconds=n))
    with time_machine.travel(NOW + dt.timedelta(minutes=1)):
        assert deliver(limit=3) == 3
        assert deliver() == 2
    assert [m["Subject"] for m in post.mails] == [f"n° {n}" for n in range(5)]


def test_the_message_id_is_the_same_at_every_try(post: Postmaster, ada: Agent) -> None:
    notice = told(ada)
    deliver()
    # As if the worker had been killed between the server's answer and the commit.
    Notice.objects.update(delivery=Notice.Delivery.PENDING, next_attempt_at=LONG_AGO)
    deliver()
    assert [m["Message-ID"] for m in post.mails] == [f"<notice-{notice.pk}@bureaux.metz.example>"] * 2


def test_a_refused_mail_waits_longer_each_time_and_is_given_up_at_last(post: Postmaster, ada: Agent) -> None:
    now = dt.datetime(2026, 11, 30, 9, tzinfo=dt.UTC)
    notice = told(ada, at=now)
    post.answers = ["451 try again later"] * 20
    for minutes in BACK_OFF_MINUTES:
        with time_machine.travel(now, tick=False):
            assert deliver() == 0
            assert deliver() == 0  # not due any more
        notice.refresh_from_db()
        assert notice.next_attempt_at == now + dt.timedelta(minutes=minutes)
        assert notice.delivery == Notice.Delivery.PENDING
        now = notice.next_attempt_at
    with time_machine.travel(now, tick=False):
        deliver()
    notice.refresh_from_db()
    assert (notice.delivery, notice.attempts) == (Notice.Delivery.FAILED, len(BACK_OFF_MINUTES) + 1)
    assert "451" in notice.last_error
    with time_machine.travel(now + dt.timedelta(days=30), tick=False):
        assert deliver() == 0
    assert post.mails == []
    assert len(post.answers) == 20 - len(BACK_OFF_MINUTES) - 1


def test_a_mail_refused_once_is_sent_at_the_next_try(post: Postmaster, ada: Agent) -> None:
    notice = told(ada, at=NOW)
    post.answers = ["421 busy"]
    with time_machine.travel(NOW, tick=False):
        assert deliver() == 0
    with time_machine.travel(NOW + dt.timedelta(minutes=1), tick=False):
        assert deliver() == 1
    notice.refresh_from_db()
    assert (notice.delivery, notice.attempts) == (Notice.Delivery.SENT, 2)


def test_an_unknown_mailbox_does_not_hold_up_the_others(post: Postmaster, ada: Agent) -> None:
    post.refused = {"gone@metz.example": "550 no such mailbox"}
    lost = told(factories.agent(ada.territory, email="gone@metz.example"))  # type: ignore[arg-type]
    told(ada)
    assert deliver() == 1
    lost.refresh_from_db()
    assert lost.attempts == 1
    assert "550" in lost.last_error


def test_a_mail_that_cannot_be_written_does_not_hold_up_the_others(post: Postmaster, ada: Agent) -> None:
    broken = told(ada, at=LONG_AGO)
    Notice.objects.update(subject="two\nlines")
    told(ada, "sound")
    assert deliver() == 1
    assert [m["Subject"] for m in post.mails] == ["sound"]
    broken.refresh_from_db()
    assert "BadHeaderError" in broken.last_error


def test_a_server_that_is_not_there_is_waited_for(settings: Any, post: Postmaster, ada: Agent) -> None:
    there = settings.EMAIL_PORT
    settings.EMAIL_PORT = free_port()
    notice = told(ada)
    assert deliver() == 0
    notice.refresh_from_db()
    assert "ConnectionRefusedError" in notice.last_error
    settings.EMAIL_PORT = there
    Notice.objects.update(next_attempt_at=LONG_AGO)
    assert deliver() == 1


def test_a_notice_of_a_change_that_is_undone_is_never_sent(post: Postmaster, ada: Agent) -> None:
    with transaction.atomic():
        told(ada)
        transaction.set_rollback(True)
    assert deliver() == 0
    assert not Notice.objects.exists()


def test_who_has_no_account_any_more_gets_no_mail_but_the_notice_is_kept(post: Postmaster, ada: Agent) -> None:
    ada.is_active = False
    ada.save()
    notice = told(ada)
    assert deliver() == 0
    assert (notice.delivery, notice.next_attempt_at) == (Notice.Delivery.NONE, None)


def test_a_notice_may_be_for_the_list_only(post: Postmaster, ada: Agent) -> None:
    told(ada, is_sent=False)
    assert deliver() == 0


def test_a_person_without_territory_cannot_be_told() -> None:
    nobody = Agent.objects.create(email="root@metz.example")
    with pytest.raises(ValueError, match="territory"):
        outbox.write(nobody, "test", "Objet", "Texte")
