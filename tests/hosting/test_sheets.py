"""The welcome sheet: every version is kept, none is lost between two hosts, the door is for whom it is."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
import time_machine
from django.db import connection

from bureaux_volants.booking import service
from bureaux_volants.booking.directory import get_directory
from bureaux_volants.booking.errors import NotFound
from bureaux_volants.booking.models import Booking
from bureaux_volants.events.models import Event
from bureaux_volants.hosting.merging import Content, Photo
from bureaux_volants.hosting.models import SheetVersion
from bureaux_volants.hosting.sheets import Newer, add_photo, content_of, door_of, latest, opens_to, restore, write
from bureaux_volants.territory.models import Agent, Grant, Site
from tests import factories
from tests.booking.words import booked, by
from tests.conftest import FreshDatabase
from tests.factories import NOW, TEST, TUESDAY, at

WEDNESDAY = TUESDAY + dt.timedelta(days=1)


def says(
    site: Site, base: int, host: Agent | None = None, photos: tuple[Photo, ...] = (), **texts: str
) -> SheetVersion:
    author = by(host) if host else TEST
    return write(site.territory_id, site.pk, Content(texts, photos), base, author, now=NOW)


@pytest.mark.django_db
def test_each_change_keeps_who_when_and_what_every_field_was(marly: Site, host: Agent) -> None:
    says(marly, 0, host, bike="Dans la cour.", code="1234")
    says(marly, 1, host, bike="Sous le porche.", code="5678")
    versions = list(SheetVersion.objects.order_by("number"))
    assert [(v.number, v.bike, v.code, v.author, v.at) for v in versions] == [
        (1, "Dans la cour.", "1234", host, NOW),
        (2, "Sous le porche.", "5678", host, NOW),
    ]


@pytest.mark.django_db
def test_saving_what_is_there_already_makes_no_version(marly: Site) -> None:
    says(marly, 0, bike="Dans la cour.")
    assert says(marly, 1, bike="Dans la cour.").number == 1
    assert Event.objects.filter(kind="sheet.written").count() == 1


@pytest.mark.django_db
def test_the_log_tells_which_fields_changed_and_never_what_they_say(marly: Site) -> None:
    says(marly, 0, bike="Dans la cour.", code="SECRET-77")
    event = Event.objects.get(kind="sheet.written")
    assert event.data == {"version": 1, "fields": ["bike", "code"]}


@pytest.mark.django_db
def test_who_saves_over_a_newer_version_changes_nothing_and_is_given_it(marly: Site, host: Agent) -> None:
    says(marly, 0, bike="A")
    theirs = says(marly, 1, host, bike="B")
    with pytest.raises(Newer) as told:
        says(marly, 1, bike="C")
    assert told.value.version == theirs
    assert SheetVersion.objects.count() == 2


@pytest.mark.django_db
def test_an_older_version_is_taken_up_again_as_a_new_one(marly: Site, host: Agent) -> None:
    photo = add_photo(marly.territory_id, marly.pk, b"jpeg", now=NOW)
    says(marly, 0, photos=(Photo(photo.pk, "la porte"),), bike="A", code="11")
    says(marly, 1, bike="B", code="22")
    again = restore(marly.territory_id, marly.pk, 1, 2, by(host), now=NOW)
    assert (again.number, again.restores) == (3, 1)
    assert content_of(again) == content_of(SheetVersion.objects.get(number=1))
    with pytest.raises(Newer):
        restore(marly.territory_id, marly.pk, 2, 2, by(host), now=NOW)
    with pytest.raises(NotFound):
        restore(marly.territory_id, marly.pk, 9, 3, by(host), now=NOW)


@pytest.mark.django_db
def test_a_sheet_shows_only_photos_sent_for_its_own_site(marly: Site) -> None:
    elsewhere = factories.site(factories.territory())
    strange = add_photo(elsewhere.territory_id, elsewhere.pk, b"jpeg")
    own = add_photo(marly.territory_id, marly.pk, b"jpeg")
    shown = says(marly, 0, photos=(Photo(strange.pk, "x"), Photo(own.pk, "la porte"), Photo(10**9, "y")))
    assert shown.photos == [{"id": own.pk, "alt": "la porte"}]


# -- the door ---------------------------------------------------------------------------------------------------------


def sees(agent: Agent, site: Site, now: dt.datetime) -> bool:
    with time_machine.travel(now, tick=False):
        fresh = Agent.objects.get(pk=agent.pk)
        directory = get_directory(site.territory_id)
        return opens_to(fresh, site, directory, now)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (at(TUESDAY, "0") - dt.timedelta(seconds=1), False),
        (at(TUESDAY, "0"), True),
        (at(TUESDAY, "8"), True),
        (at(TUESDAY, "23:59"), True),
        (at(WEDNESDAY, "0"), False),
    ],
)
def test_the_door_opens_to_who_is_booked_on_the_local_day_itself(
    marly: Site, ada: Agent, now: dt.datetime, expected: bool
) -> None:
    booked(marly, ada)
    assert sees(ada, marly, now) is expected


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["requested", "completed", "cancelled", "refused", "no_show"])
def test_a_booking_that_is_not_confirmed_or_is_over_opens_no_door(marly: Site, ada: Agent, state: str) -> None:
    booking = booked(marly, ada)
    assert sees(ada, marly, at(TUESDAY, "8"))
    Booking.objects.filter(pk=booking.pk).update(state=state)
    assert not sees(ada, marly, at(TUESDAY, "8"))


@pytest.mark.django_db
def test_a_booking_elsewhere_opens_no_door_here(marly: Site, ada: Agent) -> None:
    booked(factories.site(marly.territory), ada)
    assert not sees(ada, marly, at(TUESDAY, "10"))


@pytest.mark.django_db
def test_the_hosts_of_the_site_see_the_door_and_no_other_host_does(marly: Site, host: Agent) -> None:
    other = factories.agent(marly.territory)
    factories.grant(other, Grant.Role.HOST, over=factories.site(marly.territory))
    assert sees(host, marly, NOW)
    assert not sees(other, marly, NOW)


@pytest.mark.django_db
def test_no_other_territory_sees_the_door(marly: Site) -> None:
    stranger = factories.agent(factories.territory())
    factories.grant(stranger, Grant.Role.ADMINISTRATOR)
    assert not sees(stranger, marly, NOW)


@pytest.mark.django_db
def test_given_back_the_door_closes_at_once(marly: Site, ada: Agent) -> None:
    booking = booked(marly, ada)
    version = says(marly, 0, door="À gauche", code="1234")
    directory, now = get_directory(marly.territory_id), at(TUESDAY, "8")
    assert door_of(ada, marly, directory, now, version) is not None
    service.cancel(booking.pk, by(ada), now=now)
    assert door_of(ada, marly, directory, now, version) is None


def test_of_hosts_who_save_at_once_one_writes_and_every_other_is_told(fresh_database: FreshDatabase) -> None:
    site = factories.site(factories.territory())
    for base in range(4):
        begin, outcomes = threading.Barrier(6), list[str]()

        def save(n: int, base: int = base, begin: threading.Barrier = begin, outcomes: list[str] = outcomes) -> None:
            begin.wait(20)
            try:
                says(site, base, bike=f"{base}/{n}")
                outcomes.append("written")
            except Newer:
                outcomes.append("told")
            finally:
                connection.close()

        threads = [threading.Thread(target=save, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert sorted(outcomes) == ["told"] * 5 + ["written"]
    last = latest(site.pk)
    assert last is not None
    assert last.number == 4
