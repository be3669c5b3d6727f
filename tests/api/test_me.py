"""Who a token speaks for, and the places of their territory."""

from __future__ import annotations

import pytest

from bureaux_volants.territory.models import Agent, Grant, Site, Territory
from tests import factories
from tests.api.conftest import Api

pytestmark = pytest.mark.django_db


def test_me_tells_the_agent_of_the_token(api: Api, metz: Territory, marly: Site, ada: Agent) -> None:
    service = factories.service(factories.organisation(metz, name="Métropole"), name="Eau")
    ada.organisation, ada.service, ada.usual_site = service.organisation, service, marly
    ada.save()
    factories.grant(ada, Grant.Role.HOST, over=marly)
    assert api.get("/me").json() == {
        "email": "ada@exemple.test",
        "name": "Ada Louis",
        "territory": {"slug": metz.slug, "name": metz.name},
        "organisation": "Métropole",
        "service": "Eau",
        "usual_site": "marly",
        "visibility": "team",
        "roles": ["agent", "host"],
        "scopes": ["book", "read"],
    }


def test_sites_are_those_of_my_territory_with_their_units_and_todays_hours(api: Api, marly: Site) -> None:
    factories.site(factories.territory())
    factories.hours(marly, spans=[("08:00", "12:00"), ("14:00", "18:00")])
    factories.desk(marly, is_active=False)
    (site,) = api.get("/sites").json()["sites"]
    assert site == {
        "slug": "marly",
        "name": "Mairie de Marly",
        "kind": "mairie",
        "commune": marly.commune.name,
        "address": "",
        "lat": marly.lat,
        "lon": marly.lon,
        "active": True,
        "units": {"desk": 2},
        "open_today": [
            {"start": "2026-11-30T08:00:00+01:00", "end": "2026-11-30T12:00:00+01:00"},
            {"start": "2026-11-30T14:00:00+01:00", "end": "2026-11-30T18:00:00+01:00"},
        ],
        "closed_because": "",
    }
