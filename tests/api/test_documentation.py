"""The description of the API and the page made from it."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from bureaux_volants.api.problems import PROBLEMS
from bureaux_volants.booking.rules import codes

pytestmark = pytest.mark.django_db


def test_the_description_is_openapi_31_and_names_every_operation() -> None:
    schema = Client().get("/api/v1/openapi.json").json()
    assert schema["openapi"].startswith("3.1")
    assert {path: set(methods) for path, methods in schema["paths"].items()} == {
        "/api/v1/me": {"get"},
        "/api/v1/sites": {"get"},
        "/api/v1/availability": {"get"},
        "/api/v1/gbfs/{name}": {"get"},
        "/api/v1/bookings": {"get", "post"},
        "/api/v1/bookings/{reference}": {"get", "patch"},
        "/api/v1/bookings/{reference}/cancel": {"post"},
        "/api/v1/bookings/{reference}/check-in": {"post"},
        "/api/v1/day-plans": {"post"},
        "/api/v1/day-plans/{reference}": {"get"},
        "/api/v1/day-plans/{reference}/book": {"post"},
        "/api/v1/day-plans/{reference}/cancel": {"post"},
        "/api/v1/journeys": {"get"},
    }
    assert schema["components"]["securitySchemes"]["Bearer"] == {"type": "http", "scheme": "bearer"}


def test_the_page_needs_no_script_no_inline_style_and_tells_every_code() -> None:
    response = Client().get("/api/v1/docs")
    page = response.content.decode()
    assert response.status_code == 200
    assert " style=" not in page
    assert "<style" not in page
    main = page[page.index("<main") : page.index("</main>")]
    assert "<script" not in main
    for code in PROBLEMS:
        assert f'id="{code}"' in page
    for code in codes():
        assert f"<code>{code}</code>" in page
    identifiers = re.findall(r' id="([^"]+)"', page)
    assert len(identifiers) == len(set(identifiers))
    for target in re.findall(r'href="#([^"]+)"', page):
        assert target in identifiers, target


def test_the_root_leads_to_the_documentation() -> None:
    assert Client().get("/api/v1/").headers["Location"] == "/api/v1/docs"
