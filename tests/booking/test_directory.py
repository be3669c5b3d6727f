"""The directory is always what the database says, and costs one query."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from bureaux_volants.booking.directory import RuleValues, get_directory
from bureaux_volants.booking.models import Resource, RuleSet
from bureaux_volants.territory.calendar import Interval
from bureaux_volants.territory.models import Closure, OpeningHours, Phase, PhaseMember, Season, Site, Territory
from tests import factories
from tests.factories import TUESDAY, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def metz() -> Territory:
    return factories.territory()


@pytest.fixture
def marly(metz: Territory) -> Site:
    made = factories.site(metz)
    made.phase = Phase.objects.create(territory=metz, number=1, name="phase 1", opens_on=TUESDAY)
    made.save()
    made.open_to.add(made.organisation)
    season = Season.objects.create(site=made, name="été", first_day="07-01", last_day="08-31")
    OpeningHours.objects.create(site=made, season=season, weekday=1, opens_at="08:00", closes_at="12:00")
    Closure.objects.create(territory=metz, site=made, start=at(TUESDAY, "8"), end=at(TUESDAY, "9"), reason="ménage")
    factories.rules(metz)
    factories.rules(metz, at_site=made, grace_minutes=15)
    return made


def sql(statement: str) -> Callable[[Site], None]:
    """A change that goes round the models."""

    def run(site: Site) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, {"site": site.pk, "territory": site.territory_id})

    return run


CHANGES: dict[str, Callable[[Site], object]] = {
    "a site renamed": lambda s: Site.objects.filter(pk=s.pk).update(name="Autre nom"),
    "a site put out of service": sql("UPDATE territory_site SET is_active = false WHERE id = %(site)s"),
    "a site added": lambda s: factories.site(s.territory),
    "a desk added": factories.desk,
    "desks added in bulk": lambda s: Resource.objects.bulk_create(
        [Resource(territory_id=s.territory_id, site=s, name=f"Lot {n}") for n in range(3)]
    ),
    "a desk's features": sql("UPDATE booking_resource SET features = '{quiet}' WHERE site_id = %(site)s"),
    "a desk taken away": sql("DELETE FROM booking_resource WHERE site_id = %(site)s"),
    "hours changed": sql("UPDATE territory_openinghours SET closes_at = '17:00' WHERE site_id = %(site)s"),
    "hours taken away": lambda s: s.opening_hours.filter(weekday=1).delete(),
    "a season moved": sql("UPDATE territory_season SET last_day = '09-15' WHERE site_id = %(site)s"),
    "a season taken away": lambda s: s.seasons.all().delete(),
    "a closure": lambda s: Closure.objects.create(
        territory=s.territory, site=s, start=at(TUESDAY, "14"), end=at(TUESDAY, "15"), reason="conseil"
    ),
    "a closure everywhere": lambda s: Closure.objects.create(
        territory=s.territory, start=at(TUESDAY, "14"), end=at(TUESDAY, "15"), reason="intempéries"
    ),
    "a closure lifted": sql("DELETE FROM territory_closure WHERE site_id = %(site)s"),
    "a phase moved": sql("UPDATE territory_phase SET opens_on = '2027-01-01' WHERE territory_id = %(territory)s"),
    "somebody joins a phase": lambda s: (
        Phase.objects.filter(territory=s.territory).update(is_restricted=True),
        PhaseMember.objects.create(phase=Phase.objects.get(), agent=factories.agent(s.territory)),
    ),
    "opened to another organisation": lambda s: s.open_to.add(factories.organisation(s.territory)),
    "opened to all": lambda s: s.open_to.clear(),
    "an organisation renamed": sql("UPDATE territory_organisation SET name = 'X' WHERE territory_id = %(territory)s"),
    "a commune renamed": sql("UPDATE territory_commune SET name = 'X' WHERE territory_id = %(territory)s"),
    "a rule of the territory": sql(
        "UPDATE booking_ruleset SET horizon_days = 9 WHERE territory_id = %(territory)s AND site_id IS NULL"
    ),
    "a rule of the site": lambda s: s.rule_sets.update(grace_minutes=45),
    "a rule of the site taken away": lambda s: s.rule_sets.all().delete(),
    "telework": lambda s: Territory.objects.filter(pk=s.territory_id).update(flying_day_is_telework=True),
    "noon": sql("UPDATE territory_territory SET half_day_at = '12:30' WHERE id = %(territory)s"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_every_change_is_seen_at_once_whatever_code_makes_it(marly: Site, change: Callable[[Site], object]) -> None:
    before = get_directory(marly.territory_id)
    assert get_directory(marly.territory_id) is before
    change(marly)
    after = get_directory(marly.territory_id)
    assert after.version != before.version
    assert after != before


def test_a_restricted_phase_knows_its_members_and_forgets_who_leaves(marly: Site) -> None:
    phase = Phase.objects.get()
    someone = factories.agent(marly.territory)
    assert get_directory(marly.territory_id).site(marly.slug).phase.members is None
    Phase.objects.update(is_restricted=True)
    member = PhaseMember.objects.create(phase=phase, agent=someone)
    before = get_directory(marly.territory_id)
    assert before.site(marly.slug).phase.members == {someone.pk}
    member.delete()
    after = get_directory(marly.territory_id)
    assert after.version != before.version
    assert after.site(marly.slug).phase.members == frozenset()


def test_a_site_and_all_that_is_its_own_goes_from_the_directory_with_it(metz: Territory) -> None:
    bare = factories.site(metz)
    assert get_directory(metz.pk).sites
    bare.resources.all().delete()
    bare.delete()
    assert get_directory(metz.pk).sites == ()


def test_a_change_elsewhere_leaves_the_directory_as_it_is(marly: Site) -> None:
    before = get_directory(marly.territory_id)
    factories.site(factories.territory())
    factories.agent(marly.territory)
    assert get_directory(marly.territory_id) is before


@pytest.mark.parametrize("read_between", [True, False])
def test_what_was_rolled_back_is_forgotten_even_when_it_had_been_read(marly: Site, read_between: bool) -> None:
    before = get_directory(marly.territory_id)
    with transaction.atomic():
        Site.objects.filter(pk=marly.pk).update(name="Jamais")
        assert get_directory(marly.territory_id).sites[0].name == "Jamais"
        transaction.set_rollback(True)
    if read_between:
        assert get_directory(marly.territory_id) == before
    # A later change may not be taken for the one that was undone: a counter would give both the same version.
    Site.objects.filter(pk=marly.pk).update(name="Vraiment")
    assert get_directory(marly.territory_id).sites[0].name == "Vraiment"


def test_the_directory_is_one_query_known_or_not(marly: Site, django_assert_num_queries: object) -> None:
    for _ in range(20):
        factories.site(marly.territory)
    for _ in range(2):
        with django_assert_num_queries(1):  # type: ignore[operator]
            directory = get_directory(marly.territory_id)
            assert len(directory.sites) == 21


def test_a_territory_that_does_not_exist_has_no_directory() -> None:
    with pytest.raises(KeyError):
        get_directory(999_999_999)


def test_a_directory_knows_its_own_sites_only(marly: Site) -> None:
    elsewhere = factories.site(factories.territory())
    directory = get_directory(marly.territory_id)
    assert directory.site(marly.slug) == directory.site_by_id(marly.pk)
    for unknown in (lambda: directory.site(elsewhere.slug), lambda: directory.site_by_id(elsewhere.pk)):
        with pytest.raises(KeyError):
            unknown()


def test_a_site_s_rule_falls_back_on_the_territory_s_and_then_on_the_product_s(metz: Territory) -> None:
    plain, own = factories.site(metz), factories.site(metz)
    nothing = get_directory(metz.pk)
    assert nothing.site(plain.slug).rules_for("desk") == RuleValues()
    RuleSet.objects.create(territory=metz, kind="desk", horizon_days=30, notice_minutes=120, approval="asked")
    RuleSet.objects.create(territory=metz, site=own, kind="desk", notice_minutes=0, weekly_limit=5)
    directory = get_directory(metz.pk)
    assert directory.site(plain.slug).rules_for("desk") == RuleValues(
        horizon_days=30, notice_minutes=120, approval="asked"
    )
    # Nought is a decision; empty is none.
    assert directory.site(own.slug).rules_for("desk") == RuleValues(
        horizon_days=30, notice_minutes=0, weekly_limit=5, approval="asked"
    )


def test_a_rule_for_cars_is_none_for_desks(metz: Territory) -> None:
    site = factories.site(metz)
    RuleSet.objects.create(territory=metz, site=site, kind="car", longest_minutes=10_000)
    entry = get_directory(metz.pk).site(site.slug)
    assert entry.rules_for("car").longest_minutes == 10_000
    assert entry.rules_for("desk") == RuleValues()


def test_hours_seasons_closures_and_holidays_come_together(marly: Site) -> None:
    entry = get_directory(marly.territory_id).site(marly.slug)
    assert entry.departement == "57"
    assert entry.day(TUESDAY).open == (Interval(at(TUESDAY, "9"), at(TUESDAY, "18")),)
    assert entry.day(TUESDAY).closed_because == "ménage"
    assert entry.day(dt.date(2026, 12, 25)).open == ()
    summer_monday, summer_tuesday = dt.date(2027, 7, 5), dt.date(2027, 7, 6)
    assert entry.day(summer_monday).open == (Interval(at(summer_monday, "8"), at(summer_monday, "12")),)
    assert entry.day(summer_tuesday).open == ()


def test_a_closure_of_all_sites_and_one_of_a_single_site_add_up(metz: Territory) -> None:
    here, there = factories.site(metz), factories.site(metz)
    for site, start, end in ((here, "8", "9"), (None, "17", "18")):
        Closure.objects.create(
            territory=metz, site=site, start=at(TUESDAY, start), end=at(TUESDAY, end), reason="essai"
        )
    directory = get_directory(metz.pk)
    assert directory.site(here.slug).day(TUESDAY).open == (Interval(at(TUESDAY, "9"), at(TUESDAY, "17")),)
    assert directory.site(there.slug).day(TUESDAY).open == (Interval(at(TUESDAY, "8"), at(TUESDAY, "17")),)


def test_units_out_of_service_are_known_but_not_offered(marly: Site) -> None:
    off = factories.desk(marly, name="Cassé", is_active=False)
    car = factories.desk(marly, name="Zoé", kind="car")
    entry = get_directory(marly.territory_id).site(marly.slug)
    assert [u.name for u in entry.units_of("desk")] == ["Bureau 1", "Bureau 2"]
    assert [u.id for u in entry.units_of("car")] == [car.pk]
    assert off.pk in {u.id for u in entry.units}


def test_a_commune_overseas_has_a_departement_of_three_digits(metz: Territory) -> None:
    site = factories.site(metz, commune=factories.commune(metz, code="97209"))
    assert get_directory(metz.pk).site(site.slug).departement == "972"
    assert site.commune.departement == "972"
