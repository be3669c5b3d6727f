"""Which tables hold on a day; a version is added, never edited, and no other territory sees it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from bureaux_volants.events.models import Event
from bureaux_volants.territory.models import Territory
from bureaux_volants.travel.footprint import BUILT_IN
from bureaux_volants.travel.models import TableVersion
from bureaux_volants.travel.sheets import Faulty, Kind, write_sheet
from bureaux_volants.travel.tables import add, tables_named, tables_of, versions_of
from tests import factories
from tests.factories import TEST

pytestmark = pytest.mark.django_db

FARES = write_sheet(BUILT_IN.fares)
BEFORE, FIRST = dt.date(2026, 12, 31), dt.date(2027, 1, 1)


@pytest.fixture
def territory() -> Territory:
    return factories.territory()


def dearer(territory: Territory, ticket: str, version: str, since: dt.date = FIRST) -> TableVersion:
    text = FARES.replace("ticket;2", f"ticket;{ticket}")
    return add(
        territory.pk, Kind.FARES, text, version=version, since=since, source="Délibération du 14/12/2026", author=TEST
    )


def test_a_day_s_figures_use_the_version_in_force_on_that_day(territory: Territory) -> None:
    dearer(territory, "2,20", "reseau-2027")
    assert tables_of(territory.pk, BEFORE).fares == BUILT_IN.fares
    now = tables_of(territory.pk, FIRST)
    assert (now.fares.ticket, now.fares.version) == (2.2, "reseau-2027")
    assert (now.factors, now.allowances) == (BUILT_IN.factors, BUILT_IN.allowances)
    assert now.money == f"reseau-2027+{BUILT_IN.allowances.version}"


def test_a_territory_s_own_goes_before_the_shipped_one_whatever_the_dates(territory: Territory) -> None:
    dearer(territory, "1,70", "reseau-2025", dt.date(2025, 9, 1))
    assert tables_of(territory.pk, BEFORE).fares.ticket == pytest.approx(1.7)
    assert tables_of(territory.pk, dt.date(2025, 8, 31)).fares == BUILT_IN.fares


def test_of_two_versions_of_one_date_the_later_added_corrects_the_first(territory: Territory) -> None:
    dearer(territory, "2,5", "r-1")
    dearer(territory, "2,20", "r-2")
    assert tables_of(territory.pk, FIRST).fares.version == "r-2"
    assert (
        tables_named(territory.pk, BUILT_IN.factors.version, f"r-1+{BUILT_IN.allowances.version}").fares.ticket == 2.5
    )


def test_a_stored_name_finds_its_tables_and_an_unknown_one_none(territory: Territory) -> None:
    assert tables_named(territory.pk, BUILT_IN.factors.version, BUILT_IN.money) == BUILT_IN
    dearer(territory, "2,20", "reseau-2027")
    elsewhere = factories.territory()
    assert tables_of(elsewhere.pk, FIRST) == BUILT_IN
    with pytest.raises(LookupError):
        tables_named(elsewhere.pk, BUILT_IN.factors.version, f"reseau-2027+{BUILT_IN.allowances.version}")


def test_a_version_is_never_edited_nor_named_twice(territory: Territory) -> None:
    row = dearer(territory, "2,20", "reseau-2027")
    with pytest.raises(IntegrityError, match="never edited"), transaction.atomic():
        TableVersion.objects.filter(pk=row.pk).update(sheet=FARES)
    for name in ("reseau-2027", BUILT_IN.fares.version):
        with pytest.raises(Faulty, match="existe déjà"):
            dearer(territory, "3", name)
    assert TableVersion.objects.count() == 1
    assert Event.objects.filter(kind="tables.added", subject_id=row.pk).count() == 1


def test_a_faulty_sheet_changes_nothing(territory: Territory) -> None:
    with pytest.raises(Faulty):
        dearer(territory, "deux", "reseau-2027")
    assert not TableVersion.objects.exists()
    assert [known.row for known in versions_of(territory.pk)[Kind.FARES]] == [None]


def test_the_tables_cost_one_query_once_they_are_known(
    territory: Territory, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(5):
        dearer(territory, "2,20", f"v-{n}")
    tables_of(territory.pk, FIRST)
    with django_assert_num_queries(1):
        assert tables_of(territory.pk, FIRST).fares.version == "v-4"
