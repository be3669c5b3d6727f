"""Settings come from the environment; each wrong one is one sentence that names its variable."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from bureaux_volants.config import environment

PRODUCTION = {
    "DATABASE_URL": "postgresql://bureaux:s%40crET@db.example:5433/bureaux?sslmode=require",
    "BV_SECRET_KEY": "k" * 50,
    "BV_BASE_URL": "https://bureaux.example",
    "BV_EMAIL_URL": "smtp://robot:p%40ss@mail.example:587?tls=1",
    "BV_DATA_DIR": "/nonexistent/data",
}


def test_a_production_environment_is_read_whole() -> None:
    found = environment.read(PRODUCTION)
    assert found.database == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "bureaux",
        "USER": "bureaux",
        "PASSWORD": "s@crET",
        "HOST": "db.example",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "require"},
    }
    assert found.mail.host == "mail.example"
    assert (found.mail.port, found.mail.user, found.mail.password, found.mail.tls) == (587, "robot", "p@ss", True)
    assert found.https
    assert found.allowed_hosts == ("bureaux.example",)
    assert not found.debug
    assert not found.demo
    assert found.time_zone == "Europe/Paris"


def test_former_secrets_are_listed() -> None:
    assert environment.read(PRODUCTION).secret_key_fallbacks == ()
    found = environment.read({**PRODUCTION, "BV_SECRET_KEY_FALLBACKS": " the-former , the-one-before,"})
    assert found.secret_key_fallbacks == ("the-former", "the-one-before")


def test_a_demonstration_needs_nothing_and_keeps_its_secret(tmp_path: Path) -> None:
    variables = {"BV_DEMO": "1", "BV_DATA_DIR": str(tmp_path / "data")}
    first = environment.read(variables)
    assert first.demo
    assert first.demo_was_set
    assert "127.0.0.1" in first.allowed_hosts
    assert len(first.secret_key) >= 50
    assert environment.read(variables).secret_key == first.secret_key
    assert (tmp_path / "data" / "secret-key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["secret-key"]


def test_debugging_offers_personas_without_claiming_that_they_were_asked_for(tmp_path: Path) -> None:
    found = environment.read({"BV_DEBUG": "1", "BV_DATA_DIR": str(tmp_path)})
    assert found.demo
    assert not found.demo_was_set


@pytest.mark.parametrize("missing", ["BV_SECRET_KEY", "BV_BASE_URL", "BV_EMAIL_URL"])
def test_production_refuses_to_guess(missing: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=missing):
        environment.read({name: value for name, value in PRODUCTION.items() if name != missing})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://root@localhost/x"),
        ("DATABASE_URL", "postgresql://db.example"),
        ("DATABASE_URL", "postgresql://db.example/x?unheard_of=1"),
        ("BV_SECRET_KEY", "short"),
        ("BV_DEBUG", "maybe"),
        ("BV_DEMO", "2"),
        ("BV_PROXY_SSL", "yes please"),
        ("BV_BASE_URL", "bureaux.example"),
        ("BV_BASE_URL", "ftp://bureaux.example"),
        ("BV_BASE_URL", "https://bureaux.example/path"),
        ("BV_ALLOWED_HOSTS", "*"),
        ("BV_EMAIL_URL", "mail.example"),
        ("BV_EMAIL_URL", "smtp://mail.example:port"),
        ("BV_TILE_URL", "http://tiles.example/{z}/{x}/{y}.png"),
        ("BV_TILE_URL", "https://{s}.tiles.example/{z}/{x}/{y}.png"),
        ("BV_TIME_ZONE", "Europe/Metz"),
        ("BV_TIME_ZONE", "../../etc/passwd"),
        ("BV_LOG_LEVEL", "LOUD"),
    ],
)
def test_a_wrong_value_is_one_sentence_that_names_its_variable(name: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        environment.read({**PRODUCTION, name: value})
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_key_file_that_cannot_be_written_says_where(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ImproperlyConfigured, match="BV_DATA_DIR"):
        environment.read({"BV_DEMO": "1", "BV_DATA_DIR": str(tmp_path / "file")})


@pytest.mark.parametrize(
    ("url", "port", "tls", "ssl"),
    [
        ("smtp://mail.example", 25, False, False),
        ("smtp://mail.example?tls=1", 587, True, False),
        ("smtps://mail.example", 465, False, True),
    ],
)
def test_the_usual_mail_ports_go_without_saying(url: str, port: int, tls: bool, ssl: bool) -> None:
    mail = environment.read({**PRODUCTION, "BV_EMAIL_URL": url}).mail
    assert (mail.port, mail.tls, mail.ssl) == (port, tls, ssl)
