"""A client of the API as a program would be: a token, JSON in, JSON out."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from bureaux_volants.api.models import Scope
from bureaux_volants.api.tokens import issue
from bureaux_volants.territory.models import Agent, Site, Territory
from tests import factories
from tests.factories import NOW, TEST


class Api:
    """Calls /api/v1 with one token."""

    def __init__(self, token: str | None) -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/v1{path}", query, headers=self.headers)

    def _send(self, method: str, path: str, content: Any, headers: dict[str, str]) -> Any:
        return self.client.generic(
            method,
            f"/api/v1{path}",
            content if isinstance(content, str | bytes) else json.dumps(content),
            content_type="application/json",
            headers={**self.headers, **headers},
        )

    def post(self, path: str, content: Any = "", *, key: str | None = None) -> Any:
        return self._send("POST", path, content, {"Idempotency-Key": key} if key is not None else {})

    def patch(self, path: str, content: Any) -> Any:
        return self._send("PATCH", path, content, {})


def token_of(agent: Agent, *scopes: str, **fields: Any) -> str:
    with transaction.atomic():
        return issue(agent, TEST, scopes=scopes or Scope.values, **fields)[1]


def problem(response: HttpResponse, status: int, code: str) -> dict[str, Any]:
    """The problem an answer carries, once its form is checked."""
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json"), response.content
    content: dict[str, Any] = response.json()  # type: ignore[attr-defined]  # Django's test client adds it
    assert content["code"] == code, content
    assert content["status"] == status
    assert content["type"] == f"/api/v1/docs#{code}"
    assert content["title"]
    assert content["detail"]
    return content


@pytest.fixture
def now() -> Iterator[dt.datetime]:
    """It is Monday 30 November 2026, nine o'clock."""
    with time_machine.travel(NOW, tick=False):
        yield NOW


@pytest.fixture
def metz(db: None) -> Territory:
    made = factories.territory()
    factories.rules(made)
    return made


@pytest.fixture
def marly(metz: Territory) -> Site:
    return factories.site(metz, slug="marly", name="Mairie de Marly", desks=2)


@pytest.fixture
def ada(metz: Territory) -> Agent:
    return factories.agent(metz, email="ada@exemple.test", first_name="Ada", last_name="Louis")


@pytest.fixture
def api(ada: Agent, now: dt.datetime) -> Api:
    return Api(token_of(ada))
