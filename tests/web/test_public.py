"""What is there before anybody signs in."""

from __future__ import annotations

from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from bureaux_volants.territory.models import Agent
from bureaux_volants.web.personas import PERSONAS
from tests import factories

from .conftest import World


@pytest.mark.parametrize("name", ["accessibility", "privacy", "account_login", "account_reset_password"])
def test_public_pages_open_without_an_account(db: None, name: str) -> None:
    answer = Client().get(reverse(name))
    assert answer.status_code == 200
    assert '<html lang="fr">' in answer.content.decode()


def test_health_says_that_the_database_answers(db: None) -> None:
    answer = Client().get("/sante")
    assert answer.json() == {"status": "ok", "database": True}


def test_no_page_carries_inline_script_or_style(db: None) -> None:
    page = Client().get(reverse("account_login"))
    text = page.content.decode()
    assert " style=" not in text
    assert "<style" not in text
    assert "onclick" not in text
    assert "unsafe" not in page["Content-Security-Policy"]


@pytest.fixture
def persona(db: None) -> Agent:
    return factories.agent(factories.territory(is_demonstration=True), email="agent@metz.example")


def test_a_persona_enters_with_one_click(persona: Agent) -> None:
    client = Client()
    assert 'value="agent@metz.example"' in client.get(reverse("account_login")).content.decode()
    answer = client.post("/demo/entrer/", {"persona": "agent@metz.example", "next": "/messages/"})
    assert answer["Location"] == "/messages/"
    assert client.get("/").status_code == 200


def test_a_persona_is_never_sent_to_another_server(persona: Agent) -> None:
    answer = Client().post("/demo/entrer/", {"persona": "agent@metz.example", "next": "//ailleurs.example/"})
    assert answer["Location"] == "/"


def test_personas_do_not_exist_outside_the_demonstration(persona: Agent, settings: Any) -> None:
    settings.BV_DEMO = False
    assert 'value="agent@metz.example"' not in Client().get(reverse("account_login")).content.decode()
    assert Client().post("/demo/entrer/", {"persona": "agent@metz.example"}).status_code == 404


def test_a_real_person_is_no_persona(db: None) -> None:
    factories.agent(factories.territory(is_demonstration=False), email="agent@metz.example")
    assert Client().post("/demo/entrer/", {"persona": "agent@metz.example"}).status_code == 404


def test_only_the_named_personas_are_open(persona: Agent) -> None:
    factories.agent(persona.territory, email="agent001@metz.example")  # type: ignore[arg-type]
    assert Client().post("/demo/entrer/", {"persona": "agent001@metz.example"}).status_code == 404


def test_a_wrong_password_is_said_in_french(db: None) -> None:
    answer = Client().post(reverse("account_login"), {"login": "x@exemple.test", "password": "faux"})
    assert answer.status_code == 200
    assert "mot de passe sont incorrects" in answer.content.decode()


def test_a_stale_form_is_explained(db: None) -> None:
    answer = Client(enforce_csrf_checks=True).post(reverse("account_login"), {"login": "x", "password": "y"})
    assert answer.status_code == 403
    assert (
        "rien n&#x27;a été enregistré" in answer.content.decode()
        or "rien n'a été enregistré" in answer.content.decode()
    )


def test_an_unknown_page_is_said_to_be_missing(db: None) -> None:
    answer = Client().get("/nulle-part/")
    assert answer.status_code == 404
    assert "Page introuvable" in answer.content.decode()


def test_the_page_of_an_error_needs_nothing_that_may_be_broken() -> None:
    assert "Une erreur est survenue" in render_to_string("500.html")


def test_a_forgotten_password_is_offered_once(db: None) -> None:
    assert Client().get(reverse("account_login")).content.decode().count(reverse("account_reset_password")) == 1


def test_personas_are_named_by_what_they_do(db: None) -> None:
    """Words that suit whoever they are."""
    for persona in PERSONAS:
        assert not {"référent", "encadrant", "administrateur", "gestionnaire"} & set(str(persona.role).lower().split())


def test_an_address_that_only_takes_a_form_says_so_and_names_the_method(world: World) -> None:
    answer = world.signed_in(world.agent).get(reverse("waiting_join"))
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "repartez de la page où il se trouve" in answer.content.decode()
