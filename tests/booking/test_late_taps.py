"""A tap that comes late: when it counts, what is said when it no longer can, and that it counts once."""

from __future__ import annotations

import datetime as dt
from uuid import UUID, uuid4

import pytest

from bureaux_volants.booking import jobs, service, waiting
from bureaux_volants.booking.errors import NotFound
from bureaux_volants.booking.late_taps import OLDEST, Ended, conflict, counted_at
from bureaux_volants.booking.models import Booking, LateTap
from bureaux_volants.booking.replaying import KEPT, Answer, KeyReused, forget_old, replay
from bureaux_volants.booking.states import State
from bureaux_volants.events.log import Author
from bureaux_volants.events.models import Event
from bureaux_volants.territory.models import Agent, Site
from tests import factories
from tests.factories import NOW, PARIS, TEST, TUESDAY, ask, at

NINE_FORTY = at(TUESDAY, "9:40")
#: From 8:55 to 9:40.
AGO = dt.timedelta(minutes=45)
ARRIVE, LEAVE = LateTap.What.ARRIVE, LateTap.What.LEAVE


def said(text: str) -> str:
    return text.replace("\u00a0", " ")


# -- the instant, pure ------------------------------------------------------------------------------------------------


def test_a_tap_counts_at_its_own_instant() -> None:
    assert counted_at(NINE_FORTY, AGO, not_before=at(TUESDAY, "8")) == at(TUESDAY, "8:55")


def test_a_tap_is_never_in_the_future_nor_before_there_was_anything_to_tap() -> None:
    assert counted_at(NINE_FORTY, -AGO, not_before=at(TUESDAY, "8")) == NINE_FORTY
    assert counted_at(NINE_FORTY, AGO, not_before=at(TUESDAY, "9:10")) == at(TUESDAY, "9:10")
    assert counted_at(NINE_FORTY, AGO, not_before=at(TUESDAY, "10")) == NINE_FORTY


def test_a_tap_of_more_than_a_day_ago_counts_for_nothing() -> None:
    long_ago = at(TUESDAY, "8") - dt.timedelta(days=9)
    assert counted_at(NINE_FORTY, OLDEST, not_before=long_ago) == NINE_FORTY - OLDEST
    assert counted_at(NINE_FORTY, OLDEST + dt.timedelta(seconds=1), not_before=long_ago) is None


@pytest.mark.parametrize(
    ("kind", "state", "was_begun", "sentence"),
    [
        ("desk", "no_show", False, "Votre bureau avait été rendu à 9 h 30, faute d'arrivée signalée."),
        ("car", "no_show", False, "Votre voiture avait été rendue à 9 h 30, faute d'arrivée signalée."),
        ("desk", "cancelled", False, "Votre réservation avait été annulée à 9 h 30."),
        ("desk", "refused", False, "Votre demande avait été refusée à 9 h 30."),
        ("desk", "completed", True, "Votre réservation était déjà terminée à 9 h 30."),
        ("desk", "completed", False, "Votre réservation s'était terminée à 9 h 30, sans arrivée signalée."),
    ],
)
def test_a_conflict_is_one_sentence_with_its_hour(kind: str, state: str, was_begun: bool, sentence: str) -> None:
    ended = Ended(kind, state, at(TUESDAY, "9:30"), was_begun)
    assert said(conflict(ended, NINE_FORTY, PARIS)) == sentence


def test_a_conflict_of_another_day_names_it() -> None:
    ended = Ended("desk", "no_show", at(TUESDAY, "9:30"), False)
    told = said(conflict(ended, NINE_FORTY + dt.timedelta(days=1), PARIS))
    assert told == "Votre bureau avait été rendu le mardi 1er décembre à 9 h 30, faute d'arrivée signalée."


# -- what it does -----------------------------------------------------------------------------------------------------


@pytest.fixture
def site(db: None) -> Site:
    territory = factories.territory()
    factories.rules(territory, grace_minutes=30)
    return factories.site(territory, desks=1)


@pytest.fixture
def agent(site: Site) -> Agent:
    return factories.agent(site.territory)


@pytest.fixture
def booking(site: Site, agent: Agent) -> Booking:
    """Tuesday, from 9 to 12."""
    return service.book(agent, ask(site), TEST, now=NOW)


def send(
    booking: Booking,
    what: LateTap.What = ARRIVE,
    *,
    key: UUID | None = None,
    ago: dt.timedelta = AGO,
    now: dt.datetime = NINE_FORTY,
    agent: Agent | None = None,
) -> Answer:
    who = agent or booking.agent
    author = Author(who, Event.Origin.WEB)
    return replay(who, author, key=key or uuid4(), what=what, reference=booking.reference, ago=ago, now=now)


def test_an_arrival_tapped_at_8_55_and_sent_at_9_40_counts_as_8_55(booking: Booking) -> None:
    answer = send(booking)
    booking.refresh_from_db()
    assert (booking.state, booking.checked_in_at) == (State.IN_USE, at(TUESDAY, "8:55"))
    assert (answer.done, said(answer.sentence)) == (True, "Votre arrivée est notée à 8 h 55.")
    told = Event.objects.get(kind="booking.said_late")
    assert told.data["tapped_at"] == at(TUESDAY, "8:55").isoformat()
    assert told.data["done"] is True


def test_a_desk_that_was_given_back_stays_given_back_and_the_reason_is_said(booking: Booking) -> None:
    jobs.tick(at(TUESDAY, "9:30"))
    answer = send(booking)
    booking.refresh_from_db()
    assert (booking.state, booking.checked_in_at) == (State.NO_SHOW, None)
    assert not answer.done
    assert said(answer.sentence) == "Votre bureau avait été rendu à 9 h 30, faute d'arrivée signalée."


def test_sent_twice_it_counts_once_and_has_the_same_answer(booking: Booking) -> None:
    key = uuid4()
    first = send(booking, key=key)
    events = Event.objects.count()
    service.leave(booking.pk, TEST, now=at(TUESDAY, "9:50"))
    assert send(booking, key=key, ago=AGO * 2, now=at(TUESDAY, "10:25")) == first
    booking.refresh_from_db()
    assert booking.state == State.COMPLETED
    assert Event.objects.count() == events + 1
    assert LateTap.objects.count() == 1


def test_a_refusal_has_the_same_answer_again_too(booking: Booking) -> None:
    key = uuid4()
    early = send(booking, key=key, ago=dt.timedelta(0), now=at(TUESDAY, "7"))
    assert not early.done
    assert "L'arrivée se signale à partir de" in early.sentence
    assert send(booking, key=key) == early
    booking.refresh_from_db()
    assert booking.state == State.CONFIRMED


def test_an_arrival_before_the_window_is_refused_even_if_it_comes_within(booking: Booking) -> None:
    answer = send(booking, ago=dt.timedelta(hours=2, minutes=40))
    assert not answer.done
    booking.refresh_from_db()
    assert booking.state == State.CONFIRMED


def test_a_departure_counts_at_its_tap_and_whoever_waits_is_seated_from_now(
    site: Site, booking: Booking, agent: Agent
) -> None:
    service.check_in(booking.pk, TEST, Booking.CheckInBy.PHONE, now=at(TUESDAY, "9"))
    other = factories.agent(site.territory)
    waiting.join(other, ask(site), TEST, now=NOW)
    answer = send(booking, LEAVE, ago=dt.timedelta(minutes=10))
    booking.refresh_from_db()
    assert (booking.state, booking.end, booking.ended_at) == (
        State.COMPLETED,
        at(TUESDAY, "9:30"),
        at(TUESDAY, "9:30"),
    )
    assert said(answer.sentence) == "Votre départ est noté à 9 h 30."
    assert Booking.objects.get(agent=other).start == NINE_FORTY


def test_a_departure_is_never_before_the_arrival(booking: Booking) -> None:
    service.check_in(booking.pk, TEST, Booking.CheckInBy.PHONE, now=at(TUESDAY, "9:20"))
    send(booking, LEAVE, ago=dt.timedelta(hours=1))
    booking.refresh_from_db()
    assert booking.end == at(TUESDAY, "9:20")


def test_an_arrival_and_a_departure_sent_together_are_both_counted(booking: Booking) -> None:
    send(booking, ARRIVE, ago=dt.timedelta(minutes=38))
    send(booking, LEAVE, ago=dt.timedelta(minutes=5))
    booking.refresh_from_db()
    assert (booking.checked_in_at, booking.end) == (at(TUESDAY, "9:02"), at(TUESDAY, "9:35"))


def test_a_departure_after_the_end_is_told_that_it_was_over(booking: Booking) -> None:
    service.check_in(booking.pk, TEST, Booking.CheckInBy.PHONE, now=at(TUESDAY, "9"))
    jobs.tick(at(TUESDAY, "12"))
    answer = send(booking, LEAVE, ago=dt.timedelta(minutes=5), now=at(TUESDAY, "12:10"))
    assert (answer.done, said(answer.sentence)) == (True, "Votre réservation était déjà terminée à 12 h.")


def test_whoever_is_there_already_is_told_so(booking: Booking) -> None:
    service.check_in(booking.pk, TEST, Booking.CheckInBy.HOST, now=at(TUESDAY, "9:05"))
    assert send(booking) == Answer(True, "Votre arrivée était déjà notée.")
    booking.refresh_from_db()
    assert booking.checked_in_at == at(TUESDAY, "9:05")


def test_nothing_is_kept_of_a_tap_on_somebody_elses_booking(booking: Booking, site: Site) -> None:
    for stranger in (factories.agent(site.territory), factories.agent(factories.territory())):
        with pytest.raises(NotFound):
            send(booking, agent=stranger)
    assert not LateTap.objects.exists()


def test_a_key_serves_one_thing_only(booking: Booking) -> None:
    key = uuid4()
    send(booking, key=key)
    with pytest.raises(KeyReused):
        send(booking, LEAVE, key=key)


def test_answers_are_forgotten_after_seven_days_and_not_before(booking: Booking) -> None:
    send(booking)
    assert forget_old(now=NINE_FORTY + KEPT - dt.timedelta(seconds=1)) == 0
    assert forget_old(now=NINE_FORTY + KEPT) == 1
