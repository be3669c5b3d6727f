"""The key on the pages: its code to its holder alone, in its window, nowhere else; what somebody has; how it goes back."""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Iterator

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bureaux_volants.booking import service
from bureaux_volants.booking.models import Booking, Kind, Resource
from bureaux_volants.booking.placing import Ask
from bureaux_volants.booking.states import State
from bureaux_volants.fleet.models import Reading
from bureaux_volants.keys import declaring
from bureaux_volants.keys.access import code_for
from bureaux_volants.keys.models import Access, Box, Custody
from bureaux_volants.territory.models import Agent
from tests import factories
from tests.factories import NOW, TUESDAY, at
from tests.keys.conftest import Scene, by

NINE = at(TUESDAY, "9")


@pytest.fixture
def box(db: None) -> Scene:
    made = Scene()
    made.enrol()
    made.box.place = "hall, à gauche"
    made.box.save()
    return made


@pytest.fixture
def mechanical(db: None) -> Scene:
    made = Scene(Box.Adapter.MANUAL)
    made.box.mechanical_code = "4711"
    made.box.save()
    return made


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(NOW, tick=False) as moved:
        yield moved


def browser(agent: Agent) -> Client:
    client = Client()
    client.force_login(agent, backend="django.contrib.auth.backends.ModelBackend")
    return client


def seen(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def page_of(booking: Booking) -> str:
    return f"/reservations/{booking.reference}/"


def shown_code(text: str) -> str:
    """The digits as they stand on the page, "" when there are none."""
    found = re.search(r'class="key-code">(.*?)</p>', text, re.S)
    return re.sub(r"\D", "", re.sub(r"<[^>]*>", "", found[1])) if found else ""


def test_the_code_is_shown_to_its_holder_in_its_window_and_nowhere_else(
    box: Scene, clock: time_machine.Coordinates, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    booking = box.granted(bike=1).booking
    me = browser(booking.agent)
    before = seen(me, page_of(booking))
    assert shown_code(before) == ""
    assert "apparaîtra ici" in before
    clock.move_to(NINE)
    me = browser(booking.agent)
    digits = code_for(booking, booking.agent, now=NINE).digits
    caplog.clear()
    for path in (page_of(booking), "/", "/prendre/"):
        text = seen(me, path)
        assert shown_code(text) == digits, path
        title, links = (
            re.search(r"<title>(.*?)</title>", text, re.S),
            re.findall(r'(?:href|action|hx-get)="([^"]*)"', text),
        )
        assert title is not None
        assert digits not in title[1]
        assert not any(digits in link for link in links)
        assert {"Hall", "hall, à gauche"} <= set(re.findall(r"Hall|hall, à gauche", text)), path
    assert me.get(page_of(booking)).headers["Cache-Control"] == "private, no-store"
    assert digits not in caplog.text
    others = browser(factories.agent(box.territory))
    for path in ("", "cle/", "rendre/"):
        assert others.get(page_of(booking) + path).status_code == 404
    assert others.post(page_of(booking) + "cle/prise/").status_code == 404
    clock.move_to(booking.end)
    assert shown_code(seen(me, page_of(booking))) == ""


def test_the_part_with_the_code_is_sent_again_only_when_something_changed(
    box: Scene, clock: time_machine.Coordinates
) -> None:
    booking = box.granted(bike=1).booking
    clock.move_to(NINE)
    me = browser(booking.agent)
    poll = re.search(r'hx-get="([^"]*)"', seen(me, page_of(booking)))
    assert poll is not None
    assert me.get(poll[1], headers={"HX-Request": "true"}).status_code == 204
    assert box.cabinet is not None
    box.cabinet.sends(box.cabinet.out(box.live(booking), NINE), now=NINE)
    after = me.get(poll[1], headers={"HX-Request": "true"})
    assert after.status_code == 200
    assert "Prise" in after.content.decode()
    assert me.get(poll[1]).status_code == 302  # without a script: the whole page


def test_a_mechanical_box_is_taken_from_and_returned_to_on_the_holders_word(
    mechanical: Scene, clock: time_machine.Coordinates
) -> None:
    booking = mechanical.granted(bike=1).booking
    clock.move_to(NINE)
    me = browser(booking.agent)
    text = seen(me, page_of(booking))
    assert shown_code(text) == "4711"
    assert "J&#x27;ai pris la clé" in text or "J'ai pris la clé" in text
    me.post(page_of(booking) + "cle/prise/")
    booking.refresh_from_db()
    assert booking.state == State.IN_USE
    assert "Vélo 1" in seen(me, "/prendre/garde/")
    clock.move_to(at(TUESDAY, "11"))
    assert me.post(page_of(booking) + "rendre/", {"condition": "good"}).url == "/"  # type: ignore[attr-defined]
    booking.refresh_from_db()
    assert (booking.state, booking.end) == (State.COMPLETED, at(TUESDAY, "11"))
    assert mechanical.where(1).slot == 1
    assert "ni clé ni carte" in seen(me, "/prendre/garde/")


def test_taking_too_early_at_a_mechanical_box_says_why_and_changes_nothing(
    mechanical: Scene, clock: time_machine.Coordinates
) -> None:
    booking = mechanical.granted(bike=1).booking
    me = browser(booking.agent)
    answer = me.post(page_of(booking) + "cle/prise/", follow=True)
    assert "Il est trop tôt" in answer.content.decode()
    booking.refresh_from_db()
    assert booking.state == State.CONFIRMED


def test_what_is_told_at_return_is_kept_and_the_box_ends_the_loan(box: Scene, clock: time_machine.Coordinates) -> None:
    booking = box.granted(bike=1).booking
    assert box.cabinet is not None
    box.cabinet.sends(box.cabinet.out(box.live(booking), NINE), now=NINE)
    ten = at(TUESDAY, "10")
    clock.move_to(ten)
    me = browser(booking.agent)
    box.box.refresh_from_db()
    box.box.last_seen_at = ten
    box.box.save()
    assert me.post(page_of(booking) + "rendre/", {"condition": "report"}).url == "/prendre/garde/"  # type: ignore[attr-defined]
    booking.refresh_from_db()
    assert booking.state == State.IN_USE
    assert Reading.objects.get(booking=booking).condition == Reading.Condition.REPORT
    garde = seen(me, "/prendre/garde/")
    assert shown_code(garde) == code_for(booking, booking.agent, now=ten).digits
    box.cabinet.sends(box.cabinet.back(1, ten, through=2), now=ten)
    booking.refresh_from_db()
    assert (booking.state, booking.end) == (State.COMPLETED, ten)
    assert "case 2" in seen(me, page_of(booking))
    assert "ni clé ni carte" in seen(me, "/prendre/garde/")


def test_the_state_of_what_is_back_already_can_still_be_told_once(box: Scene, clock: time_machine.Coordinates) -> None:
    booking = box.granted(bike=1).booking
    assert box.cabinet is not None
    box.cabinet.sends(box.cabinet.out(box.live(booking), NINE), now=NINE)
    ten = at(TUESDAY, "10")
    box.cabinet.sends(box.cabinet.back(1, ten), now=ten)
    clock.move_to(ten)
    me = browser(booking.agent)
    assert me.get(page_of(booking) + "rendre/").status_code == 200
    me.post(page_of(booking) + "rendre/", {"condition": "unfit", "note": "pneu"})
    assert Reading.objects.get(booking=booking).note == "pneu"
    assert me.get(page_of(booking) + "rendre/").status_code == 302


def test_what_came_back_before_its_hours_is_said_to_be_back(box: Scene, clock: time_machine.Coordinates) -> None:
    booking = box.granted(bike=1).booking
    early = at(TUESDAY, "8:52")
    assert box.cabinet is not None
    box.cabinet.sends(box.cabinet.out(box.live(booking), early), now=early)
    box.cabinet.sends(box.cabinet.back(1, early), now=early)
    booking.refresh_from_db()
    assert booking.state == State.CANCELLED
    clock.move_to(early)
    me = browser(booking.agent)
    assert "De retour dans la boîte" in seen(me, page_of(booking))
    assert me.get(page_of(booking) + "rendre/").status_code == 200


def test_before_a_box_that_nobody_hears_a_persons_word_ends_the_loan(
    box: Scene, clock: time_machine.Coordinates
) -> None:
    booking = box.granted(bike=1).booking
    assert box.cabinet is not None
    box.cabinet.sends(box.cabinet.out(box.live(booking), NINE), now=NINE)
    Box.objects.update(last_seen_at=NINE)
    clock.move_to(at(TUESDAY, "10"))
    me = browser(booking.agent)
    assert "plus de réseau" in seen(me, "/prendre/garde/")
    me.post(page_of(booking) + "rendre/", {"condition": "good"})
    booking.refresh_from_db()
    assert booking.state == State.COMPLETED
    # The key itself is still on record as being with the person.
    assert "pas encore dans la boîte" in seen(me, "/prendre/garde/")


def test_a_lost_key_is_not_looked_for_with_a_code(box: Scene, clock: time_machine.Coordinates) -> None:
    booking = box.granted(bike=1).booking
    declaring.declare_lost(box.key(1), by(box.manager), now=NINE)
    clock.move_to(NINE)
    text = seen(browser(booking.agent), page_of(booking))
    assert "perdue" in text
    assert shown_code(text) == ""


@pytest.mark.parametrize(
    ("means", "said"), [("host", "accueil vous le remet"), ("badge", "votre badge"), ("", "demandez à l")]
)
def test_what_has_no_box_says_what_to_do_instead(
    box: Scene, clock: time_machine.Coordinates, means: str, said: str
) -> None:
    bike = Resource.objects.create(territory=box.territory, site=box.site, kind=Kind.BIKE, name="Vélo 9")
    if means:
        Access.objects.create(resource=bike, means=means, note="Bureau 12, de 8 h à 17 h.")
    who = factories.agent(box.territory)
    ask = Ask(Kind.BIKE, box.site.pk, NINE, at(TUESDAY, "12"), resource_id=bike.pk)
    booking = service.book(who, ask, by(who), now=NOW)
    clock.move_to(NINE)
    me = browser(who)
    text = seen(me, page_of(booking))
    assert said in text.replace("&#x27;", "'").replace("l'accueil vous", "accueil vous")
    assert ("Bureau 12" in text) == bool(means)
    # Without a box it is the person who says so.
    assert "Je le prends" in text
    me.post(page_of(booking) + "arriver/")
    assert "Vélo 9" in seen(me, "/prendre/garde/")
    me.post(page_of(booking) + "rendre/", {"condition": "good"})
    booking.refresh_from_db()
    assert booking.state in (State.COMPLETED, State.CANCELLED)


def test_booking_now_shows_the_code_at_once(box: Scene, clock: time_machine.Coordinates) -> None:
    clock.move_to(at(TUESDAY, "9:05"))
    who = factories.agent(box.territory)
    me = browser(who)
    asked = {"site_slug": box.site.slug, "to": "", "people_aboard": "1", "date": f"{TUESDAY}"}
    answer = me.post("/prendre/reserver/", {**asked, "start": "09:00", "end": "11:00", "kind": "bike"}, follow=True)
    booking = Booking.objects.get(agent=who)
    assert shown_code(answer.content.decode()) == code_for(booking, who, now=at(TUESDAY, "9:05")).digits


def test_pages_ask_the_same_number_of_questions_whatever_is_in_hand(
    box: Scene, clock: time_machine.Coordinates
) -> None:
    who = factories.agent(box.territory)
    clock.move_to(NINE)
    me = browser(who)
    counts = []
    for bike in (1, 2, 3):
        booking = box.granted(who=who, bike=bike).booking
        assert box.cabinet is not None
        box.cabinet.sends(box.cabinet.out(box.live(booking), NINE), now=NINE)
        seen(me, "/prendre/garde/")
        with CaptureQueriesContext(connection) as asked:
            assert seen(me, "/prendre/garde/").count("key-said") == bike
            seen(me, "/")
        counts.append(len(asked))
    assert counts[0] == counts[2], counts


def test_leaving_is_carried_to_custody_only_by_the_box_or_its_holder(
    box: Scene, clock: time_machine.Coordinates
) -> None:
    booking = box.granted(bike=1).booking
    assert box.cabinet is not None
    box.cabinet.sends(box.cabinet.out(box.live(booking), NINE), now=NINE)
    clock.move_to(at(TUESDAY, "10") + dt.timedelta(minutes=1))
    with pytest.raises(Exception, match="autre réservation"):
        declaring.bring_back(booking, by(factories.agent(box.territory)))
    assert Custody.objects.get(booking=booking).until is None


def test_the_fleet_manager_reads_which_box_may_still_open_to_a_withdrawn_code(
    box: Scene, clock: time_machine.Coordinates
) -> None:
    booking = box.granted(bike=1).booking
    manager = browser(box.manager)
    assert "Retrait non confirmé" not in seen(manager, "/flotte/")
    service.cancel(booking.pk, by(booking.agent), now=NOW)
    box.follow()
    told = re.search(r"Retrait non confirmé</span>([^<]*)<", seen(manager, "/flotte/"))
    assert told is not None
    assert "Un code retiré peut encore ouvrir cette boîte" in told[1]
    assert told[1].strip().endswith("demain à 12\xa0h.")
