"""At a mechanical box people are shown its code and say what they do; the rest is as with any other box."""

from __future__ import annotations

import pytest

from bureaux_volants.booking import guards
from bureaux_volants.booking.errors import Refused
from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.rules import Refusal
from bureaux_volants.booking.states import State
from bureaux_volants.keys.access import code_for
from bureaux_volants.keys.declaring import declare_returned, declare_taken
from bureaux_volants.keys.errors import NoKey, NoLonger, NotHolder, NotThere, NotYet
from bureaux_volants.keys.models import Case
from tests import factories
from tests.factories import TUESDAY, at
from tests.keys.conftest import Scene, by


def state(booking: Booking) -> str:
    return Booking.objects.get(pk=booking.pk).state


def test_the_holder_sees_the_code_of_the_box_takes_and_returns(mechanical: Scene) -> None:
    booking = mechanical.granted(bike=1).booking
    me = by(booking.agent)
    shown = code_for(booking, booking.agent, now=at(TUESDAY, "9"))
    assert (shown.digits, shown.slot, shown.is_for_return) == ("4711", 1, False)
    declare_taken(booking, me, now=at(TUESDAY, "9"))
    declare_taken(booking, me, now=at(TUESDAY, "9:01"))
    assert state(booking) == State.IN_USE
    assert code_for(booking, booking.agent, now=at(TUESDAY, "15")).is_for_return
    declare_returned(booking, me, now=at(TUESDAY, "11"))
    assert state(booking) == State.COMPLETED
    with pytest.raises(NotThere):
        declare_returned(booking, me, now=at(TUESDAY, "11"))
    assert not Case.objects.exists()


def test_it_is_never_too_late_to_say_that_a_key_is_back(mechanical: Scene) -> None:
    booking = mechanical.granted(bike=1).booking
    declare_taken(booking, by(booking.agent), now=at(TUESDAY, "9"))
    declare_returned(booking, by(mechanical.manager), now=at(TUESDAY, "9").replace(year=2027))
    assert state(booking) == State.COMPLETED


def test_nobody_else_may_say_it_but_the_fleet_manager(mechanical: Scene) -> None:
    booking = mechanical.granted(bike=1).booking
    with pytest.raises(NotHolder):
        declare_taken(booking, by(factories.agent(mechanical.territory)), now=at(TUESDAY, "9"))
    declare_taken(booking, by(mechanical.manager), now=at(TUESDAY, "9"))
    assert state(booking) == State.IN_USE


def test_a_key_is_taken_in_its_hours_only(mechanical: Scene) -> None:
    booking = mechanical.granted(bike=1).booking
    with pytest.raises(NotYet):
        declare_taken(booking, by(booking.agent), now=at(TUESDAY, "8:49"))
    with pytest.raises(NoLonger):
        declare_taken(booking, by(booking.agent), now=at(TUESDAY, "12"))


def test_a_key_that_the_one_before_did_not_declare_back_is_taken_all_the_same_and_is_a_case(mechanical: Scene) -> None:
    first, second = mechanical.granted("9", "12", bike=1).booking, mechanical.granted("12:10", "14", bike=1).booking
    declare_taken(first, by(first.agent), now=at(TUESDAY, "9"))
    declare_taken(second, by(second.agent), now=at(TUESDAY, "12:10"))
    assert state(second) == State.IN_USE
    assert Case.objects.get().code == "out-twice"


def test_at_a_box_that_speaks_there_is_nothing_to_declare(scene: Scene) -> None:
    booking = scene.granted(bike=1).booking
    with pytest.raises(NoKey):
        declare_taken(booking, by(booking.agent), now=at(TUESDAY, "9"))


def test_a_rule_that_forbids_it_today_hides_the_code_and_stops_the_taking(
    mechanical: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking = mechanical.granted(bike=1).booking
    monkeypatch.setattr(guards, "_guards", [lambda agent, kind, hours: [Refusal("licence", "Permis expiré.")]])
    with pytest.raises(Refused):
        code_for(booking, booking.agent, now=at(TUESDAY, "9"))
    with pytest.raises(Refused):
        declare_taken(booking, by(booking.agent), now=at(TUESDAY, "9"))
