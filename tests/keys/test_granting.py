"""A grant follows its booking: one lives, it says what the booking says, and a code never outlives its reason."""

from __future__ import annotations

import datetime as dt

import pytest

from bureaux_volants.booking import service
from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.withdraw import save_unit
from bureaux_volants.keys import boxes, jobs
from bureaux_volants.keys.access import code_for, residual_risk_until, still_opening
from bureaux_volants.keys.errors import NoKey, NoLonger, NotHolder, NotYet
from bureaux_volants.keys.models import Delivery, Grant
from tests import factories
from tests.factories import NOW, TEST, TUESDAY, at
from tests.keys.conftest import Scene, by


def digits(grant: Grant) -> str:
    return code_for(grant.booking, grant.booking.agent, now=at(TUESDAY, "9")).digits


def test_a_booked_bike_has_one_grant_for_its_hours_and_a_longer_right_to_return(scene: Scene) -> None:
    grant = scene.granted(bike=2)
    assert (grant.from_at, grant.until) == (at(TUESDAY, "8:50"), at(TUESDAY, "12"))
    assert grant.late_until == at(TUESDAY, "12") + dt.timedelta(hours=72)
    assert grant.resource == scene.bikes[1]


def test_the_windows_in_which_one_key_may_be_taken_never_meet(scene: Scene) -> None:
    first, second = scene.granted("9", "12", bike=1), scene.granted("12:10", "14", bike=1)
    assert first.until == second.from_at


def test_hearing_of_a_booking_again_changes_nothing(scene: Scene) -> None:
    grant = scene.granted()
    scene._heard = 0
    scene.follow()
    assert list(Grant.objects.all()) == [grant]


@pytest.mark.parametrize(("start", "end"), [("10", "12"), ("9", "11"), ("9", "13")])
def test_a_booking_that_moves_has_a_new_code(scene: Scene, start: str, end: str) -> None:
    before = scene.granted()
    code = digits(before)
    service.change(before.booking_id, TEST, start=at(TUESDAY, start), end=at(TUESDAY, end), now=NOW)
    scene.follow()
    after = scene.live(before.booking)
    assert (after.version, after.from_at, after.until) == (
        2,
        at(TUESDAY, start) - dt.timedelta(minutes=10),
        at(TUESDAY, end),
    )
    assert code_for(after.booking, after.booking.agent, now=at(TUESDAY, "10")).digits != code


def test_a_booking_that_gets_another_bike_gets_that_bikes_key(scene: Scene) -> None:
    before = scene.granted()
    before.resource.is_active = False
    save_unit(before.resource, TEST, now=NOW)
    scene.follow()
    after = scene.live(before.booking)
    assert after.resource != before.resource
    before.refresh_from_db()
    assert before.revoked_at is not None


def test_a_cancelled_booking_has_no_grant(scene: Scene) -> None:
    grant = scene.granted()
    service.cancel(grant.booking_id, TEST, now=NOW)
    scene.follow()
    assert not Grant.objects.filter(revoked_at=None).exists()
    with pytest.raises(NoLonger):
        code_for(grant.booking, grant.booking.agent, now=at(TUESDAY, "9"))


def test_a_booking_nobody_came_for_loses_its_grant(scene: Scene) -> None:
    grant = scene.granted()
    service.free_absent(grant.booking_id, now=at(TUESDAY, "11"))
    scene.follow()
    assert not Grant.objects.filter(revoked_at=None).exists()


def test_a_desk_has_no_key(scene: Scene) -> None:
    factories.desk(scene.site)
    who = factories.agent(scene.territory)
    desk = service.book(who, factories.ask(scene.site), by(who), now=NOW)
    scene.follow()
    with pytest.raises(NoKey):
        code_for(desk, who, now=at(TUESDAY, "9"))


def test_a_key_that_is_installed_later_is_granted_to_who_has_booked_already(scene: Scene) -> None:
    bike = scene.bikes[0]
    scene.key(1).delete()
    booking = scene.book(bike=1)
    scene.follow()
    assert not Grant.objects.exists()
    boxes.install_key(bike, scene.box, 7, TEST, now=NOW)
    scene.follow()
    assert scene.live(booking).resource.key.home.number == 7


def test_the_code_is_shown_to_its_holder_only_and_only_when_its_time_comes(scene: Scene) -> None:
    grant = scene.granted()
    holder, other = grant.booking.agent, factories.agent(scene.territory)
    for viewer in (other, scene.manager):
        with pytest.raises(NotHolder):
            code_for(grant.booking, viewer, now=at(TUESDAY, "9"))
    with pytest.raises(NotYet, match=r"8.h.50"):
        code_for(grant.booking, holder, now=at(TUESDAY, "8:49"))
    shown = code_for(grant.booking, holder, now=at(TUESDAY, "8:50"))
    assert (len(shown.digits), shown.box, shown.slot) == (6, "Hall", grant.resource.key.home.number)
    assert shown.digits not in repr(shown)
    with pytest.raises(NoLonger):
        code_for(grant.booking, holder, now=at(TUESDAY, "12"))


def test_the_coming_48_hours_are_pushed_and_the_rest_when_its_time_comes(scene: Scene) -> None:
    near = scene.granted()
    who = factories.agent(scene.territory)
    day = TUESDAY + dt.timedelta(days=2)
    from bureaux_volants.booking.placing import Ask

    far = service.book(who, Ask("bike", scene.site.pk, at(day, "9"), at(day, "12")), by(who), now=NOW)
    from bureaux_volants.keys import granting

    for booking in (near.booking, far):
        granting.sync(booking, TEST, NOW)
    jobs.tick(at(TUESDAY, "8:49"))
    pushed = set(Delivery.objects.values_list("grant__booking_id", flat=True))
    assert far.pk not in pushed
    jobs.tick(at(TUESDAY, "8:50"))
    assert Delivery.objects.filter(grant__booking=far).count() == 1


def test_the_risk_that_a_withdrawn_code_still_opens_is_stated_until_the_box_knows(scene: Scene) -> None:
    assert scene.cabinet is not None
    grant = scene.granted()
    jobs.tick(NOW)
    assert residual_risk_until(grant) is None
    service.cancel(grant.booking_id, TEST, now=NOW)
    scene.follow()
    grant.refresh_from_db()
    assert residual_risk_until(grant) == grant.until
    serial = Delivery.objects.order_by("-id")[0].pk
    scene.cabinet.sends(scene.cabinet.says("heartbeat", NOW, data={"acknowledges": serial}), now=NOW)
    assert residual_risk_until(Grant.objects.get(pk=grant.pk)) is None


def test_while_the_box_has_not_heard_of_an_extension_the_code_that_it_knows_is_shown(scene: Scene) -> None:
    assert scene.cabinet is not None
    grant = scene.granted()
    jobs.tick(NOW)
    serial = Delivery.objects.order_by("-id")[0].pk
    scene.cabinet.sends(scene.cabinet.says("heartbeat", NOW, data={"acknowledges": serial}), now=NOW)
    code = digits(grant)
    service.change(grant.booking_id, TEST, start=at(TUESDAY, "9"), end=at(TUESDAY, "13"), now=NOW)
    scene.follow()
    assert digits(grant) == code
    serial = Delivery.objects.order_by("-id")[0].pk
    scene.cabinet.sends(scene.cabinet.says("heartbeat", NOW, data={"acknowledges": serial}), now=NOW)
    assert digits(grant) != code


def test_nothing_that_is_written_contains_a_code(scene: Scene) -> None:
    from bureaux_volants.events.models import Event
    from bureaux_volants.messages.models import Notice

    grant = scene.granted()
    code = digits(grant)
    texts = [str(e.data) for e in Event.objects.all()] + [n.subject + n.body + n.path for n in Notice.objects.all()]
    assert texts
    assert not [text for text in texts if code in text]
    assert Booking.objects.count() == 1


def test_the_board_is_told_of_every_withdrawn_code_that_may_still_open(scene: Scene) -> None:
    kept, gone = scene.granted(bike=1), scene.granted("13", "15", bike=2)
    service.cancel(gone.booking.pk, by(gone.booking.agent), now=NOW)
    scene.follow()
    assert list(still_opening(NOW)) == [gone]
    assert list(still_opening(gone.until)) == []
    gone.deliveries.filter(kind="revocation").update(delivered_at=NOW)
    assert not still_opening(NOW).exists()
    assert kept.revoked_at is None
