"""A word to those who come on a day: each person once, three a day, nothing for nobody."""

from __future__ import annotations

import datetime as dt
import threading
import uuid

import pytest
from django.db import connection

from bureaux_volants.booking import service
from bureaux_volants.booking.errors import BookingError, NotFound, WrongState
from bureaux_volants.events.models import Event
from bureaux_volants.hosting.day_messages import send
from bureaux_volants.hosting.models import DayMessage
from bureaux_volants.hosting.retention import forget_reception
from bureaux_volants.messages.about import holds
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.models import Agent, Site
from tests import factories
from tests.booking.words import booked, by, told
from tests.conftest import FreshDatabase
from tests.factories import NOW, TEST, TUESDAY


def word(site: Site, text: str = "La porte sera ouverte à 8 h.", day: dt.date = TUESDAY, **more: object) -> DayMessage:
    token = more.pop("token", None) or uuid.uuid4()
    return send(site.territory_id, site.pk, day, text, token, TEST, now=NOW)  # type: ignore[arg-type]


@pytest.mark.django_db
def test_each_person_who_comes_that_day_is_written_to_once(marly: Site, ada: Agent) -> None:
    booked(marly, ada, start="9", end="11")
    booked(marly, ada, start="14", end="16")
    other = booked(marly)
    tomorrow = booked(marly, day=TUESDAY + dt.timedelta(days=1))
    gone = booked(marly, start="14", end="17")
    service.cancel(gone.pk, by(gone.agent), now=NOW)
    elsewhere = booked(factories.site(marly.territory))
    assert word(marly).people == 2
    for person, count in ((ada, 1), (other.agent, 1), (tomorrow.agent, 0), (gone.agent, 0), (elsewhere.agent, 0)):
        assert told(person).count("host.message") == count
    assert "La porte sera ouverte à 8 h." in Notice.objects.filter(kind="host.message").order_by("id")[0].body
    assert Event.objects.get(kind="site.message").data["people"] == 2


@pytest.mark.django_db
def test_who_no_longer_comes_is_not_written_to_by_the_time_it_leaves(marly: Site, ada: Agent) -> None:
    morning, afternoon = booked(marly, ada, start="9", end="11"), booked(marly, ada, start="14", end="16")
    word(marly)
    notice = Notice.objects.get(kind="host.message")
    service.cancel(morning.pk, by(ada), now=NOW)
    assert holds(notice, NOW)
    service.cancel(afternoon.pk, by(ada), now=NOW)
    assert not holds(Notice.objects.get(pk=notice.pk), NOW)


@pytest.mark.django_db
def test_a_form_sent_twice_is_one_message(marly: Site, ada: Agent) -> None:
    booked(marly, ada)
    token = uuid.uuid4()
    assert word(marly, token=token).pk == word(marly, token=token).pk
    assert told(ada).count("host.message") == 1


@pytest.mark.django_db
def test_three_messages_a_day_and_no_more(marly: Site, ada: Agent) -> None:
    booked(marly, ada)
    booked(marly, day=TUESDAY + dt.timedelta(days=1))
    for _ in range(3):
        word(marly)
    with pytest.raises(WrongState, match="3 messages"):
        word(marly)
    word(marly, day=TUESDAY + dt.timedelta(days=1))
    assert told(ada).count("host.message") == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "day", "sentence"),
    [
        ("  \n ", TUESDAY, "Écrivez d'abord"),
        ("x" * 501, TUESDAY, "500 caractères"),
        ("bonjour", TUESDAY - dt.timedelta(days=2), "Ce jour est passé"),
        ("bonjour", TUESDAY + dt.timedelta(days=3), "Personne n'est attendu"),
    ],
)
def test_what_cannot_be_sent_is_one_sentence_and_nothing_is_sent(
    marly: Site, ada: Agent, text: str, day: dt.date, sentence: str
) -> None:
    booked(marly, ada)
    with pytest.raises(WrongState, match=sentence):
        word(marly, text, day)
    assert not DayMessage.objects.exists()
    assert told(ada) == ["booking.confirmed"]


@pytest.mark.django_db
def test_no_territory_writes_to_another_s_site(marly: Site) -> None:
    with pytest.raises(NotFound):
        send(factories.territory().pk, marly.pk, TUESDAY, "bonjour", uuid.uuid4(), TEST, now=NOW)


@pytest.mark.django_db
def test_after_the_retention_the_words_are_gone(marly: Site, ada: Agent) -> None:
    booked(marly, ada)
    word(marly)
    forget_reception(marly.territory, now=NOW + dt.timedelta(days=91))
    assert DayMessage.objects.get().text == ""


def test_of_hosts_who_write_at_once_three_are_heard(fresh_database: FreshDatabase) -> None:
    metz = factories.territory()
    factories.rules(metz)
    site = factories.site(metz)
    ada = factories.agent(metz)
    booked(site, ada)
    begin, outcomes, twice = threading.Barrier(8), list[str](), uuid.uuid4()

    def act(n: int) -> None:
        begin.wait(20)
        try:
            word(site, token=twice if n < 2 else uuid.uuid4())
            outcomes.append("sent")
        except BookingError:
            outcomes.append("refused")
        except BaseException as error:
            outcomes.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert set(outcomes) == {"sent", "refused"}, outcomes
    assert DayMessage.objects.count() == 3
    assert told(ada).count("host.message") == 3
