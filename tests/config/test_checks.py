"""What stops a start-up, what a session may last, what a log line may say."""

from __future__ import annotations

import dataclasses
import logging
import time
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest, HttpResponse

from bureaux_volants.config import checks
from bureaux_volants.config.logs import LineFormatter
from bureaux_volants.config.sessions import SessionLimitsMiddleware


def test_personas_without_being_asked_for_stop_the_start(settings: Any) -> None:
    settings.BV_DEMO = True
    settings.DEBUG = False
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, demo_was_set=False)
    assert [error.id for error in checks.personas_are_asked_for(None)] == ["bureaux_volants.E001"]


def test_a_demonstration_that_was_asked_for_may_start(settings: Any) -> None:
    settings.BV_DEMO = True
    settings.DEBUG = False
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, demo_was_set=True)
    assert checks.personas_are_asked_for(None) == []


@pytest.mark.django_db
def test_an_old_server_is_refused_with_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.server_is_recent(None, ["default"]) == []
    monkeypatch.setattr(checks, "OLDEST_SERVER", 99)
    (error,) = checks.server_is_recent(None, ["default"])
    assert error.id == "bureaux_volants.E002"
    assert "99" in str(error.msg)


class _Somebody(AnonymousUser):
    is_authenticated = True  # type: ignore[assignment]


def _visit(session: dict[str, int]) -> HttpRequest:
    request = HttpRequest()
    request.session = SessionStore()
    request.session.create()
    request.session.update(session)
    request.user = _Somebody()
    SessionLimitsMiddleware(lambda _request: HttpResponse())(request)
    return request


@pytest.mark.django_db
def test_a_session_goes_on_while_somebody_works() -> None:
    now = int(time.time())
    request = _visit({"began": now - 3 * 3600, "seen": now - 3600})
    assert request.user.is_authenticated
    assert request.session["began"] == now - 3 * 3600
    assert request.session["seen"] >= now


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("began", "seen"), [(8 * 3600 + 60, 8 * 3600 + 60), (12 * 3600 + 60, 60)], ids=["idle for long", "old"]
)
def test_a_session_ends_when_idle_or_old(began: int, seen: int) -> None:
    now = int(time.time())
    request = _visit({"began": now - began, "seen": now - seen})
    assert not request.user.is_authenticated


def test_a_log_line_is_one_line_without_queries() -> None:
    record = logging.LogRecord(
        "django.request", logging.WARNING, "", 0, "Not Found: /compte/?email=a@b.example&x=1 then\nmore", (), None
    )
    line = LineFormatter().format(record)
    assert "\n" not in line
    assert "a@b.example" not in line
    assert "Not Found: /compte/?…" in line


def test_no_script_or_style_from_elsewhere_is_allowed() -> None:
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert directives["script-src"] == directives["style-src"] == directives["worker-src"] == ["'self'"]
    assert directives["default-src"] == ["'none'"]
