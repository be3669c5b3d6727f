"""Organiser ma journée: the form, the proposals, one button."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from bureaux_volants.booking import service
from bureaux_volants.booking.models import Booking, Kind, Resource
from bureaux_volants.booking.placing import Ask
from bureaux_volants.booking.states import HOLDING
from bureaux_volants.booking.team_days import set_team_day
from bureaux_volants.planner.asked import Asked, Impossible
from bureaux_volants.planner.models import DayPlan
from bureaux_volants.planner.proposing import propose
from bureaux_volants.territory.calendar import local
from bureaux_volants.territory.models import Agent, Service
from tests import factories
from tests.factories import TEST

from .conftest import World

DAY = "2026-12-01"
PARIS = ZoneInfo("Europe/Paris")
HOURS = tuple(local(dt.date.fromisoformat(DAY), dt.time(hour), PARIS) for hour in (9, 17))


def asked(**more: object) -> dict[str, object]:
    return {"date": DAY, "start": "09:00", "end": "17:00", "has": ["car"], "usual": "own_car", **more}


def proposed(world: World, **more: object) -> DayPlan:
    answer = world.client.post(reverse("organise"), asked(**more))
    assert answer.status_code == 302, answer.content.decode()
    return DayPlan.objects.latest("pk")


def test_the_form_begins_with_an_ordinary_day_then_with_what_was_said_last_time(world: World) -> None:
    assert "Organiser ma journée" in world.client.get(reverse("organise")).content.decode()
    proposed(world, has=["ebike", "pass"], usual="transit", start="10:00")
    page = world.client.get(reverse("organise")).content.decode()
    assert 'value="10:00"' in page
    assert 'value="transit" selected' in page


def test_a_day_with_a_meeting_is_proposed_booked_in_one_go_and_given_up(world: World) -> None:
    plan = proposed(world, to_1="Woippy", from_1="14:00", until_1="15:00")
    page = world.client.get(reverse("plans", args=[plan.reference])).content.decode()
    assert "Le plus sobre" in page
    assert "Mairie de Marly" in page
    number = next(
        k
        for k, p in enumerate(plan.answer["plans"])
        if any(s["what"] == "desk" and s["place"]["key"] == "site:marly" for s in p["steps"])
    )
    done = world.client.post(reverse("plan_book", args=[plan.reference]), {"number": number}, follow=True)
    assert "Votre journée est réservée." in done.content.decode()
    booking = Booking.objects.get()
    assert (booking.site, booking.agent) == (world.mairie, world.agent)
    gone = world.client.post(reverse("plan_cancel", args=[plan.reference]), follow=True)
    assert "Votre journée est annulée" in gone.content.decode()
    assert not Booking.objects.filter(state__in=HOLDING).exists()


def test_when_the_desk_has_just_gone_what_still_holds_is_proposed(world: World) -> None:
    plan = proposed(world)
    number = next(
        k for k, p in enumerate(plan.answer["plans"]) if any(s["place"]["key"] == "site:marly" for s in p["steps"])
    )
    Resource.objects.filter(site=world.mairie).update(is_active=False)
    told = world.client.post(reverse("plan_book", args=[plan.reference]), {"number": number}, follow=True)
    page = told.content.decode()
    assert "Rien n&#x27;a été réservé" in page
    assert "Voici ce qui reste possible" in page
    assert not Booking.objects.exists()
    assert DayPlan.objects.count() == 2


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"date": "2020-01-07"}, "Ce jour est trop loin"),
        ({"date": "2026-11-20"}, "Ce jour est passé"),
        ({"end": "08:00"}, "La journée doit finir après son début"),
        ({"to_1": "Atlantide", "from_1": "9:00", "until_1": "10:00"}, "Nous ne connaissons pas ce lieu"),
        ({"to_1": "Woippy"}, "Indiquez l&#x27;heure du rendez-vous"),
        ({"from_1": "9:00"}, "Dites où est ce rendez-vous"),
        ({"to_1": "Woippy", "from_1": "11:00", "until_1": "10:00"}, "doit finir après son début"),
        (
            {
                "to_1": "Woippy",
                "from_1": "10:00",
                "until_1": "12:00",
                "to_2": "Marly",
                "from_2": "11:00",
                "until_2": "13:00",
            },
            "commence avant la fin",
        ),
        (
            {
                "to_1": "Woippy",
                "from_1": "10:00",
                "until_1": "12:00",
                "to_2": "Marly",
                "from_2": "12:05",
                "until_2": "13:00",
            },
            "décalez l&#x27;un des deux rendez-vous",
        ),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence_and_nothing_is_kept(
    world: World, more: dict[str, object], told: str
) -> None:
    answer = world.client.post(reverse("organise"), asked(**more))
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not DayPlan.objects.exists()


def test_another_s_day_is_not_found(world: World) -> None:
    plan = proposed(world)
    theirs = world.signed_in(world.other)
    assert theirs.get(reverse("plans", args=[plan.reference])).status_code == 404
    assert theirs.post(reverse("plan_book", args=[plan.reference]), {"number": 0}).status_code == 404
    assert world.client.post(reverse("plan_book", args=[plan.reference]), {"number": "x"}).status_code == 404
    assert world.client.post(reverse("plan_book", args=[plan.reference]), {"number": 77}).status_code == 404


def booked(world: World, **more: object) -> DayPlan:
    plan = proposed(world, **more)
    number = next(
        k
        for k, p in enumerate(plan.answer["plans"])
        if any(s["what"] == "desk" and s["place"]["key"] == "site:marly" for s in p["steps"])
    )
    world.client.post(reverse("plan_book", args=[plan.reference]), {"number": number})
    return plan


def test_where_one_would_have_worked_is_said_once_for_the_whole_day(world: World) -> None:
    plan = booked(world, to_1="Woippy", from_1="12:00", until_1="13:00")
    page = world.client.get(reverse("plans", args=[plan.reference])).content.decode()
    assert "Et sans bureau volant" in page
    done = world.client.post(reverse("plan_without", args=[plan.reference]), {"counterfactual": "home"}, follow=True)
    assert "Merci, c&#x27;est noté." in done.content.decode()
    assert set(Booking.objects.values_list("counterfactual", flat=True)) == {"home"}
    assert 'value="home" aria-pressed="true"' in done.content.decode()
    refused = world.client.post(reverse("plan_without", args=[plan.reference]), {"counterfactual": "moon"})
    assert refused.status_code == 404
    other = world.signed_in(world.other).post(
        reverse("plan_without", args=[plan.reference]), {"counterfactual": "home"}
    )
    assert other.status_code == 404


def test_the_same_weekday_is_offered_again_with_its_appointments(world: World) -> None:
    plan = proposed(world, to_1="Woippy", from_1="14:00", until_1="15:00", walk_km="1.5")
    world.client.get(reverse("organise"))
    page = world.client.get(reverse("organise"), {"comme": plan.reference}).content.decode()
    assert 'value="Woippy"' in page
    assert 'value="14:00"' in page
    assert 'value="1.5"' in page
    # Somebody else's day fills nobody's form, nor does nonsense.
    for reference in (plan.reference, "\0", "x" * 4000):
        other = world.signed_in(world.other).get(reverse("organise"), {"comme": reference})
        assert other.status_code == 200
        assert 'value="14:00"' not in other.content.decode()


def test_the_proposals_are_told_in_brief_beside_the_ordinary_day(world: World) -> None:
    plan = proposed(world, to_1="Woippy", from_1="14:00", until_1="15:00", has=["car", "ebike"])
    page = world.client.get(reverse("plans", args=[plan.reference])).content.decode()
    assert len(plan.answer["plans"]) > 1
    assert "Journée ordinaire" in page
    assert '<a href="#plan-1">' in page


def test_how_far_one_accepts_to_go_is_kept_to(world: World) -> None:
    plan = proposed(world, has=["bike"], usual="walk", walk_km="0.5", bike_km="1")
    for proposal in plan.answer["plans"]:
        assert all(s["km"] <= 1 for s in proposal["steps"] if s.get("way") == "own_bike")
    told = world.client.post(reverse("organise"), asked(walk_km="-3"))
    assert told.status_code == 422


def test_who_wants_to_meet_a_commune_gets_a_desk_there_or_is_told_that_there_is_none(world: World) -> None:
    plan = proposed(world, meet=world.mairie.commune.code)
    for proposal in plan.answer["plans"]:
        desks = {s["place"]["name"] for s in proposal["steps"] if s["what"] == "desk"}
        assert desks == {"Mairie de Marly"}
    Resource.objects.filter(site=world.mairie).delete()
    told = world.client.post(reverse("organise"), asked(meet=world.mairie.commune.code))
    assert told.status_code == 422


def test_who_wants_to_be_with_a_team_sits_where_it_says_it_will_be(world: World) -> None:
    day = dt.date.fromisoformat(DAY)
    team = Service.objects.create(territory=world.territory, organisation=world.agent.organisation, name="Voirie")
    mate = factories.agent(world.territory, organisation=world.agent.organisation, service=team, visibility="nobody")
    with_them = asked(meet=f"team:{team.pk}")
    nobody = world.client.post(reverse("organise"), with_them)
    assert nobody.status_code == 422
    assert "Personne de l&#x27;équipe Voirie" in nobody.content.decode()
    start, end = (local(day, dt.time(hour), PARIS) for hour in (9, 12))
    service.book(mate, Ask(Kind.DESK, world.mairie.pk, start, end), TEST)
    # Who hides is not found by asking for their team.
    assert world.client.post(reverse("organise"), with_them).status_code == 422
    Agent.objects.filter(pk=mate.pk).update(visibility="everyone")
    plan = proposed(world, meet=f"team:{team.pk}")
    for proposal in plan.answer["plans"]:
        assert {s["place"]["name"] for s in proposal["steps"] if s["what"] == "desk"} == {"Mairie de Marly"}


def test_a_team_s_own_day_says_where_it_is_and_another_organisation_s_team_is_not_to_be_asked_for(world: World) -> None:
    day = dt.date.fromisoformat(DAY)
    team = Service.objects.create(territory=world.territory, organisation=world.agent.organisation, name="Voirie")
    set_team_day(team, world.mairie, day, day, TEST)
    plan = proposed(world, meet=f"team:{team.pk}")
    assert plan.asked["meet"] == f"team:{team.pk}"
    other = Service.objects.create(
        territory=world.territory, organisation=factories.organisation(world.territory), name="Ailleurs"
    )
    assert world.client.post(reverse("organise"), asked(meet=f"team:{other.pk}")).status_code == 422
    told = Asked(day, (local(day, dt.time(9), PARIS), local(day, dt.time(17), PARIS)), meet=f"team:{other.pk}")
    with pytest.raises(Impossible, match="pas de votre organisation"):
        propose(world.agent, told)


def test_a_day_for_which_nothing_was_to_be_booked_says_so_and_can_be_given_up(world: World) -> None:
    service.book(world.agent, Ask(Kind.DESK, world.mairie.pk, *HOURS), TEST)
    plan = proposed(world)
    number = next(
        k for k, p in enumerate(plan.answer["plans"]) if not p["loans"] and any(s.get("held") for s in p["steps"])
    )
    page = world.client.post(
        reverse("plan_book", args=[plan.reference]), {"number": number}, follow=True
    ).content.decode()
    assert "était à réserver" in page
    assert "déjà réservé" in page
    gone = world.client.post(reverse("plan_cancel", args=[plan.reference]), follow=True).content.decode()
    assert "Votre journée est annulée" in gone
    # What was booked apart from the day stays booked.
    assert Booking.objects.filter(state__in=HOLDING).count() == 1


def test_a_part_given_up_alone_is_said_on_the_day_whose_figures_are_of_the_booking(world: World) -> None:
    plan = proposed(world)
    number = next(
        k for k, p in enumerate(plan.answer["plans"]) if any(s["place"]["key"] == "site:marly" for s in p["steps"])
    )
    world.client.post(reverse("plan_book", args=[plan.reference]), {"number": number})
    address = reverse("plans", args=[plan.reference])
    assert "Une partie a changé depuis" not in world.client.get(address).content.decode()
    entry = world.client.get(reverse("plan_calendar", args=[plan.reference])).content.decode()
    assert f"UID:{Booking.objects.get().reference}@" in entry
    world.client.post(reverse("cancel", args=[Booking.objects.get().reference]))
    assert "Une partie a changé depuis" in world.client.get(address).content.decode()
    assert "STATUS:CANCELLED" in world.client.get(reverse("plan_calendar", args=[plan.reference])).content.decode()
    hidden = world.signed_in(world.other).get(reverse("plan_calendar", args=[plan.reference]))
    assert hidden.status_code == 404


def test_a_travel_by_one_s_own_car_leads_to_the_colleagues_who_drive_that_way(world: World) -> None:
    plan = proposed(world, to_1="Woippy", from_1="14:00", until_1="15:00", has=["car"])
    page = world.client.get(reverse("plans", args=[plan.reference])).content.decode()
    (address, *_more) = re.findall(r'<a href="([^"]*covoiturage/\?[^"]*)"', page)
    answer = world.client.get(address.replace("&amp;", "&"))
    assert answer.status_code == 200
    assert 'value="chez moi"' in answer.content.decode()
