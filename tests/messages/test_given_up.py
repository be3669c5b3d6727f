"""Mails that are not sent, or not again: nobody is written to who left, and a no for good is taken for one."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

import pytest
import time_machine

from bureaux_volants.messages.delivering import BACK_OFF_MINUTES, deliver
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.models import Agent
from tests import factories
from tests.factories import NOW
from tests.messages.conftest import Postmaster, free_port, told

pytestmark = pytest.mark.django_db

LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
MUCH_LATER = dt.datetime(2040, 1, 1, tzinfo=dt.UTC)


def outcome(notice: Notice) -> tuple[str, int, dt.datetime | None]:
    notice.refresh_from_db()
    return notice.delivery, notice.attempts, notice.next_attempt_at


@pytest.fixture
def gone(ada: Agent) -> Agent:
    assert ada.territory is not None
    return factories.agent(ada.territory, email="gone@metz.example")


# -- who left meanwhile


def test_who_left_between_the_writing_and_the_sending_is_not_written_to(
    post: Postmaster, ada: Agent, gone: Agent
) -> None:
    waiting, other = told(gone, at=LONG_AGO), told(ada, "après")
    Agent.objects.filter(pk=gone.pk).update(is_active=False)
    assert deliver() == 1
    assert post.envelopes == [["ada@metz.example"]]
    assert outcome(waiting) == (Notice.Delivery.NONE, 0, None)
    assert outcome(other)[0] == Notice.Delivery.SENT
    # What was told is kept, and is not sent later either.
    assert (waiting.last_error, waiting.sent_at) == ("", None)
    with time_machine.travel(MUCH_LATER):
        assert deliver() == 0
    assert len(post.mails) == 1


def test_who_left_between_two_tries_is_not_tried_again(post: Postmaster, gone: Agent) -> None:
    notice = told(gone, at=NOW)
    post.answers = ["451 try again later"]
    with time_machine.travel(NOW, tick=False):
        deliver()
    assert outcome(notice)[0] == Notice.Delivery.PENDING
    Agent.objects.filter(pk=gone.pk).update(is_active=False)
    with time_machine.travel(NOW + dt.timedelta(days=1), tick=False):
        assert deliver() == 0
    assert outcome(notice) == (Notice.Delivery.NONE, 1, None)
    assert post.mails == []


def test_those_who_left_do_not_use_up_the_mails_of_a_round_for_good(post: Postmaster, ada: Agent, gone: Agent) -> None:
    for _ in range(3):
        told(gone, at=LONG_AGO)
    told(ada)
    Agent.objects.filter(pk=gone.pk).update(is_active=False)
    assert deliver(limit=2) == 0
    assert deliver(limit=2) == 1


# -- a no for good


@pytest.mark.parametrize("code", [500, 550, 551, 553, 554, 599])
def test_a_mailbox_that_does_not_exist_is_given_up_at_once(post: Postmaster, gone: Agent, code: int) -> None:
    post.refused = {gone.email: f"{code} no such mailbox"}
    notice = told(gone, at=NOW)
    with time_machine.travel(NOW, tick=False):
        assert deliver() == 0
    assert outcome(notice) == (Notice.Delivery.FAILED, 1, None)
    assert str(code) in notice.last_error
    post.refused = {}
    with time_machine.travel(NOW + dt.timedelta(days=30), tick=False):
        assert deliver() == 0
    assert post.mails == []


def test_a_content_that_the_server_will_not_take_is_given_up_at_once(post: Postmaster, ada: Agent) -> None:
    notice = told(ada, at=NOW)
    post.answers = ["554 not wanted here"]
    with time_machine.travel(NOW, tick=False):
        assert deliver() == 0
    assert outcome(notice) == (Notice.Delivery.FAILED, 1, None)
    assert "554" in notice.last_error


@pytest.mark.parametrize("code", [421, 450, 451, 452])
def test_a_mailbox_that_is_busy_is_tried_again(post: Postmaster, ada: Agent, code: int) -> None:
    post.refused = {ada.email: f"{code} greylisted"}
    notice = told(ada, at=NOW)
    with time_machine.travel(NOW, tick=False):
        assert deliver() == 0
    again = NOW + dt.timedelta(minutes=BACK_OFF_MINUTES[0])
    assert outcome(notice) == (Notice.Delivery.PENDING, 1, again)
    post.refused = {}
    with time_machine.travel(again, tick=False):
        assert deliver() == 1
    assert outcome(notice) == (Notice.Delivery.SENT, 2, None)


def test_what_the_server_says_against_us_is_waited_for(post: Postmaster, settings: Any, ada: Agent) -> None:
    """It concerns every mail: giving up would lose all of them for one wrong setting."""
    notice = told(ada, at=NOW)
    post.unwelcome = {"bureaux@metz.example": "553 sender not allowed"}
    with time_machine.travel(NOW, tick=False):
        assert deliver() == 0
    assert outcome(notice)[:2] == (Notice.Delivery.PENDING, 0)
    assert "553" in notice.last_error
    # A password that the server does not even ask for.
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "bureaux", "faux"
    with time_machine.travel(NOW + dt.timedelta(hours=1), tick=False):
        assert deliver() == 0
    assert outcome(notice)[:2] == (Notice.Delivery.PENDING, 0)
    assert "SMTP" in notice.last_error
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_PORT, there = free_port(), settings.EMAIL_PORT
    with time_machine.travel(NOW + dt.timedelta(hours=2), tick=False):
        assert deliver() == 0
    settings.EMAIL_PORT, post.unwelcome = there, {}
    with time_machine.travel(NOW + dt.timedelta(hours=9), tick=False):
        assert deliver() == 1


def test_what_is_given_up_is_said_aloud_once(post: Postmaster, gone: Agent, caplog: pytest.LogCaptureFixture) -> None:
    post.refused = {gone.email: "550 no such mailbox"}
    notice = told(gone)
    with caplog.at_level(logging.ERROR):
        deliver()
        deliver()
    assert [r.getMessage() for r in caplog.records] == [f"notice {notice.pk} given up, tries: 1"]


# -- one line


@pytest.mark.parametrize(
    "subject",
    [
        "Mairie\nde Marly",
        "Mairie\r\nde Marly",
        " Mairie \t de\n\n Marly\n",
        "Mairie\u2028de\x0bMarly",
        "Mairie\x85de Marly",
    ],
)
def test_a_subject_is_one_line_whatever_the_names_in_it(post: Postmaster, ada: Agent, subject: str) -> None:
    notice = told(ada, subject)
    assert deliver() == 1
    assert outcome(notice)[0] == Notice.Delivery.SENT
    assert notice.subject == "Mairie de Marly"
    (mail,) = post.mails
    assert mail["Subject"] == "Mairie de Marly"
