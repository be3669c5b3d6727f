"""A unit's sheet, what is written on it, and « qui l'avait ? », as the fleet manager sees them."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image
from pytest_django import DjangoAssertNumQueries

from bureaux_volants.booking import service
from bureaux_volants.booking.models import Booking, Kind, Resource
from bureaux_volants.booking.placing import Ask
from bureaux_volants.events.models import Event
from bureaux_volants.fleet.models import Cost, Damage, Licence, Reading, Upkeep, Vehicle
from bureaux_volants.territory.models import Agent, Grant
from tests import factories
from tests.booking.words import by
from tests.factories import NOW, at
from tests.fleet.words import pool_rules, vehicle

from .conftest import World

TODAY = NOW.date()
DAY = dt.timedelta(days=1)


@pytest.fixture
def clio(world: World) -> Resource:
    pool_rules(world.territory)
    return vehicle(world.usual, "Clio 2", plate="AB-123-CD", odometer_km=12_000)


@pytest.fixture
def browser(world: World) -> Client:
    made = factories.agent(world.territory, first_name="Franck")
    factories.grant(made, Grant.Role.FLEET_MANAGER)
    return world.signed_in(made)


def licensed(who: Agent) -> Agent:
    Licence.objects.create(
        agent=who, territory=who.territory, categories=["B"], valid_from=TODAY - DAY, valid_until=TODAY + 900 * DAY,
        checked_on=TODAY,
    )  # fmt: skip
    return who


def out(world: World, start: str = "9", end: str = "12") -> Booking:
    """Ada has it."""
    who = world.agent if Licence.objects.filter(agent=world.agent).exists() else licensed(world.agent)
    ask = Ask(Kind.CAR, world.usual.pk, at(TODAY, start), at(TODAY, end))
    loan = service.book(who, ask, by(who))
    return service.check_in(loan.pk, by(who), Booking.CheckInBy.PHONE)


def photo() -> SimpleUploadedFile:
    made = io.BytesIO()
    Image.new("RGB", (40, 30), (10, 90, 10)).save(made, "JPEG")
    return SimpleUploadedFile("IMG_0001.jpg", made.getvalue(), "image/jpeg")


def sheet(client: Client, unit: Resource) -> str:
    answer = client.get(reverse("fleet_unit", args=[unit.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def send(client: Client, name: str, *args: int, **data: object) -> int:
    return client.post(reverse(name, args=args), data).status_code


def test_the_sheet_says_who_has_it_what_is_due_and_what_comes_next(
    world: World, clio: Resource, browser: Client
) -> None:
    Vehicle.objects.filter(pk=clio.pk).update(
        inspected_until=TODAY - DAY, insured_until=TODAY + 10 * DAY, service_due_km=12_500
    )
    out(world)
    who = licensed(world.other)
    service.book(who, Ask(Kind.CAR, world.usual.pk, at(TODAY, "14"), at(TODAY, "16")), by(who))
    told = sheet(browser, clio)
    for words in (
        "AB-123-CD",
        "Ada",
        "Basile",
        "12\u202f000\u00a0km",
        "Dépassé",
        "Bientôt",
        "À prévoir",
        "avant 12\u202f500 km",
    ):
        assert words in told


def test_the_sheet_asks_as_much_whatever_its_length(
    world: World, clio: Resource, browser: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    def lengthen(n: int) -> None:
        for k in range(n):
            Cost.objects.create(resource=clio, territory=world.territory, day=TODAY, category="energy", amount=k + 1)
            Damage.objects.create(
                resource=clio, territory=world.territory, reported_at=NOW, severity="report", note=str(k)
            )
            Upkeep.objects.create(resource=clio, territory=world.territory, done_on=TODAY, what=str(k))

    lengthen(2)
    sheet(browser, clio)
    with django_assert_max_num_queries(24):
        sheet(browser, clio)
    lengthen(30)
    with django_assert_max_num_queries(24):
        sheet(browser, clio)


def test_a_desk_has_no_sheet_nor_has_a_unit_in_somebody_else_s_care(world: World, clio: Resource) -> None:
    local = factories.agent(world.territory)
    factories.grant(local, Grant.Role.FLEET_MANAGER, over=world.mairie)
    client = world.signed_in(local)
    assert client.get(reverse("fleet_unit", args=[clio.pk])).status_code == 404
    desk = Resource.objects.filter(site=world.mairie, kind=Kind.DESK).first()
    assert desk is not None
    assert client.get(reverse("fleet_unit", args=[desk.pk])).status_code == 404
    assert send(client, "fleet_unit_out", clio.pk, **{"out-reason": "pneu"}) == 404
    assert Resource.objects.get(pk=clio.pk).is_active


def test_out_of_service_and_back_says_what_became_of_the_bookings(
    world: World, clio: Resource, browser: Client
) -> None:
    who = licensed(world.other)
    service.book(who, Ask(Kind.CAR, world.usual.pk, at(TODAY, "14"), at(TODAY, "16")), by(who))
    address = reverse("fleet_unit_out", args=[clio.pk])
    assert browser.post(address, {"out-reason": " "}).status_code == 422
    told = browser.post(address, {"out-reason": "pneu"}, follow=True).content.decode()
    assert "hors service\u00a0: 1 réservation annulée." in told
    assert "Remettre en service" in told
    told = browser.post(reverse("fleet_unit_back", args=[clio.pk]), follow=True).content.decode()
    assert "de nouveau en service" in told


def test_costs_are_added_shown_by_month_and_taken_out(world: World, clio: Resource, browser: Client) -> None:
    bad = {"cost-day": "2026-11-30", "cost-category": "energy", "cost-amount": "beaucoup", "cost-note": "plein"}
    answer = browser.post(reverse("fleet_unit_cost", args=[clio.pk]), bad)
    assert answer.status_code == 422
    assert 'value="plein"' in answer.content.decode()  # nothing typed is lost
    for amount in ("41,20", "1200.50"):
        assert send(browser, "fleet_unit_cost", clio.pk, **{**bad, "cost-amount": amount}) == 302
    told = sheet(browser, clio)
    assert "novembre 2026" in told
    assert "1\u202f241,70\u00a0€" in told
    for wrong in ("0", "1e12", "NaN"):
        assert send(browser, "fleet_unit_cost", clio.pk, **{**bad, "cost-amount": wrong}) == 422
    cost = Cost.objects.get(amount="41.20")
    assert send(browser, "fleet_unit_cost_remove", clio.pk, cost.pk) == 302
    assert send(browser, "fleet_unit_cost_remove", clio.pk, cost.pk) == 404
    assert Cost.objects.count() == 1


def test_a_service_is_noted_and_one_to_come_is_not(world: World, clio: Resource, browser: Client) -> None:
    data = {"service-done_on": "2026-11-30", "service-what": "Vidange", "service-next_km": "27000"}
    assert send(browser, "fleet_unit_service", clio.pk, **{**data, "service-done_on": "2026-12-02"}) == 422
    assert send(browser, "fleet_unit_service", clio.pk, **data) == 302
    assert Vehicle.objects.get(pk=clio.pk).service_due_km == 27_000
    assert "Vidange" in sheet(browser, clio)


def test_a_state_is_reported_in_three_taps_with_a_photo_that_only_the_manager_sees(
    world: World, clio: Resource, browser: Client
) -> None:
    loan = out(world)
    address = reverse("condition", args=[loan.reference])
    assert (
        reverse("condition", args=[loan.reference])
        in world.client.get(reverse("booking", args=[loan.reference])).content.decode()
    )
    refused = world.client.post(
        address, {"condition": "report", "note": "rayure", "photo": SimpleUploadedFile("a.jpg", b"non")}
    )
    assert refused.status_code == 422
    assert "ne se lit pas" in refused.content.decode()
    assert not Damage.objects.exists()
    world.client.post(address, {"condition": "report", "note": "rayure", "photo": photo()})
    damage = Damage.objects.get()
    assert damage.booking == loan
    assert "IMG" not in damage.photo.name
    picture = reverse("fleet_unit_photo", args=[clio.pk, damage.pk])
    assert picture in sheet(browser, clio)
    shown = browser.get(picture)
    assert shown["Content-Type"] == "image/jpeg"
    assert b"".join(shown.streaming_content)[:2] == b"\xff\xd8"  # type: ignore[attr-defined]
    assert world.client.get(picture).status_code == 404
    assert world.client.get("/media/" + damage.photo.name).status_code == 404
    other = vehicle(world.usual, "Zoé")
    assert browser.get(reverse("fleet_unit_photo", args=[other.pk, damage.pk])).status_code == 404
    assert send(browser, "fleet_unit_settle", clio.pk, damage.pk, how="") == 422
    assert send(browser, "fleet_unit_settle", clio.pk, damage.pk, how="repeint") == 302
    assert "Rien à signaler" in sheet(browser, clio)


def test_what_is_brought_back_unfit_is_out_of_service(world: World, clio: Resource) -> None:
    loan = out(world)
    address = reverse("give_back", args=[loan.reference])
    answer = world.client.post(address, {"condition": "unfit", "note": "freins", "photo": photo()})
    assert answer.status_code == 302
    assert not Resource.objects.get(pk=clio.pk).is_active
    assert Damage.objects.get().photo
    assert Reading.objects.get().condition == "unfit"


def test_a_bad_photo_loses_nothing_of_what_was_typed_and_brings_nothing_back(world: World, clio: Resource) -> None:
    loan = out(world)
    answer = world.client.post(
        reverse("give_back", args=[loan.reference]),
        {"condition": "good", "note": "ras", "photo": SimpleUploadedFile("a.jpg", b"non")},
    )
    assert answer.status_code == 422
    assert "ras" in answer.content.decode()
    loan.refresh_from_db()
    assert loan.state == "in_use"
    assert not Reading.objects.exists()


def test_only_the_holder_of_a_loan_that_goes_on_says_its_state(world: World, clio: Resource) -> None:
    loan = out(world)
    address = reverse("condition", args=[loan.reference])
    assert world.signed_in(world.other).get(address).status_code == 404
    service.leave(loan.pk, by(world.agent), now=loan.start + dt.timedelta(minutes=1))
    assert world.client.get(address).status_code == 302


# -- who had it -------------------------------------------------------------------------------------------------------


def ask_who(client: Client, **asked: str) -> tuple[int, str]:
    data = {"about": "ab 123 cd", "date": "2026-11-30", "time": "09:00", "reason": "avis du 12 mars"}
    answer = client.post(reverse("fleet_who"), {**data, **asked})
    return answer.status_code, answer.content.decode()


def test_who_had_it_is_answered_and_written_down(world: World, clio: Resource, browser: Client) -> None:
    out(world)
    status, told = ask_who(browser)
    assert status == 200
    assert "Ada" in told
    assert "Clio 2" in told
    assert "depuis le lundi 30 novembre 2026" in told
    assert Event.objects.get(kind="custody.asked").data["reason"] == "avis du 12 mars"
    status, told = ask_who(browser, time="07:00")
    assert "Personne, que l'on sache" in told
    status, told = ask_who(browser, about="", time="07:00")
    assert "Rien n'était sorti" in told


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"reason": ""}, "aria-invalid"),
        ({"reason": "\u00a0x "}, "Dites pourquoi"),
        ({"about": "ZZ"}, "Aucun véhicule ni carte"),
        ({"time": "23:00"}, "pas encore passé"),
        ({"date": "9999-12-31"}, "trop loin"),
        ({"date": "hier"}, "aria-invalid"),
        ({"about": "a\0b"}, "aria-invalid"),
    ],
)
def test_a_question_without_reason_or_sense_is_given_back_as_typed(
    world: World, clio: Resource, browser: Client, asked: dict[str, str], said: str
) -> None:
    status, told = ask_who(browser, **asked)
    assert status == 422
    assert said in told
    assert not Event.objects.filter(kind="custody.asked").exists()


def test_looking_at_the_page_asks_nothing(world: World, clio: Resource, browser: Client) -> None:
    told = browser.get(reverse("fleet_who"), {"quoi": "AB-123-CD"}).content.decode()
    assert 'value="AB-123-CD"' in told
    assert "365 jours" in told
    assert not Event.objects.filter(kind="custody.asked").exists()
