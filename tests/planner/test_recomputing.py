"""A kept day's figures come out the same with the tables that it names, whatever is in force by then."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from django.core.management import CommandError, call_command

from bureaux_volants.booking.models import Kind, Resource, RuleSet
from bureaux_volants.fleet.models import Vehicle
from bureaux_volants.planner.asked import Appointment, Asked
from bureaux_volants.planner.keeping import asked_in
from bureaux_volants.planner.models import DayPlan
from bureaux_volants.planner.proposing import propose
from bureaux_volants.planner.recomputing import recomputed
from bureaux_volants.planner.worked import differences
from bureaux_volants.territory.models import Agent, Landmark, Territory
from bureaux_volants.travel.factors import ADEME_2026_07
from bureaux_volants.travel.fares import ASSUMED_2026
from bureaux_volants.travel.journeys import Place, Traveller
from bureaux_volants.travel.modes import Point
from bureaux_volants.travel.sheets import Kind as Sheet
from bureaux_volants.travel.sheets import write_sheet
from bureaux_volants.travel.tables import add, tables_of
from tests import factories
from tests.factories import NOW, TEST, TUESDAY, at

pytestmark = pytest.mark.django_db

HOME = Place("chez vous", Point(49.06, 6.15), "home")
FAR = Place("Rendez-vous", Point(49.12, 6.2))
EVERYTHING = Traveller(has_bike=True, has_car=True, has_licence=True)


@pytest.fixture
def territory() -> Territory:
    made = factories.territory()
    factories.rules(made)
    RuleSet.objects.create(territory=made, kind="bike", is_round_the_clock=True)
    Landmark.objects.create(territory=made, kind=Landmark.Kind.PARK_AND_RIDE, name="P+R", lat=49.08, lon=6.16)
    return made


@pytest.fixture
def agent(territory: Territory) -> Agent:
    near = factories.site(territory, slug="marly", name="Mairie de Marly", lat=49.062, lon=6.152)
    bike = Resource.objects.create(territory=territory, site=near, kind=Kind.BIKE, name="Vélo 1")
    Vehicle.objects.create(resource=bike, territory=territory, energy="assisted")
    return factories.agent(
        territory, usual_site=factories.site(territory, slug="siege", name="Siège", lat=49.15, lon=6.2)
    )


def kept(agent: Agent, traveller: Traveller = EVERYTHING) -> DayPlan:
    meeting = Appointment(FAR, at(TUESDAY, "14"), at(TUESDAY, "15"))
    asked = Asked(TUESDAY, (at(TUESDAY, "9"), at(TUESDAY, "17")), (meeting,), home=HOME, traveller=traveller)
    plan = propose(agent, asked, now=NOW)
    plan.refresh_from_db()
    return plan


def put_in_force(territory: Territory, ticket: str, version: str) -> None:
    text = write_sheet(ASSUMED_2026).replace("ticket;2", f"ticket;{ticket}").replace("diesel;0,152", "diesel;0,2")
    source = "Délibération du 14 décembre 2026"
    add(territory.pk, Sheet.FARES, text, version=version, since=dt.date(2026, 11, 1), source=source, author=TEST)
    text = write_sheet(ADEME_2026_07).replace("bus;113,5", "bus;100").replace("car_diesel;176,892416", "car_diesel;250")
    add(territory.pk, Sheet.FACTORS, text, version=version, since=dt.date(2026, 11, 1), source=source, author=TEST)


@pytest.mark.parametrize(
    "traveller", [EVERYTHING, Traveller(), Traveller(has_bike=True, bike_is_assisted=True, has_pass=True, walk_km=None)]
)
def test_a_kept_day_comes_out_the_same(agent: Agent, traveller: Traveller) -> None:
    plan = kept(agent, traveller)
    assert plan.answer["plans"]
    assert recomputed(plan) == []


def test_it_still_does_when_other_tables_are_in_force_and_the_next_day_names_them(
    agent: Agent, territory: Territory
) -> None:
    before = kept(agent)
    put_in_force(territory, "5", "neuf-2026")
    after = kept(agent)
    assert before.answer["versions"]["factors"] == ADEME_2026_07.version
    assert after.answer["versions"] == {"factors": "neuf-2026", "costs": "neuf-2026+arrete-2022-03-14"}
    assert recomputed(before) == recomputed(after) == []
    traveller = asked_in(before.asked).traveller
    assert differences(before.answer, traveller, tables_of(territory.pk, TUESDAY)) != []


def test_a_figure_that_somebody_changed_is_found(agent: Agent) -> None:
    plan = kept(agent)
    plan.answer["plans"][0]["totals"]["grams_total"] += 1
    (found,) = recomputed(plan)
    assert (found.plan, found.figure, found.kept - found.found) == (0, "grams_total", 1)


def test_the_command_says_what_comes_out_and_changes_nothing(agent: Agent) -> None:
    plan = kept(agent)
    out = io.StringIO()
    call_command("plans", "recompute", stdout=out)
    assert out.getvalue() == "Journées recalculées : 1 ; identiques : 1 ; différentes : 0.\n"
    with pytest.raises(CommandError, match="Aucune journée ne porte cette référence : RIEN"):
        call_command("plans", "recompute", "rien")
    plan.answer["versions"]["factors"] = "perdue"
    plan.save()
    with pytest.raises(CommandError, match="ne se retrouvent pas"):
        call_command("plans", "recompute", plan.reference, stdout=out)
    assert "ne peut pas être recalculée" in out.getvalue()
