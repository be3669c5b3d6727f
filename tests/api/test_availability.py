"""What is free, through the API."""

from __future__ import annotations

from typing import Any

import pytest

from bureaux_volants.booking import service
from bureaux_volants.territory.models import Closure, Site, Territory
from tests import factories
from tests.api.conftest import Api, problem
from tests.factories import NOW, TEST, TUESDAY, ask, at

pytestmark = pytest.mark.django_db

MORNING = {"kind": "desk", "start": "2026-12-01T09:00:00+01:00", "end": "2026-12-01T12:00:00+01:00"}


def test_each_site_says_what_is_free(api: Api, metz: Territory, marly: Site) -> None:
    service.book(factories.agent(metz), ask(marly), TEST, now=NOW)
    response = api.get("/availability", **MORNING)
    assert response.status_code == 200
    assert response["Cache-Control"] == "private, no-store"
    assert response.json() == {
        "sites": [
            {
                "slug": "marly",
                "name": "Mairie de Marly",
                "commune": marly.commune.name,
                "lat": marly.lat,
                "lon": marly.lon,
                "free": 1,
                "capacity": 2,
                "bookable": True,
                "reasons": [],
            }
        ]
    }


def test_a_site_that_is_closed_says_why(api: Api, metz: Territory, marly: Site) -> None:
    Closure.objects.create(
        territory=metz, site=marly, start=at(TUESDAY, "8"), end=at(TUESDAY, "18"), reason="inventaire"
    )
    (site,) = api.get("/availability", **MORNING).json()["sites"]
    assert (site["bookable"], [r["code"] for r in site["reasons"]]) == (False, ["closed"])
    assert "inventaire" in site["reasons"][0]["message"]


def test_one_site_is_asked_by_its_slug(api: Api, metz: Territory, marly: Site) -> None:
    factories.site(metz)
    assert [s["slug"] for s in api.get("/availability", **MORNING, site="marly").json()["sites"]] == ["marly"]
    elsewhere = factories.site(factories.territory(), slug="ailleurs")
    problem(api.get("/availability", **MORNING, site=elsewhere.slug), 404, "not-found")


def test_features_are_repeated_or_separated_by_commas(api: Api, marly: Site) -> None:
    factories.desk(marly, features=["quiet", "dock"])
    for features in (["quiet", "dock"], "quiet,dock"):
        (site,) = api.get("/availability", **MORNING, features=features).json()["sites"]
        assert (site["free"], site["capacity"]) == (1, 1)


def test_a_plus_that_nobody_escaped_is_still_an_offset(api: Api, marly: Site) -> None:
    query = "kind=desk&start=2026-12-01T09:00+01:00&end=2026-12-01T12:00+01:00"
    assert api.get(f"/availability?{query}").status_code == 200


def test_a_kind_that_nobody_has_is_found_nowhere(api: Api, marly: Site) -> None:
    assert api.get("/availability", **{**MORNING, "kind": "car"}).json() == {"sites": []}


@pytest.mark.parametrize("sites", [1, 12])
def test_availability_asks_the_database_three_times_whatever_the_number_of_sites(
    api: Api, metz: Territory, sites: int, django_assert_num_queries: Any
) -> None:
    for _ in range(sites):
        factories.site(metz)
    api.get("/me")  # the token's last use is written once a minute
    with django_assert_num_queries(3):  # token, directory, bookings
        assert len(api.get("/availability", **MORNING).json()["sites"]) == sites
