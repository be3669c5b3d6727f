"""The lists of the administration filter by what they offer: an address asks nothing about a password or a home."""

from __future__ import annotations

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client, TestCase
from django.urls import reverse

from bureaux_volants.booking import service, waiting
from bureaux_volants.booking.models import Booking, WaitingEntry
from bureaux_volants.events.models import Event
from bureaux_volants.territory.models import Agent, Grant
from tests import factories
from tests.factories import TEST, TUESDAY, ask

from .conftest import World


@pytest.fixture
def office(world: World) -> Client:
    """The administrator's browser; what a curious one could ask about is there to be found."""
    boss = factories.agent(world.territory, first_name="Alain")
    factories.grant(boss, Grant.Role.ADMINISTRATOR)
    Agent.objects.filter(pk=world.agent.pk).update(
        password=make_password("un mot de passe"), home_lat=49.06, home_lon=6.15
    )
    factories.grant(world.agent, Grant.Role.HOST, over=world.mairie)
    for person in (world.agent, world.other):
        service.book(person, ask(world.mairie), TEST)
    third = factories.agent(world.territory)
    waiting.join(third, ask(world.mairie), TEST)
    return world.signed_in(boss)


def status(office: Client, name: str, **query: str) -> int:
    return int(office.get(reverse(f"admin:{name}_changelist"), query).status_code)


def pks(office: Client, name: str, **query: str) -> set[int]:
    answer = office.get(reverse(f"admin:{name}_changelist"), query)
    assert answer.status_code == 200
    return {row.pk for row in answer.context["cl"].result_list}


ORACLES = [
    ("territory_agent", "password__startswith", "md5$"),
    ("territory_agent", "password", "!"),
    ("territory_agent", "password__regex", "^md5"),
    ("territory_agent", "home_commune__id__exact", "1"),
    ("territory_agent", "home_commune__isnull", "1"),
    ("territory_agent", "home_commune__name__startswith", "M"),
    ("territory_agent", "home_lat__gte", "49"),
    ("territory_agent", "home_lon__lt", "7"),
    ("territory_agent", "visibility__exact", "nobody"),
    ("territory_agent", "telework_weekdays__contains", "1"),
    ("territory_agent", "last_login__isnull", "1"),
    ("territory_agent", "is_superuser__exact", "1"),
    ("territory_grant", "agent__password__startswith", "md5$"),
    ("territory_grant", "agent__home_commune__isnull", "1"),
    ("booking_booking", "agent__password__startswith", "md5$"),
    ("booking_booking", "agent__home_lat__gte", "49"),
    ("booking_booking", "booked_by__password__startswith", "md5$"),
    ("booking_booking", "counterfactual__exact", "home"),
    ("booking_waitingentry", "agent__password__startswith", "md5$"),
    ("bv_messages_notice", "recipient__password__startswith", "md5$"),
    ("bv_messages_notice", "body__contains", "Mairie"),
    ("events_event", "actor__password__startswith", "md5$"),
    ("events_event", "data__agent", "1"),
    ("territory_site", "organisation__agents__password__startswith", "md5$"),
    ("territory_service", "agents__password__startswith", "md5$"),
    ("territory_closure", "created_by__password__startswith", "md5$"),
    # Through the fields that are offered to those of other rows.
    ("territory_agent", "organisation__agents__password__startswith", "md5$"),
    ("territory_agent", "organisation__name__startswith", "O"),
    ("territory_agent", "grants__role__regex", "h"),
    ("territory_grant", "organisation__agents__password__startswith", "md5$"),
    ("territory_grant", "site__bookings__agent__password__startswith", "md5$"),
    ("booking_resource", "site__bookings__agent__password__startswith", "md5$"),
    ("booking_booking", "site__bookings__agent__home_lat__gte", "49"),
    ("booking_waitingentry", "site__waiting__agent__home_commune__isnull", "1"),
]


@pytest.mark.parametrize(("name", "lookup", "value"), ORACLES, ids=lambda text: str(text))
def test_an_address_asks_nothing_that_the_list_does_not_offer(
    office: Client, name: str, lookup: str, value: str
) -> None:
    assert status(office, name, **{lookup: value}) == 400


def test_what_the_list_of_people_offers_works(world: World, office: Client) -> None:
    closed = factories.agent(world.territory, is_active=False, organisation=world.agent.organisation)
    employer = str(world.agent.organisation_id)
    assert pks(office, "territory_agent", is_active__exact="0") == {closed.pk}
    assert pks(office, "territory_agent", grants__role__exact="host") == {world.agent.pk}
    assert pks(office, "territory_agent", organisation__id__exact=employer) == {
        world.agent.pk,
        world.other.pk,
        closed.pk,
    }
    assert world.agent.pk not in pks(office, "territory_agent", organisation__isnull="True")


def test_what_the_lists_of_bookings_offer_works(world: World, office: Client) -> None:
    bookings = set(Booking.objects.values_list("pk", flat=True))
    mairie, usual = str(world.mairie.pk), str(world.usual.pk)
    assert pks(office, "booking_booking", state__exact="confirmed", kind__exact="desk") == bookings
    assert pks(office, "booking_booking", state__exact="no_show") == set()
    assert pks(office, "booking_booking", site__id__exact=mairie) == bookings
    assert pks(office, "booking_booking", site__id__exact=usual) == set()
    day, after = f"{TUESDAY} 00:00:00+01:00", f"{TUESDAY.replace(day=2)} 00:00:00+01:00"
    assert pks(office, "booking_booking", start__gte=day, start__lt=after) == bookings
    assert pks(office, "booking_booking", start__gte=after) == set()
    year = {"start__year": "2026", "start__month": "12"}
    assert pks(office, "booking_booking", **year, start__day="1") == bookings
    assert pks(office, "booking_booking", **year, start__day="2") == set()
    entry = WaitingEntry.objects.get()
    assert pks(office, "booking_waitingentry", state__exact="waiting", site__id__exact=mairie) == {entry.pk}


def test_what_the_log_offers_and_the_links_to_it_work(world: World, office: Client) -> None:
    event = Event.objects.filter(kind="booking.created").earliest("id")
    assert event.pk in pks(office, "events_event", kind="booking.created", site=str(world.mairie.pk))
    assert pks(office, "events_event", origin__exact="web") == set()
    assert pks(office, "events_event", subject_kind__exact="booking", subject_id__exact=str(event.subject_id)) == {
        event.pk
    }
    assert event.pk in pks(office, "events_event", at__year=str(event.at.year))


def test_every_choice_that_a_list_shows_opens(world: World, office: Client) -> None:
    """Whatever filter is offered beside a list leads somewhere."""
    names = [
        "territory_agent",
        "territory_grant",
        "territory_service",
        "territory_organisation",
        "territory_landmark",
        "territory_site",
        "territory_closure",
        "booking_resource",
        "booking_ruleset",
        "booking_booking",
        "booking_waitingentry",
        "events_event",
        "bv_messages_notice",
    ]
    tried = 0
    for name in names:
        url = reverse(f"admin:{name}_changelist")
        changes = office.get(url).context["cl"]
        for spec in changes.filter_specs:
            for choice in spec.choices(changes):
                assert office.get(url + choice["query_string"]).status_code == 200, (name, choice["query_string"])
                tried += 1
    assert tried > 60


# -- a closed account


def close_account(office: Client, agent: Agent) -> None:
    url = reverse("admin:territory_agent_change", args=[agent.pk])
    form = office.get(url).context["adminform"].form
    data = {name: form[name].value() for name in ("email", "first_name", "last_name")}
    data |= {"grants-TOTAL_FORMS": "0", "grants-INITIAL_FORMS": "0"}
    with TestCase.captureOnCommitCallbacks(execute=True):
        assert office.post(url, data).status_code == 302
    agent.refresh_from_db()
    assert not agent.is_active


def test_a_closed_account_leaves_its_queues_and_the_next_one_is_served(world: World, office: Client) -> None:
    entry = WaitingEntry.objects.get()
    next_one = factories.agent(world.territory)
    second = waiting.join(next_one, ask(world.mairie), TEST)
    close_account(office, entry.agent)
    entry.refresh_from_db()
    assert entry.state == WaitingEntry.State.LEFT
    assert entry.ended_at is not None
    assert Event.objects.filter(kind="waiting.left", subject_id=entry.pk, origin="admin").count() == 1
    service.cancel(Booking.objects.get(agent=world.agent).pk, TEST)
    second.refresh_from_db()
    assert second.state == WaitingEntry.State.SERVED
    # Should the account be opened again, nothing of the past comes back.
    Agent.objects.filter(pk=entry.agent_id).update(is_active=True)
    service.cancel(Booking.objects.get(agent=world.other).pk, TEST)
    assert set(Booking.objects.filter(state="confirmed").values_list("agent", flat=True)) == {next_one.pk}


def test_a_closed_account_s_own_desk_goes_to_who_waits(world: World, office: Client) -> None:
    entry = WaitingEntry.objects.get()
    close_account(office, world.agent)
    entry.refresh_from_db()
    assert entry.state == WaitingEntry.State.SERVED


def test_a_filter_is_named_by_what_it_filters(world: World, office: Client) -> None:
    page = office.get(reverse("admin:booking_resource_changelist")).content.decode()
    assert "<summary>En service</summary>" in page
    assert "Par " not in page
