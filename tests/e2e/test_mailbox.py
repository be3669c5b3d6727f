"""The demonstration's mailbox in a browser: the mail of what one has just done, unfolded by a touch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from bureaux_volants.booking import service
from bureaux_volants.events.log import Author
from bureaux_volants.events.models import Event
from bureaux_volants.messages.delivering import deliver
from tests.factories import TUESDAY, ask

from .conftest import SignIn, World
from .test_every_page import faults_of


def test_the_mail_of_a_booking_is_found_from_the_banner(
    as_persona: SignIn, world: World, settings: Any, tmp_path: Path
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    service.book(world.agent, ask(world.marly, TUESDAY, "9", "17"), Author(world.agent, Event.Origin.WEB))
    assert deliver() == 1
    page = as_persona("agent@metz.example")
    page.get_by_role("link", name="Les courriels envoyés").click()
    page.get_by_text("Réservé : Mairie de Marly").click()
    expect(page.get_by_role("main")).to_contain_text("Pour l'agenda")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.evaluate("document.getAnimations().forEach(animation => animation.finish())")
        assert faults_of(page, f"the mailbox, {scheme}") == []
