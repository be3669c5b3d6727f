"""What a box tells becomes custody, arrivals and cases; what is heard twice, late or forged changes nothing."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from typing import Any

import pytest

from bureaux_volants.booking import service
from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.states import State
from bureaux_volants.events.models import Event
from bureaux_volants.keys import boxes, cases, jobs, signing
from bureaux_volants.keys.declaring import declare_found, declare_lost
from bureaux_volants.keys.errors import NotHolder
from bureaux_volants.keys.models import BoxEvent, Case, Custody, Grant
from bureaux_volants.messages.models import Notice
from tests import factories
from tests.factories import NOW, TEST, TUESDAY, at
from tests.keys.conftest import Cabinet, Scene, by

Kinds = Callable[[], list[str]]


def cabinet_of(scene: Scene) -> Cabinet:
    assert scene.cabinet is not None
    return scene.cabinet


def open_codes() -> list[str]:
    return list(Case.objects.order_by("pk").values_list("code", flat=True))


def test_a_key_that_leaves_checks_its_holder_in_and_one_that_comes_back_ends_the_stay(scene: Scene) -> None:
    box, grant = cabinet_of(scene), scene.granted(bike=2)
    box.sends(box.out(grant, at(TUESDAY, "9:05")), now=at(TUESDAY, "9:05"))
    booking = Booking.objects.get(pk=grant.booking_id)
    assert (booking.state, booking.checked_in_at, booking.checked_in_by) == (State.IN_USE, at(TUESDAY, "9:05"), "box")
    assert scene.where(2).booking == booking
    box.sends(box.back(2, at(TUESDAY, "11")), now=at(TUESDAY, "11"))
    booking.refresh_from_db()
    assert (booking.state, booking.end) == (State.COMPLETED, at(TUESDAY, "11"))
    assert scene.where(2).slot == 2
    assert open_codes() == []


def test_the_follower_does_again_what_a_killed_process_left_undone_and_twice_is_once(scene: Scene) -> None:
    from bureaux_volants.keys.ingest import _take_in

    box, grant = cabinet_of(scene), scene.granted(bike=2)
    _take_in(scene.box.pk, [box.out(grant, at(TUESDAY, "9:05"))], at(TUESDAY, "9:05"))
    assert Booking.objects.get(pk=grant.booking_id).state == State.CONFIRMED
    scene.follow()
    assert Booking.objects.get(pk=grant.booking_id).state == State.IN_USE
    box.sends(box.back(2, at(TUESDAY, "11")), now=at(TUESDAY, "11"))
    scene._heard = 0
    scene.follow()
    assert Booking.objects.get(pk=grant.booking_id).state == State.COMPLETED
    assert open_codes() == []


def test_what_is_heard_twice_counts_once(scene: Scene, kinds: Kinds) -> None:
    box, grant = cabinet_of(scene), scene.granted(bike=1)
    message = box.out(grant, at(TUESDAY, "9"))
    assert box.sends(message, message, now=at(TUESDAY, "9")).stored == 1
    assert box.sends(message, now=at(TUESDAY, "9:30")).known == 1
    assert kinds().count("key.taken") == 1
    assert Custody.objects.filter(resource=scene.bikes[0]).count() == 2


@pytest.mark.parametrize(
    "change", [{"slot": 3}, {"sequence": 9}, {"clock": "2026-12-01T08:30:00+00:00"}, {"kind": "tamper"}]
)
def test_a_forged_message_changes_nothing_and_raises_one_alert(
    scene: Scene, kinds: Kinds, change: dict[str, Any]
) -> None:
    box, grant = cabinet_of(scene), scene.granted(bike=1)
    forged = {**box.out(grant, at(TUESDAY, "9")), **change}
    before = scene.where(1).pk
    assert box.sends(forged, forged, now=at(TUESDAY, "9")).refused == 2
    box.sends(forged, now=at(TUESDAY, "9:01"))
    assert scene.where(1).pk == before
    assert Booking.objects.get(pk=grant.booking_id).state == State.CONFIRMED
    assert kinds().count("box.forged") == 1
    assert Notice.objects.filter(recipient=scene.manager, kind="key.forged").count() == 1
    assert not BoxEvent.objects.filter(box=scene.box, rank=0).exists()


def test_a_message_of_another_box_is_a_forgery_here(scene: Scene, kinds: Kinds) -> None:
    other = Scene()
    stranger = other.enrol()
    assert cabinet_of(scene).sends(stranger.says("heartbeat", NOW), now=NOW).refused == 1
    assert "box.forged" in kinds()


@pytest.mark.parametrize(
    "strange",
    [
        {"sequence": "1"},
        {"sequence": 0},
        {"sequence": 2**70},
        {"sequence": True},
        {"clock": "hier"},
        {"clock": "2026-12-01T09:00:00"},
        {"kind": "declared_in"},
        {"slot": "une"},
        {"slot": 2**40},
        {"grant": "pas un uuid"},
        {"data": [1]},
        {"data": {"a": "\x00"}},
        {"key": "\x00"},
    ],
)
def test_what_a_box_signs_but_makes_no_sense_is_refused(scene: Scene, strange: dict[str, Any]) -> None:
    box = cabinet_of(scene)
    message = {**box.says("key_in", NOW, slot=1), **strange}
    assert box.sends(signing.signed(box.secret, signing.EVENT, message), now=NOW).refused == 1


def test_back_to_back_pick_ups_go_to_the_right_person_whatever_the_order_of_arrival(scene: Scene) -> None:
    box = cabinet_of(scene)
    first, second = scene.granted("9", "12", bike=1), scene.granted("12:10", "14", bike=1)
    out, back = box.out(first, at(TUESDAY, "9")), box.back(1, at(TUESDAY, "11:58"))
    again = box.out(second, at(TUESDAY, "12:02"))
    for message in (again, back, out):
        box.sends(message, now=at(TUESDAY, "12:05"))
    history = Custody.objects.filter(resource=scene.bikes[0]).order_by("sequence", "rank")
    assert [(c.slot, c.booking_id) for c in history] == [
        (1, None),
        (None, first.booking_id),
        (1, None),
        (None, second.booking_id),
    ]
    assert open_codes() == []
    states = {b.pk: b.state for b in Booking.objects.all()}
    assert states == {first.booking_id: State.COMPLETED, second.booking_id: State.IN_USE}


def test_a_key_back_through_the_wrong_slot_is_recognised_and_told_to_the_fleet_manager(scene: Scene) -> None:
    box, grant = cabinet_of(scene), scene.granted(bike=1)
    box.sends(box.out(grant, at(TUESDAY, "9")), now=at(TUESDAY, "9"))
    box.sends(box.back(1, at(TUESDAY, "10"), through=5), now=at(TUESDAY, "10"))
    assert scene.where(1).slot == 5
    assert open_codes() == ["wrong-slot"]
    notice = Notice.objects.get(recipient=scene.manager, kind="key.case")
    assert "Clé rendue dans une autre case" in notice.subject


def test_a_key_taken_twice_is_a_case_that_names_both_bookings_and_is_settled_once(scene: Scene, kinds: Kinds) -> None:
    box = cabinet_of(scene)
    first, second = scene.granted("9", "12", bike=1), scene.granted("12:10", "14", bike=1)
    box.sends(box.out(first, at(TUESDAY, "9")), now=at(TUESDAY, "9"))
    box.sends(box.out(second, at(TUESDAY, "12:15")), now=at(TUESDAY, "12:15"))
    case = Case.objects.get()
    assert case.code == "out-twice"
    assert set(case.bookings.all()) == {first.booking, second.booking}
    cases.settle(case.pk, by(scene.manager), how="retour oublié", now=at(TUESDAY, "13"))
    assert kinds()[-2:] == ["case.opened", "case.settled"] or kinds()[-1] == "case.settled"
    with pytest.raises(service.WrongState):
        cases.settle(case.pk, by(scene.manager), how="encore")


def test_a_code_that_an_offline_box_took_although_the_booking_was_cancelled_is_a_case(scene: Scene) -> None:
    box, grant = cabinet_of(scene), scene.granted(bike=1)
    service.cancel(grant.booking_id, TEST, now=NOW)
    box.sends(box.out(grant, at(TUESDAY, "9")), now=at(TUESDAY, "9:30"))
    scene.follow()
    assert open_codes() == [cases.AFTER_RELEASE]
    assert scene.where(1).booking_id == grant.booking_id


def test_a_missing_number_is_waited_for_then_becomes_a_case_and_takes_its_place_when_it_comes_at_last(
    scene: Scene,
) -> None:
    box, first = cabinet_of(scene), scene.granted("9", "12", bike=1)
    second = scene.granted("12:10", "14", bike=1)
    out, back = box.out(first, at(TUESDAY, "9")), box.back(1, at(TUESDAY, "11"))
    again = box.out(second, at(TUESDAY, "12:15"))
    box.sends(out, again, now=at(TUESDAY, "12:15"))
    scene.box.refresh_from_db()
    assert (scene.box.last_sequence, scene.box.settled_sequence) == (3, 1)
    assert scene.where(1).is_provisional
    assert open_codes() == []
    jobs.tick(at(TUESDAY, "18:14"))
    assert open_codes() == []
    jobs.tick(at(TUESDAY, "18:15"))
    assert open_codes() == ["gap", "out-twice"]
    box.sends(back, now=at(TUESDAY, "19"))
    history = Custody.objects.filter(resource=scene.bikes[0]).order_by("sequence", "rank")
    assert [c.booking_id for c in history] == [None, first.booking_id, None, second.booking_id]
    assert not scene.where(1).is_provisional


def test_many_disorders_of_one_day_end_in_the_same_rows(scene: Scene) -> None:
    box = cabinet_of(scene)
    grants = [scene.granted(f"{9 + n}:00", f"{9 + n}:50", bike=b) for b in (1, 2) for n in range(4)]
    day: list[dict[str, Any]] = []
    for hour in range(4):
        for b in (0, 1):
            day.append(box.out(grants[4 * b + hour], at(TUESDAY, f"{9 + hour}:0{b}")))
            day.append(box.says("heartbeat", at(TUESDAY, f"{9 + hour}:10")))
        for b in (0, 1):
            day.append(box.back(b + 1, at(TUESDAY, f"{9 + hour}:4{b}"), through=3 if hour == 2 and b else None))

    def rows() -> list[tuple[Any, ...]]:
        fields = ("resource_id", "sequence", "rank", "slot", "booking_id", "since", "until", "is_provisional")
        return list(Custody.objects.order_by("resource_id", "sequence", "rank").values_list(*fields))

    found = []
    for seed in range(6):
        from django.db import transaction

        with transaction.atomic():
            point = transaction.savepoint()
            heap, dice = day + day[::3], random.Random(seed)
            if seed:
                dice.shuffle(heap)
            while heap:
                size = dice.randint(1, 7)
                box.sends(*heap[:size], now=at(TUESDAY, "14"))
                heap = heap[size:]
            found.append((rows(), sorted(Case.objects.values_list("code", "sequence"))))
            transaction.savepoint_rollback(point)
    assert all(one == found[0] for one in found)
    assert found[0][1] == [("wrong-slot", 18)]


def test_denied_codes_are_told_and_a_locked_keypad_alerts_the_fleet_manager(scene: Scene, kinds: Kinds) -> None:
    box = cabinet_of(scene)
    box.sends(box.says("denied", NOW, data={"why": "unknown-code"}), now=NOW)
    assert kinds()[-1] == "key.denied"
    until = signing.as_text(NOW + dt.timedelta(minutes=1))
    box.sends(box.says("denied", NOW, data={"why": "unknown-code", "locked_until": until}), now=NOW)
    assert kinds()[-2:] == ["key.denied", "box.locked"]
    assert Notice.objects.filter(recipient=scene.manager, kind="key.locked").exists()


def test_a_lost_key_is_declared_and_found_again_by_a_fleet_manager_only(scene: Scene, kinds: Kinds) -> None:
    box, grant = cabinet_of(scene), scene.granted(bike=1)
    box.sends(box.out(grant, at(TUESDAY, "9")), now=at(TUESDAY, "9"))
    with pytest.raises(NotHolder):
        declare_lost(scene.key(1), by(grant.booking.agent))
    declare_lost(scene.key(1), by(scene.manager), now=at(TUESDAY, "13"))
    assert scene.where(1).is_lost
    declare_found(scene.key(1), by(scene.manager), now=at(TUESDAY, "14"))
    assert scene.where(1).slot == 1
    assert [k for k in kinds() if k.startswith("key.")][-3:] == ["key.taken", "key.lost", "key.found"]
    # The box goes on counting where it was.
    assert box.sends(box.says("heartbeat", at(TUESDAY, "15")), now=at(TUESDAY, "15")).settled == 2


def test_a_clock_ahead_of_ours_by_more_than_declared_is_a_case_once_a_day(scene: Scene) -> None:
    box = cabinet_of(scene)
    for minutes in (4, 6, 7):
        box.sends(box.says("heartbeat", NOW + dt.timedelta(minutes=minutes)), now=NOW)
    assert open_codes() == [cases.CLOCK]


def test_a_secret_is_changed_without_losing_a_grant_and_both_count_until_the_box_confirms(scene: Scene) -> None:
    from bureaux_volants.keys.access import code_for
    from bureaux_volants.keys.pushing import picture

    box, grant = cabinet_of(scene), scene.granted(bike=1)
    holder = grant.booking.agent
    code = code_for(grant.booking, holder, now=at(TUESDAY, "9")).digits
    boxes.rotate(scene.box, TEST, now=NOW)
    told = picture(scene.box.pk, now=NOW)
    assert signing.signer([(1, box.secret)], signing.COMMAND, told) == 1
    with pytest.raises(boxes.BoxTrouble):
        boxes.rotate(scene.box, TEST, now=NOW)
    assert box.sends(box.says("heartbeat", NOW), now=NOW).stored == 1
    old, box.secret = box.secret, signing.next_secret(box.secret, told["rotation"]["nonce"])
    assert box.sends(box.says("heartbeat", NOW), now=NOW).stored == 1
    after = picture(scene.box.pk, now=NOW)
    assert signing.signer([(2, box.secret)], signing.COMMAND, after) == 2
    assert "rotation" not in after
    assert code_for(grant.booking, holder, now=at(TUESDAY, "9")).digits == code
    # What the old one signed is no longer believed; it is old, not forged.
    new, box.secret = box.secret, old
    assert box.sends(box.says("heartbeat", NOW), now=NOW).refused == 1
    assert not Event.objects.filter(kind="box.forged").exists()
    box.secret = new
    assert scene.granted(bike=2).epoch == 2


def test_an_enrolment_code_is_good_once_and_for_a_day(scene: Scene) -> None:
    code = boxes.offer_enrolment(scene.box, TEST, now=NOW)
    assert scene.box.enrolment_hash not in code
    with pytest.raises(boxes.Untrusted):
        boxes.enrol(code, {}, now=NOW + dt.timedelta(hours=24))
    with pytest.raises(boxes.BoxTrouble):
        boxes.enrol(code, {"pin_length": 3}, now=NOW)
    given = boxes.enrol(code.lower().replace("-", " "), {"pin_length": 8, "slot_sensing": False}, now=NOW)
    assert given["pin_length"] == 8
    with pytest.raises(boxes.Untrusted):
        boxes.enrol(code, {}, now=NOW)


def test_a_box_that_is_enrolled_again_has_new_codes_for_all_and_goes_on_counting(scene: Scene) -> None:
    from bureaux_volants.keys.access import code_for

    box, grant = cabinet_of(scene), scene.granted(bike=1)
    box.sends(box.says("heartbeat", NOW), now=NOW)
    code = code_for(grant.booking, grant.booking.agent, now=at(TUESDAY, "9")).digits
    again = scene.enrol()
    assert again.sequence == 1
    assert code_for(grant.booking, grant.booking.agent, now=at(TUESDAY, "9")).digits != code
    assert box.sends(box.says("heartbeat", NOW), now=NOW).refused == 1
    assert again.sends(again.says("heartbeat", NOW), now=NOW).stored == 1
    assert Grant.objects.filter(revoked_at=None).count() == 1


def test_an_agent_cannot_settle_cases_of_another_territory(scene: Scene) -> None:
    case = cases.open_case(scene.box, "tamper", 1)
    stranger = factories.agent(factories.territory())
    with pytest.raises(service.NotFound):
        cases.settle(case.pk, by(stranger), how="moi")
