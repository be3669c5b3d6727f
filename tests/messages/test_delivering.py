"""What is due is looked at once more: what no longer holds stays, what can wait waits, and nobody is flooded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from bureaux_volants.messages import about
from bureaux_volants.messages.delivering import CEILING, deliver
from bureaux_volants.messages.models import DeliveryPreferences, Notice
from bureaux_volants.territory.models import Agent
from tests import factories
from tests.factories import NOW
from tests.messages.conftest import Postmaster, free_port, told

pytestmark = pytest.mark.django_db

Delivery = Notice.Delivery


def wants(who: Agent, **fields: Any) -> None:
    assert who.territory is not None
    DeliveryPreferences.objects.update_or_create(agent=who, defaults={"territory": who.territory, **fields})


def at(hours: float) -> Any:
    return time_machine.travel(NOW + dt.timedelta(hours=hours), tick=False)


def state(notice: Notice) -> str:
    notice.refresh_from_db()
    return str(notice.delivery)


@pytest.fixture
def facts() -> Iterator[set[int]]:
    """Rows of some room: a notice about one of them holds while it is in the set."""
    true: set[int] = set()
    about.register("fact", about.Subject(lambda notice, now: int(notice.about.partition(":")[2]) in true))
    yield true
    about._subjects.pop("fact")


def test_what_no_longer_holds_is_not_sent_and_stays_in_the_list(post: Postmaster, ada: Agent, facts: set[int]) -> None:
    facts.add(1)
    true, false = told(ada, "vrai", about="fact:1"), told(ada, "plus vrai", about="fact:2")
    assert deliver() == 1
    assert [m["Subject"] for m in post.mails] == ["vrai"]
    assert (state(true), state(false)) == (Delivery.SENT, Delivery.STALE)
    facts.add(2)
    assert deliver() == 0


def test_what_stops_holding_between_two_tries_is_not_tried_again(post: Postmaster, ada: Agent, facts: set[int]) -> None:
    facts.add(1)
    notice = told(ada, about="fact:1", at=NOW)
    post.answers = ["451 later"]
    with at(0):
        deliver()
    facts.clear()
    with at(1):
        assert deliver() == 0
    assert state(notice) == Delivery.STALE
    assert post.mails == []


def test_who_wants_one_mail_a_day_gets_one_with_everything(post: Postmaster, ada: Agent) -> None:
    wants(ada, paces={"hosting": "daily"}, digest_at=dt.time(18))
    for n in range(3):
        with at(0):
            told(ada, f"n° {n}", kind="host.word")
            assert deliver() == 0
    with at(24):
        assert deliver() == 3
        assert deliver() == 0
    (mail,) = post.mails
    assert mail["Subject"] == "3 messages : n° 0"
    plain, html = (part.get_content() for part in mail.iter_parts())
    assert all(f"n° {n}" in plain and f"n° {n}</h2>" in html for n in range(3))


def test_a_digest_leaves_out_what_no_longer_holds(post: Postmaster, ada: Agent, facts: set[int]) -> None:
    wants(ada, paces={"hosting": "daily"})
    facts.update({1, 2})
    with at(0):
        kept, gone = (told(ada, f"n° {n}", kind="host.word", about=f"fact:{n}") for n in (1, 2))
        deliver()
    facts.remove(2)
    with at(24):
        assert deliver() == 1
    assert (state(kept), state(gone)) == (Delivery.SENT, Delivery.STALE)
    assert post.mails[0]["Subject"] == "n° 1"


def test_a_digest_that_is_refused_is_tried_again_whole_under_the_same_key(post: Postmaster, ada: Agent) -> None:
    wants(ada, paces={"hosting": "daily"})
    with at(0):
        for n in range(2):
            told(ada, f"n° {n}", kind="host.word")
        deliver()
    post.answers = ["451 later"]
    with at(24):
        assert deliver() == 0
    with at(25):
        assert deliver() == 2
    assert len(post.mails) == 1


def test_what_is_needed_before_the_mail_of_the_day_leaves_now(post: Postmaster, ada: Agent) -> None:
    wants(ada, paces={"hosting": "daily"})
    with at(0):
        told(ada, "tout à l'heure", kind="host.word", needed_by=NOW + dt.timedelta(hours=1))
        told(ada, "dans dix jours", kind="host.word", needed_by=NOW + dt.timedelta(days=10))
        assert deliver() == 1
    assert post.mails[0]["Subject"] == "tout à l'heure"


def test_what_is_for_the_list_alone_is_never_mailed(post: Postmaster, ada: Agent) -> None:
    wants(ada, paces={"hosting": "list_only"})
    notice = told(ada, kind="host.word")
    assert deliver() == 0
    assert state(notice) == Delivery.NONE


def test_quiet_hours_are_those_of_the_territorys_clock(post: Postmaster, ada: Agent) -> None:
    # NOW is 9 in the morning in Paris.
    local = NOW.astimezone(ada.territory.zone).time()  # type: ignore[union-attr]
    wants(ada, quiet_from=dt.time(local.hour - 1), quiet_until=dt.time(local.hour + 2))
    with at(0):
        told(ada)
        assert deliver() == 0
    with at(1.9):
        assert deliver() == 0
    with at(2):
        assert deliver() == 1


def test_nobody_gets_more_than_the_ceiling_in_an_hour_and_nothing_is_lost(post: Postmaster, ada: Agent) -> None:
    """A fault that writes a thousand notices makes a few mails."""
    with at(0):
        for n in range(CEILING + 230):
            told(ada, f"n° {n}", at=NOW)
        assert deliver(limit=1000) == CEILING
        assert len(post.mails) == CEILING
        other = told(factories.agent(ada.territory, email="other@metz.example"), at=NOW)  # type: ignore[arg-type]
        assert deliver(limit=1000) == 1
        assert state(other) == Delivery.SENT
    with at(0.9):
        assert deliver(limit=1000) == 0
    with at(1):
        assert deliver(limit=1000) == 230
    assert len(post.mails) == CEILING + 1 + 3  # bundles of a hundred
    assert not Notice.objects.filter(delivery=Delivery.PENDING).exists()
    text = "\n".join(
        part.get_content() for m in post.mails for part in m.iter_parts() if "plain" in part["Content-Type"]
    )
    subjects = {str(m["Subject"]) for m in post.mails}
    assert all(f"n° {n}\n" in text.replace("\r", "") or f"n° {n}" in subjects for n in range(CEILING + 230))


def test_a_mail_server_that_is_away_for_a_week_costs_nothing(post: Postmaster, settings: Any, ada: Agent) -> None:
    there, settings.EMAIL_PORT = settings.EMAIL_PORT, free_port()
    notices = [told(ada, f"n° {n}", at=NOW) for n in range(3)]
    for day in range(8):
        with at(24 * day):
            assert deliver() == 0
    assert {(state(n), n.attempts) for n in notices} == {(Delivery.PENDING, 0)}
    assert all("ConnectionRefusedError" in n.last_error for n in notices)
    settings.EMAIL_PORT = there
    with at(24 * 8):
        assert deliver() == 3


def test_a_mail_that_makes_the_server_hang_up_holds_up_none_of_the_others(post: Postmaster, ada: Agent) -> None:
    poison = told(ada, "poison", at=NOW)
    post.answers = ["421 hanging up"]
    told(ada, "sain", at=NOW)
    with at(0):
        assert deliver() == 1
    assert [m["Subject"] for m in post.mails] == ["sain"]
    assert (state(poison), poison.attempts) == (Delivery.PENDING, 1)
