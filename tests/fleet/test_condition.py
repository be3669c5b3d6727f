"""The life of a unit: what is reported of it, out of service, services, costs."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bureaux_volants.booking import waiting
from bureaux_volants.booking.errors import NotFound, NoUnitFree, WrongState
from bureaux_volants.booking.models import Booking, Kind, Resource, WaitingEntry
from bureaux_volants.booking.photos import LONGEST_SIDE, BadPhoto, clean
from bureaux_volants.booking.placing import Ask
from bureaux_volants.booking.states import State
from bureaux_volants.events.models import Event
from bureaux_volants.fleet import condition, out_of_service, upkeep
from bureaux_volants.fleet.costs import by_month, months_before
from bureaux_volants.fleet.models import Cost, Damage, OutOfService, Reading, Vehicle
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.models import Agent, Site
from tests import factories
from tests.booking.words import by, state, told
from tests.factories import NOW, TEST, TUESDAY, at

from .words import brought_back, driver, lent, taken, vehicle

pytestmark = pytest.mark.django_db

GOOD, REPORT, UNFIT = Reading.Condition.GOOD, Reading.Condition.REPORT, Reading.Condition.UNFIT


# -- reports ----------------------------------------------------------------------------------------------------------


def test_a_report_names_who_has_it_and_who_had_it_before_and_the_manager_hears_once(depot: Site, keeper: Agent) -> None:
    vehicle(depot, "Clio")
    first = taken(lent(depot, "8", "9", who=driver(depot.territory, first_name="Ada", last_name="Un")))
    brought_back(first, at(TUESDAY, "8:50"))
    second = taken(lent(depot, "10", "12", who=driver(depot.territory, first_name="Basile", last_name="Deux")))
    for _ in range(2):
        damage = condition.report(second.pk, REPORT, by(second.agent), note="rayure", now=at(TUESDAY, "10:05"))
    assert damage is not None
    assert (damage.booking_id, damage.before_id) == (second.pk, first.pk)
    assert told(keeper) == ["fleet.damage"]
    body = Notice.objects.get(recipient=keeper).body
    assert "Signalé par Basile Deux. Avant : Ada Un." in body
    assert Event.objects.filter(kind="damage.reported").count() == 1
    assert Resource.objects.get().is_active


def test_all_well_is_no_report(depot: Site, keeper: Agent) -> None:
    vehicle(depot, "Clio")
    loan = taken(lent(depot, "9", "12"))
    assert condition.report(loan.pk, GOOD, by(loan.agent), now=loan.start) is None
    assert not Damage.objects.exists()
    assert told(keeper) == []


def test_what_must_not_be_driven_is_out_at_once_and_the_next_leave_with_another(depot: Site, keeper: Agent) -> None:
    clio, zoe = vehicle(depot, "Clio"), vehicle(depot, "Zoé")
    loan = taken(lent(depot, "9", "12", resource_id=clio.pk))
    after = [lent(depot, hours[0], hours[1], resource_id=clio.pk) for hours in (("13", "15"), ("16", "18"))]
    lent(depot, "15:30", "18", resource_id=zoe.pk)
    condition.report(loan.pk, UNFIT, by(loan.agent), note="freins", now=at(TUESDAY, "11"))
    clio.refresh_from_db()
    assert not clio.is_active
    assert OutOfService.objects.get(resource=clio, until=None).reason == "freins"
    after[0].refresh_from_db()
    assert (after[0].state, after[0].resource_id) == (State.CONFIRMED, zoe.pk)
    assert state(after[1]) == State.CANCELLED
    assert state(loan) == State.IN_USE  # whoever drives it brings it back
    with pytest.raises(NoUnitFree):
        lent(depot, "13", "14", now=at(TUESDAY, "11"))


def test_a_loan_that_never_began_reports_nothing(depot: Site) -> None:
    vehicle(depot, "Clio")
    loan = lent(depot, "9", "12")
    with pytest.raises(WrongState):
        condition.report(loan.pk, REPORT, by(loan.agent))


def test_a_report_is_settled_once(depot: Site, keeper: Agent) -> None:
    vehicle(depot, "Clio")
    loan = taken(lent(depot, "9", "12"))
    damage = condition.report(loan.pk, REPORT, by(loan.agent), note="rayure", now=loan.start)
    assert damage is not None
    assert condition.settle(damage.pk, by(keeper), how="repeint", now=NOW).how == "repeint"
    with pytest.raises(WrongState):
        condition.settle(damage.pk, by(keeper), how="encore")


# -- photos -----------------------------------------------------------------------------------------------------------


def picture(size: tuple[int, int] = (3000, 2000), form: str = "JPEG") -> bytes:
    image = Image.new("RGB", size, (200, 30, 30))
    exif = Image.Exif()
    exif[0x0110] = "Téléphone de Camille"
    exif[0x0112] = 6  # turned by a quarter
    exif.get_ifd(0x8825)[1] = "N"
    out = io.BytesIO()
    image.save(out, form, exif=exif)
    return out.getvalue()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_kept_small_upright_and_without_what_the_camera_wrote(form: str) -> None:
    sent = picture(form=form)
    assert Image.open(io.BytesIO(sent)).getexif()
    kept = Image.open(io.BytesIO(clean(io.BytesIO(sent))))
    assert kept.format == "JPEG"
    assert max(kept.size) == LONGEST_SIDE
    assert kept.height > kept.width  # the turn was made before its note was dropped
    assert not kept.getexif()
    assert "exif" not in kept.info


@pytest.mark.parametrize(
    "sent", [b"", b"bonjour", b"<svg xmlns='http://www.w3.org/2000/svg'/>", picture((30, 20))[:200]]
)
def test_what_is_no_photo_is_refused(sent: bytes) -> None:
    with pytest.raises(BadPhoto):
        clean(io.BytesIO(sent))


def test_a_small_file_that_unfolds_into_a_huge_picture_is_refused() -> None:
    out = io.BytesIO()
    Image.new("1", (9000, 9000)).save(out, "PNG")
    with pytest.raises(BadPhoto):
        clean(out := io.BytesIO(out.getvalue()))
    assert len(out.getvalue()) < 100_000


# -- out of service ---------------------------------------------------------------------------------------------------


def test_a_unit_goes_out_of_service_and_comes_back_for_who_waits(depot: Site, keeper: Agent) -> None:
    clio = vehicle(depot, "Clio")
    loan = lent(depot, "9", "12")
    who = driver(depot.territory)
    entry = waiting.join(who, Ask(Kind.CAR, depot.pk, at(TUESDAY, "9"), at(TUESDAY, "12")), by(who), now=NOW)
    result = out_of_service.take_out(clio.pk, "pneu", by(keeper), now=NOW)
    assert [b.pk for b in result.cancelled] == [loan.pk]
    assert told(loan.agent)[-1] == "booking.cancelled"
    with pytest.raises(WrongState):
        out_of_service.take_out(clio.pk, "encore", by(keeper), now=NOW)
    out_of_service.put_back(clio.pk, by(keeper), now=NOW + dt.timedelta(hours=1))
    with pytest.raises(WrongState):
        out_of_service.put_back(clio.pk, by(keeper), now=NOW)
    (outage,) = OutOfService.objects.all()
    assert (outage.since, outage.until, outage.reason) == (NOW, NOW + dt.timedelta(hours=1), "pneu")
    waiting.serve_site(depot.territory_id, depot.pk, Kind.CAR, Ask(Kind.CAR, depot.pk, entry.start, entry.end).interval, now=NOW)  # fmt: skip
    assert state(entry) == WaitingEntry.State.SERVED
    changed = Event.objects.filter(kind="resource.changed", subject_id=clio.pk)
    assert [e.data["in_service"] for e in changed.order_by("pk")] == [False, True]


# -- services and costs -----------------------------------------------------------------------------------------------


def test_a_service_that_was_done_says_when_the_next_is_due_and_never_turns_the_odometer_back(depot: Site) -> None:
    clio = vehicle(depot, "Clio", odometer_km=30_500, service_due_km=30_000)
    for km, counted in ((30_400, 30_500), (30_600, 30_600)):
        upkeep.service_done(
            Vehicle.objects.get(pk=clio.pk), TEST, done_on=TUESDAY, what="Vidange", odometer_km=km, next_km=45_000
        )
        found = Vehicle.objects.get(pk=clio.pk)
        assert (found.odometer_km, found.service_due_km, found.service_due_on) == (counted, 45_000, None)


def test_a_cost_is_taken_out_again_and_the_log_keeps_both(depot: Site) -> None:
    clio, zoe = vehicle(depot, "Clio"), vehicle(depot, "Zoé")
    cost = upkeep.add_cost(clio, TEST, day=TUESDAY, category="energy", amount=Decimal("41.20"))
    with pytest.raises(NotFound):
        upkeep.remove_cost(zoe, cost.pk, TEST)
    upkeep.remove_cost(clio, cost.pk, TEST)
    assert not Cost.objects.exists()
    assert [e.kind for e in Event.objects.filter(subject_id=clio.pk).order_by("pk")] == ["cost.added", "cost.removed"]


@given(
    st.lists(
        st.tuples(
            st.dates(dt.date(2024, 1, 1), dt.date(2026, 12, 31)),
            st.sampled_from(["energy", "claim"]),
            st.decimals(-999, 9999, places=2),
        )
    )
)
def test_the_months_hold_each_amount_once(amounts: list[tuple[dt.date, str, Decimal]]) -> None:
    today = dt.date(2026, 12, 1)
    months = by_month(amounts, today)
    shown = {m.first for m in months}
    assert sum((m.total for m in months), Decimal(0)) == sum(
        (a for d, _, a in amounts if d >= dt.date(2026, 1, 1)), Decimal(0)
    )
    assert [m.first for m in months] == sorted(shown, reverse=True)


def test_the_year_before_a_january_is_counted_right() -> None:
    assert months_before(dt.date(2026, 2, 14), 3) == [
        dt.date(2026, 2, 1),
        dt.date(2026, 1, 1),
        dt.date(2025, 12, 1),
    ]


def test_another_site_s_manager_hears_nothing_of_a_report(depot: Site) -> None:
    elsewhere = factories.agent(depot.territory)
    factories.grant(elsewhere, "fleet_manager", over=factories.site(depot.territory))
    vehicle(depot, "Clio")
    loan = taken(lent(depot, "9", "12"))
    condition.report(loan.pk, REPORT, by(loan.agent), note="rayure", now=loan.start)
    assert told(elsewhere) == []
    assert Booking.objects.count() == 1
