"""What is kept of a calendar is read by the installation alone, through changes of its secret."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from bureaux_volants.planner.agenda.keeping import Source, Unreadable, reseal, sealed, source_of
from bureaux_volants.planner.agenda.sealing import CannotOpen, is_current, opened, seal
from bureaux_volants.planner.models import CalendarLink
from tests import factories
from tests.conftest import FreshDatabase

OLD, NEW = "the former secret " * 4, "the present secret " * 4
SOURCE = Source("https://agenda.example/ada/7f3a.ics", "ada", "à deux:points", is_caldav=True)


@pytest.fixture
def link(db: None, settings: LazySettings) -> CalendarLink:
    settings.SECRET_KEY = OLD
    territory = factories.territory()
    agent = factories.agent(territory)
    return CalendarLink.objects.create(
        territory=territory, agent=agent, sealed=sealed(SOURCE, agent.pk), created_at="2026-11-01T00:00:00Z"
    )


def test_what_is_sealed_shows_nothing_and_opens_for_its_owner_alone() -> None:
    token = seal("7f3a", 5)
    assert "7f3a" not in token
    assert token != seal("7f3a", 5)
    assert opened(token, 5) == "7f3a"
    for other, whose in ((token, 6), (token[:-8] + "AAAAAAA=", 5), ("é", 5), ("", 5)):
        with pytest.raises(CannotOpen):
            opened(other, whose)


def test_a_former_secret_opens_and_seals_no_more(settings: LazySettings) -> None:
    settings.SECRET_KEY = OLD
    token = seal("7f3a", 5)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert opened(token, 5) == "7f3a"
    assert not is_current(token, 5)
    assert is_current(seal("7f3a", 5), 5)


def test_a_night_is_enough_to_do_without_the_former_secret(link: CalendarLink, settings: LazySettings) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert source_of(link) == SOURCE
    assert reseal() == 1
    assert reseal() == 0
    settings.SECRET_KEY_FALLBACKS = []
    link.refresh_from_db()
    assert source_of(link) == SOURCE


def test_what_no_secret_opens_any_more_is_said_in_one_sentence_and_left_as_it_is(
    link: CalendarLink, settings: LazySettings
) -> None:
    settings.SECRET_KEY = NEW
    assert reseal() == 0
    with pytest.raises(Unreadable, match=r"^Reconnectez votre agenda [^.]+\.$"):
        source_of(link)


def test_no_secret_is_in_what_a_source_looks_like() -> None:
    assert str(SOURCE) == "Source(is_caldav=True)"
    assert "deux" not in str(SOURCE.credentials)


def test_addresses_that_were_in_the_clear_are_sealed_and_may_come_back(fresh_database: FreshDatabase) -> None:
    def migrated(name: str) -> type[CalendarLink]:
        executor = MigrationExecutor(connection)
        executor.migrate([("planner", name)])
        model: type[CalendarLink] = executor.loader.project_state([("planner", name)]).apps.get_model(
            "planner", "CalendarLink"
        )
        return model

    territory = factories.territory()
    agent, other = factories.agent(territory), factories.agent(territory)
    before = migrated("0005_calendar_feeds")
    at = "2026-11-01T00:00:00Z"
    before.objects.create(territory_id=territory.pk, agent_id=agent.pk, address=SOURCE.address, created_at=at)
    migrated("0006_sealed_calendars")
    kept = CalendarLink.objects.get()
    assert source_of(kept) == Source(SOURCE.address)
    assert "7f3a" not in kept.sealed
    # What a password opens cannot be written in the clear: it is given again.
    CalendarLink.objects.create(
        territory=territory, agent=other, sealed=sealed(SOURCE, other.pk), created_at="2026-11-01T00:00:00Z"
    )
    assert list(migrated("0005_calendar_feeds").objects.values_list("address", flat=True)) == [SOURCE.address]
    migrated("0006_sealed_calendars")
