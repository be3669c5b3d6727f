"""Tableau de flotte and its usage page: what the fleet manager sees, of the sites in their care and no other."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook
from pytest_django import DjangoAssertNumQueries

from bureaux_volants.booking.models import Booking, Kind, Resource
from bureaux_volants.booking.states import State
from bureaux_volants.events.models import Event
from bureaux_volants.fleet.models import Licence, Reading, Trip, Vehicle
from bureaux_volants.keys.boxes import install_key
from bureaux_volants.keys.cases import open_case
from bureaux_volants.keys.declaring import declare_lost
from bureaux_volants.keys.models import Box, BoxEvent, Case, Key
from bureaux_volants.territory.models import Agent, Grant, Site
from bureaux_volants.web.charts import Bar, bars, columns
from tests import factories
from tests.factories import NOW, TEST, at

from .conftest import World

TODAY = NOW.date()


@pytest.fixture
def pool(world: World) -> list[Resource]:
    """At the usual site: a Zoé, a Clio, a bike and a card."""
    found = [
        unit(world.usual, Kind.CAR, "Zoé 1", "electric", charge_percent=80),
        unit(world.usual, Kind.CAR, "Clio 2", "petrol"),
        unit(world.usual, Kind.BIKE, "Vélo 1", "human"),
    ]
    found.append(
        Resource.objects.create(territory=world.territory, site=world.usual, kind=Kind.TRANSPORT_CARD, name="Carte 1")
    )
    return found


def unit(site: Site, kind: Kind, name: str, energy: str, **more: Any) -> Resource:
    made = Resource.objects.create(territory_id=site.territory_id, site=site, kind=kind, name=name, seats=5)
    Vehicle.objects.create(resource=made, territory_id=site.territory_id, energy=energy, **more)
    return made


@pytest.fixture
def manager(world: World) -> Agent:
    made = factories.agent(world.territory, first_name="Franck")
    factories.grant(made, Grant.Role.FLEET_MANAGER)
    return made


@pytest.fixture
def browser(world: World, manager: Agent) -> Client:
    return world.signed_in(manager)


def loan(
    who: Agent,
    what: Resource,
    start: dt.datetime,
    end: dt.datetime,
    state: str = State.CONFIRMED,
    *,
    back: dt.datetime | None = None,
    km: float | None = None,
) -> Booking:
    """A row as it would be: taken on the hour where its state says that it was taken."""
    made = Booking.objects.create(
        territory_id=what.territory_id, site=what.site, kind=what.kind, resource=what, agent=who, booked_by=who,
        start=start, end=end, held=DateTimeTZRange(start, end, "[)"), state=state, created_at=start - dt.timedelta(hours=5),
        checked_in_at=start if state in (State.IN_USE, State.COMPLETED) else None,
        ended_at=(back or end) if state in (State.COMPLETED, State.NO_SHOW) else None,
    )  # fmt: skip
    if km is not None:
        Trip.objects.create(booking=made, territory_id=what.territory_id, destination="Gare", lat=49.1, lon=6.17, km=km)
    return made


def page(client: Client, name: str = "fleet", **query: str) -> str:
    answer = client.get(reverse(name), query)
    assert answer.status_code == 200
    return answer.content.decode()


# -- the board --------------------------------------------------------------------------------------------------------


def test_the_board_says_who_has_what_who_is_late_and_what_is_out_of_service(
    world: World, pool: list[Resource], browser: Client
) -> None:
    zoe, clio, bike, card = pool
    loan(world.agent, zoe, at(TODAY, "7"), at(TODAY, "8"), State.IN_USE, km=2.1)
    loan(world.agent, bike, at(TODAY, "8"), at(TODAY, "11"), State.IN_USE)
    loan(world.agent, card, at(TODAY, "14"), at(TODAY, "16"))
    Resource.objects.filter(pk=clio.pk).update(is_active=False)
    told = page(browser)
    assert "attendu à 8\u00a0h, en retard de 1\u00a0h" in told
    assert "en sortie, retour prévu à 11\u00a0h" in told
    assert told.count("Hors service") >= 2
    assert "Ada" in told
    assert "<b>1</b>en retard" in told
    assert "<b>1</b>sortie prévue" in told


def test_every_state_is_a_word_beside_its_colour(world: World, pool: list[Resource], browser: Client) -> None:
    hours = (("6", "7", State.COMPLETED), ("8", "12", State.IN_USE), ("15", "16", State.CONFIRMED))
    for start, end, state in hours:
        loan(world.agent, pool[0], at(TODAY, start), at(TODAY, end), state)
    loan(world.agent, pool[1], at(TODAY, "6"), at(TODAY, "8"), State.NO_SHOW)
    told = page(browser)
    for word in ("rendu à 7", "en sortie, retour prévu", "– réservé<", "réservé, jamais pris"):
        assert word in told


def test_another_day_is_shown_when_asked_and_a_senseless_one_means_today(
    world: World, pool: list[Resource], browser: Client
) -> None:
    tomorrow = TODAY + dt.timedelta(days=1)
    loan(world.agent, pool[0], at(tomorrow, "9"), at(tomorrow, "11"), km=4.0)
    assert "Gare" not in page(browser)
    assert "Gare" in page(browser, date=tomorrow.isoformat())
    for senseless in ("hier", "0001-01-01", "9999-12-31", "2026-13-01"):
        assert "Aujourd&#x27;hui, lundi 30 novembre" in page(browser, date=senseless)


def test_a_vehicle_that_is_late_since_yesterday_is_on_today_s_board(
    world: World, pool: list[Resource], browser: Client
) -> None:
    yesterday = TODAY - dt.timedelta(days=1)
    loan(world.agent, pool[0], at(yesterday, "14"), at(yesterday, "17"), State.IN_USE)
    assert "en retard de 16\u00a0h" in page(browser)


def test_a_manager_of_one_site_sees_that_site_and_nothing_of_others(
    world: World, pool: list[Resource], browser: Client
) -> None:
    other = factories.site(world.territory, slug="autre", name="Autre site", desks=0)
    unit(other, Kind.CAR, "Kangoo 9", "diesel")
    foreign = factories.site(factories.territory(), slug="ailleurs", desks=0)
    unit(foreign, Kind.CAR, "Twingo 3", "petrol")
    mine = factories.agent(world.territory)
    factories.grant(mine, Grant.Role.FLEET_MANAGER, over=other)
    client = world.signed_in(mine)
    told = page(client)
    assert "Kangoo 9" in told
    assert "Zoé 1" not in told
    everything = page(browser)
    assert "Zoé 1" in everything
    assert "Twingo 3" not in everything
    assert client.get(reverse("fleet"), {"site": world.usual.slug}).status_code == 404
    assert "Zoé 1" not in page(browser, site="autre")


@pytest.mark.parametrize("name", ["fleet", "fleet_usage", "fleet_usage_csv", "fleet_usage_xlsx"])
def test_there_is_no_fleet_for_who_does_not_manage_one(world: World, name: str) -> None:
    assert world.client.get(reverse(name)).status_code == 404
    assert Client().get(reverse(name)).status_code == 302


def test_the_tab_is_there_for_who_has_the_role_only(world: World, pool: list[Resource], browser: Client) -> None:
    assert 'href="/flotte/"' in page(browser)
    assert 'href="/flotte/"' not in world.client.get("/").content.decode()


def test_nothing_in_care_says_so(world: World, browser: Client) -> None:
    assert "Aucun véhicule ni carte" in page(browser)
    assert "Aucun véhicule ni carte" in page(browser, "fleet_usage")


def test_the_board_costs_the_same_for_many_units(
    world: World, pool: list[Resource], browser: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(40):
        made = unit(world.usual, Kind.CAR, f"Voiture {n}", "petrol", inspected_until=TODAY)
        loan(factories.agent(world.territory), made, at(TODAY, "8"), at(TODAY, "12"), State.IN_USE, km=3)
        box = Box.objects.create(territory=world.territory, site=world.usual, name=f"Boîte {n}", adapter="manual")
        install_key(made, box, 1, TEST)
        open_case(box, "out-twice", n, made.pk)
    page(browser)  # the directory is read once, whatever is asked
    with django_assert_max_num_queries(22):
        page(browser)


# -- boxes, papers ----------------------------------------------------------------------------------------------------


def test_a_box_tells_when_it_was_seen_its_battery_its_door_and_the_keys_that_miss(
    world: World, pool: list[Resource], browser: Client
) -> None:
    box = Box.objects.create(
        territory=world.territory, site=world.usual, name="Hall", adapter="rest", enrolled_at=NOW, last_seen_at=NOW
    )
    for slot, resource in enumerate(pool, 1):
        install_key(resource, box, slot, TEST, now=NOW)
    told = page(browser)
    assert "En liaison" in told
    assert "4 clés dedans" in told
    declare_lost(Key.objects.get(pk=pool[1].pk), TEST, now=NOW)
    Box.objects.filter(pk=box.pk).update(last_seen_at=NOW - dt.timedelta(hours=3), last_sequence=9)
    common = {"box": box, "clock": NOW, "received_at": NOW}
    BoxEvent.objects.create(sequence=8, kind="heartbeat", data={"battery": 37.4}, **common)
    BoxEvent.objects.create(sequence=9, kind="door_open", **common)
    told = page(browser)
    assert "Muette" in told
    assert "batterie\u00a0: 37\u00a0%" in told
    assert "porte ouverte pour la dernière fois aujourd&#x27;hui à 9\u00a0h" in told
    assert told.count("Clé perdue") >= 2
    assert "3 clés dedans" in told


def test_papers_that_end_within_six_weeks_are_told_the_soonest_first(
    world: World, pool: list[Resource], browser: Client
) -> None:
    day = dt.timedelta(days=1)
    Vehicle.objects.filter(pk=pool[0].pk).update(inspected_until=TODAY + 9 * day, insured_until=TODAY - day)
    Vehicle.objects.filter(pk=pool[1].pk).update(inspected_until=TODAY + 46 * day)
    Licence.objects.create(
        agent=world.agent, territory=world.territory, categories=["B"], valid_from=TODAY - 900 * day,
        valid_until=TODAY + 20 * day, checked_on=TODAY,
    )  # fmt: skip
    told = page(browser)
    told = told[told.index("Papiers qui expirent") :]
    assert told.index("Assurance") < told.index("Contrôle technique") < told.index("Permis de conduire")
    assert told.count("Contrôle technique") == 1
    assert "Dépassé" in told
    assert "9 jours" in told


# -- cases ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def case(world: World, pool: list[Resource]) -> Case:
    box = Box.objects.create(territory=world.territory, site=world.usual, name="Hall", adapter="manual")
    booking = loan(world.agent, pool[0], at(TODAY, "7"), at(TODAY, "8"), State.COMPLETED)
    return open_case(box, "out-twice", 3, pool[0].pk, [booking])


def test_a_case_says_who_is_concerned_and_is_settled_with_a_reason(browser: Client, manager: Agent, case: Case) -> None:
    told = page(browser)
    assert "Clé prise alors qu&#x27;une autre personne l&#x27;avait encore" in told
    assert case.bookings.get().reference in told
    answer = browser.post(reverse("fleet_settle", args=[case.pk]), {"how": "vu avec les deux agents"}, follow=True)
    assert "C&#x27;est réglé" in answer.content.decode()
    case.refresh_from_db()
    assert (case.settled_by, case.how) == (manager, "vu avec les deux agents")
    assert Event.objects.filter(kind="case.settled", actor_id=manager.pk).count() == 1
    again = browser.post(reverse("fleet_settle", args=[case.pk]), {"how": "encore"}, follow=True)
    assert "déjà réglé" in again.content.decode()


@pytest.mark.parametrize("how", ["", "   ", "\0", "x" * 201])
def test_a_case_without_a_good_reason_stays_open_and_keeps_what_was_typed(
    browser: Client, case: Case, how: str
) -> None:
    answer = browser.post(reverse("fleet_settle", args=[case.pk]), {"how": how})
    assert answer.status_code == 422
    told = answer.content.decode()
    assert 'aria-invalid="true"' in told
    assert how.replace("\0", "").strip() in told
    case.refresh_from_db()
    assert case.settled_at is None


def test_a_case_of_another_site_or_territory_does_not_exist(world: World, case: Case) -> None:
    other = factories.site(world.territory, desks=0)
    mine = factories.agent(world.territory)
    factories.grant(mine, Grant.Role.FLEET_MANAGER, over=other)
    foreign = factories.agent(factories.territory())
    factories.grant(foreign, Grant.Role.FLEET_MANAGER)
    for who in (mine, foreign):
        client = world.signed_in(who)
        assert client.post(reverse("fleet_settle", args=[case.pk]), {"how": "x"}).status_code == 404
    assert world.client.post(reverse("fleet_settle", args=[case.pk]), {"how": "x"}).status_code == 404


# -- usage ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def history(world: World, pool: list[Resource]) -> None:
    """Six people, the Friday before: the Zoé five times, once a short way, once back late; the Clio missed twice."""
    friday = TODAY - dt.timedelta(days=3)
    people = [factories.agent(world.territory) for _ in range(6)]
    for n, start in enumerate((8, 10, 12, 14)):
        done = loan(
            people[n],
            pool[0],
            at(friday, str(start)),
            at(friday, str(start + 2)),
            State.COMPLETED,
            km=2.0 if n == 0 else 9.0,
        )
        if n == 1:
            for moment, km in (("taken", 1000), ("returned", 1020)):
                Reading.objects.create(booking=done, resource=pool[0], moment=moment, at=done.start, odometer_km=km)
    loan(people[4], pool[0], at(friday, "16"), at(friday, "17"), State.COMPLETED, back=at(friday, "17:30"), km=5.0)
    loan(people[5], pool[1], at(friday, "8"), at(friday, "9"), State.NO_SHOW)
    loan(people[0], pool[1], at(friday, "10"), at(friday, "11"), State.NO_SHOW)


@pytest.mark.usefixtures("history")
def test_usage_tells_each_indicator_with_its_definition_its_sample_and_its_table(browser: Client) -> None:
    told = page(browser, "fleet_usage")
    assert told.count("Définition.") == 9
    assert told.count('role="img"') == 9
    assert told.count("<table>") == 9
    # Zoé: 8 h and 1 h 30 of the 10 service hours; of four units together, 9.5 of 40.
    assert "24\u00a0%" in told
    assert "20\u00a0%, entre" in told  # one short trip of five
    assert "29\u00a0%, entre" in told  # two of seven bookings missed
    assert "1 sur 5, 5 personnes différentes" in told
    # 20 km on the odometer, then 2 × (2 + 9 + 9 + 5).
    assert "70 km" in told
    assert "3 unités sur 4" in told  # the Clio was booked, never taken


@pytest.mark.usefixtures("pool")
def test_a_pool_that_nobody_used_hides_conduct_and_says_why(world: World, browser: Client) -> None:
    told = page(browser, "fleet_usage")
    assert told.count("Moins de 5 personnes sont concernées") == 4
    assert "4 unités sur 4" in told


@pytest.mark.usefixtures("history")
def test_usage_names_nobody(world: World, browser: Client) -> None:
    for name in ("fleet_usage", "fleet_usage_csv"):
        answer = browser.get(reverse(name)).content.decode()
        people = Agent.objects.filter(bookings__kind=Kind.CAR).distinct()
        assert people.count() == 6
        for person in people:
            assert person.email not in answer
            assert person.last_name not in answer


@pytest.mark.usefixtures("history")
def test_the_files_tell_what_the_page_tells_with_numbers_as_numbers(browser: Client) -> None:
    answer = browser.get(reverse("fleet_usage_xlsx"))
    book = load_workbook(io.BytesIO(answer.content))
    assert answer["Content-Disposition"].startswith('attachment; filename="usage-du-parc-')
    assert len(book.worksheets) == 10
    sheet = book["courts"]
    assert [cell.value for cell in sheet[2]][1:] == [
        0.2,
        pytest.approx(0.0362, abs=1e-3),
        pytest.approx(0.6245, abs=1e-3),
        1,
        5,
    ]
    assert sheet["B2"].number_format == "0.0%"
    text = browser.get(reverse("fleet_usage_csv")).content.decode("utf-8-sig")
    assert "Trajets de moins de 3 km en voiture;Siège;Part;0,2000;;" in text
    assert text.count("Définition") == 1


def test_no_cell_of_the_files_is_ever_a_formula(world: World, browser: Client) -> None:
    Site.objects.filter(pk=world.usual.pk).update(name="=1+1")
    unit(world.usual, Kind.CAR, "@SUM(A1)", "petrol")
    book = load_workbook(io.BytesIO(browser.get(reverse("fleet_usage_xlsx")).content))
    cells = [c for sheet in book.worksheets for row in sheet.iter_rows() for c in row]
    assert any(str(c.value).startswith("'=1+1") for c in cells)
    assert not any(c.data_type == "f" for c in cells)
    text = browser.get(reverse("fleet_usage_csv")).content.decode("utf-8-sig")
    assert ";=1+1" not in text
    assert ";'@SUM(A1)" in text


@pytest.mark.usefixtures("history")
def test_only_the_periods_offered_can_be_asked_for(browser: Client) -> None:
    for senseless in ("31", "-1", "tout"):
        assert 'href="?jours=90" aria-current="true"' in page(browser, "fleet_usage", jours=senseless)
    assert 'href="?jours=30" aria-current="true"' in page(browser, "fleet_usage", jours="30")


@pytest.mark.usefixtures("history")
def test_usage_costs_the_same_for_many_units(
    world: World, browser: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(60):
        unit(world.usual, Kind.CAR, f"Voiture {n}", "petrol")
    page(browser, "fleet_usage")
    with django_assert_max_num_queries(10):
        page(browser, "fleet_usage")


# -- charts -----------------------------------------------------------------------------------------------------------


def test_a_chart_says_in_words_what_it_shows_and_escapes_what_people_wrote() -> None:
    drawn = bars("x", "Titre", [Bar("<b>Nord</b>", 0.5, "50 %", 0.4, 0.6), Bar("Sud", 2.0, "beaucoup")])
    assert "<b>" not in drawn
    assert "&lt;b&gt;Nord&lt;/b&gt; : 50 % ; Sud : beaucoup" in drawn
    assert 'aria-labelledby="x-title x-told"' in drawn
    assert 'width="50.00%"' in drawn
    assert drawn.count("<line") == 2  # an interval on its ground, for the first alone
    assert 'width="200' not in drawn
    assert "style=" not in drawn + columns("y", "Titre", [Bar("8 h", 0.3, "3 %")])


# -- told to the person first -----------------------------------------------------------------------------------------


@pytest.fixture
def short_way(world: World, pool: list[Resource]) -> Booking:
    """Ada drove 2 km on Friday while a bike stood there."""
    friday = TODAY - dt.timedelta(days=3)
    made = loan(world.agent, pool[1], at(friday, "9"), at(friday, "10"), State.COMPLETED, km=2.1)
    Trip.objects.filter(pk=made.pk).update(lat=world.usual.lat + 0.012, lon=world.usual.lon, destination="Gare")
    return made


def test_a_short_way_by_car_is_shown_to_its_driver_with_what_a_bike_takes(world: World, short_way: Booking) -> None:
    # No motor: 1.7 km at 15 km/h and two minutes; rounded up.
    line = "1,7\u00a0km\u00a0: 9 minutes à vélo, un vélo était libre."
    listed = world.client.get(reverse("bookings")).content.decode()
    alone = world.client.get(reverse("booking", args=[short_way.reference])).content.decode()
    for told in (listed, alone):
        assert line in told


def test_before_leaving_the_bikes_are_a_tap_away(world: World, short_way: Booking) -> None:
    ahead = loan(world.agent, short_way.resource, at(TODAY, "14"), at(TODAY, "16"), km=2.1)
    Trip.objects.filter(pk=ahead.pk).update(lat=world.usual.lat + 0.012, lon=world.usual.lon)
    told = world.client.get(reverse("booking", args=[ahead.reference])).content.decode()
    assert "un vélo est libre à ces heures" in told
    assert (
        f"site_slug={world.usual.slug}&amp;to=Gare&amp;date={TODAY.isoformat()}&amp;start=14:00&amp;end=16:00" in told
    )


def test_nobody_else_is_told_of_it(world: World, short_way: Booking, browser: Client) -> None:
    for name in ("fleet", "fleet_usage"):
        assert "minutes à vélo, un vélo" not in page(browser, name)
    friday = (TODAY - dt.timedelta(days=3)).isoformat()
    assert "minutes à vélo" not in page(browser, date=friday)
