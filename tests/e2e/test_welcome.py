"""The host writes the welcome sheet on a phone; who is booked today reads the door's code, who is not does not. With axe."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from bureaux_volants.booking import service
from bureaux_volants.hosting.models import SheetVersion
from tests.factories import TEST, ask

from .conftest import SignIn, World
from .test_every_page import faults_of

pytestmark = pytest.mark.browser

CODE = "24B7"


def test_the_host_writes_the_sheet_and_only_who_is_booked_today_sees_the_code(
    as_persona: SignIn, world: World, tmp_path: Path
) -> None:
    shot = tmp_path / "porte.jpg"
    Image.new("RGB", (1200, 900), "#a08060").save(shot)
    faults: list[str] = []

    host = as_persona("host@marly.example")
    host.goto("/accueil/mairie-marly/")
    host.get_by_role("link", name="Écrire la fiche").click()
    host.get_by_label("À vélo").fill("Arceaux dans la cour.")
    host.get_by_label("La porte").fill("Porte de gauche.")
    host.get_by_label("Le code").fill(CODE)
    host.locator("#new-1").set_input_files(shot)
    host.get_by_role("button", name="Enregistrer").click()
    # The words that describe the photo were forgotten: nothing is lost.
    expect(host.get_by_text("Décrivez cette photo en quelques mots")).to_be_visible()
    expect(host.get_by_label("Le code")).to_have_value(CODE)
    faults += faults_of(host, "to put right")
    host.get_by_label("Photo 1 : ce qu'on y voit").fill("La porte de gauche, sous le porche")
    host.get_by_role("button", name="Enregistrer").click()
    expect(host.get_by_text("La fiche d'accueil est enregistrée.")).to_be_visible()
    assert SheetVersion.objects.get().photos[0]["alt"] == "La porte de gauche, sous le porche"

    booking = service.book(world.agent, ask(world.marly, start="9", end="17"), TEST)
    booked, other = as_persona("agent@metz.example"), as_persona("manager@metz.example")
    for address in ("/sites/mairie-marly/", f"/reservations/{booking.reference}/"):
        booked.goto(address)
        expect(booked.get_by_text(CODE)).to_be_visible()
        faults += faults_of(booked, f"booked {address}")
    other.goto("/sites/mairie-marly/")
    expect(other.get_by_text("Arceaux dans la cour.")).to_be_visible()
    expect(other.get_by_role("img", name="La porte de gauche, sous le porche")).to_be_visible()
    expect(other.get_by_text(CODE)).to_have_count(0)
    assert CODE not in other.content()
    faults += faults_of(other, "not booked")
    assert faults == []


def test_a_visitor_at_the_door_is_seated_in_two_taps(as_persona: SignIn, world: World) -> None:
    host = as_persona("host@marly.example")
    host.goto("/accueil/mairie-marly/")
    host.get_by_text("Une personne arrive sans réservation").click()
    host.get_by_role("button", name="Installer").click()
    expect(host.get_by_role("heading", name="Une personne", exact=True)).to_be_visible()
    assert faults_of(host, "seated") == []
