"""The welcome sheet through the pages: written, read, printed; the code of the door where it must be and nowhere else."""

from __future__ import annotations

import datetime as dt
import io
import json
from pathlib import Path

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from PIL import Image

from bureaux_volants.api.tokens import issue
from bureaux_volants.events.models import Event
from bureaux_volants.hosting.merging import Content
from bureaux_volants.hosting.models import SheetPhoto, SheetVersion
from bureaux_volants.hosting.sheets import write
from bureaux_volants.territory.models import Agent, Grant
from tests import factories
from tests.booking.words import booked
from tests.factories import NOW, TEST, TUESDAY, at
from tests.pdf_ua import broken_rules

from .conftest import World

CODE = "XK-4711"


def picture(kind: str = "JPEG", size: tuple[int, int] = (2400, 1200), **more: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#a08060").save(out, kind, **more)
    return out.getvalue()


def sent(name: str = "photo.jpg", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, picture() if content is None else content)


@pytest.fixture
def host(world: World) -> Agent:
    made = factories.agent(world.territory, first_name="Inès", last_name="Accueil")
    factories.grant(made, Grant.Role.HOST, over=world.mairie)
    return made


@pytest.fixture
def hosting(world: World, host: Agent) -> Client:
    return world.signed_in(host)


FORM = "/accueil/marly/fiche/"


def save(client: Client, version: int = 0, **fields: object) -> HttpResponse:
    return client.post(FORM, {"version": str(version), **fields})


def last() -> SheetVersion:
    return SheetVersion.objects.order_by("number").last()  # type: ignore[return-value]


def test_what_the_host_writes_is_on_the_page_of_the_site(world: World, hosting: Client) -> None:
    assert save(hosting, bike="Dans la cour.", wifi="Réseau Accueil.").status_code == 302
    page = world.client.get("/sites/marly/").content.decode()
    assert "Dans la cour." in page
    assert "Réseau Accueil." in page


def test_a_photo_is_drawn_anew_upright_small_and_says_nothing_of_the_camera(hosting: Client) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Une marque"  # turned by a quarter; who made the camera
    exif[0x8825] = {1: "N", 2: (49.0, 7.0, 0.0)}  # where it stood
    shot = picture(exif=exif)
    assert b"Une marque" in shot
    assert save(hosting, **{"new-1": sent(content=shot), "new-alt-1": "La porte"}).status_code == 302
    (shown,) = last().photos
    assert shown["alt"] == "La porte"
    kept = b"".join(hosting.get(f"/sites/marly/fiche/photos/{shown['id']}").streaming_content)  # type: ignore[attr-defined]
    with Image.open(io.BytesIO(kept)) as image:
        assert image.format == "JPEG"
        assert (image.width, image.height) == (800, 1600)
        assert not image.getexif()
    assert b"Une marque" not in kept
    assert b"Exif" not in kept


@pytest.mark.parametrize(
    "content", [b"pas une image", b"", picture("GIF"), picture()[:3000]], ids=["text", "empty", "gif", "cut"]
)
def test_a_file_that_is_no_picture_costs_one_sentence_and_nothing_of_the_form(hosting: Client, content: bytes) -> None:
    answer = save(
        hosting,
        bike="Longue phrase à ne pas perdre.",
        **{
            "new-1": sent(),
            "new-alt-1": "La bonne",
            "new-2": sent(content=content or b" "),
            "new-alt-2": "La mauvaise",
        },
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.count("Cette photo ne se lit pas\u00a0: envoyez une image JPEG, PNG ou WebP.") == 1
    assert "Longue phrase à ne pas perdre." in page
    assert 'value="La mauvaise"' in page
    assert 'value="La bonne"' in page
    assert not SheetVersion.objects.exists()
    # The good one was kept, and is named in the form: sent again without its file, it is there.
    photo = SheetPhoto.objects.get()
    assert f'name="photo" value="{photo.pk}"' in page
    assert save(hosting, photo=str(photo.pk), **{f"alt-{photo.pk}": "La bonne"}).status_code == 302
    assert last().photos == [{"id": photo.pk, "alt": "La bonne"}]


def test_a_small_file_that_unfolds_into_a_huge_picture_is_refused(hosting: Client) -> None:
    out = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(out, "PNG")
    answer = save(hosting, **{"new-1": sent(content=out.getvalue()), "new-alt-1": "x"})
    assert answer.status_code == 422
    assert not SheetPhoto.objects.exists()


def test_a_photo_needs_words_for_who_does_not_see_it(hosting: Client) -> None:
    answer = save(hosting, **{"new-1": sent(), "new-alt-1": "  "})
    assert answer.status_code == 422
    assert "Décrivez cette photo" in answer.content.decode()


def test_six_photos_and_no_more(hosting: Client) -> None:
    three = {f"new-{n}": sent() for n in (1, 2, 3)} | {f"new-alt-{n}": f"Vue {n}" for n in (1, 2, 3)}
    ids: list[str] = []
    for version in range(2):
        named = {"photo": ids, **{f"alt-{n}": "Vue" for n in ids}}
        again = {k: (sent() if k in ("new-1", "new-2", "new-3") else v) for k, v in three.items()}
        assert save(hosting, version, **named, **again).status_code == 302
        ids = [str(p["id"]) for p in last().photos]
    answer = save(
        hosting, 2, photo=ids, **{f"alt-{n}": "Vue" for n in ids}, **{"new-1": sent(), "new-alt-1": "De trop"}
    )
    assert answer.status_code == 422
    assert "6 photos au plus" in answer.content.decode()
    assert SheetPhoto.objects.count() == 6


def test_the_second_of_two_hosts_sees_both_texts_and_loses_nothing(world: World, host: Agent, hosting: Client) -> None:
    second = factories.agent(world.territory, first_name="Paul", last_name="Second")
    factories.grant(second, Grant.Role.HOST, over=world.mairie)
    save(hosting, bike="avant", wifi="avant")
    save(hosting, 1, bike="de la première", wifi="avant", lunch="repris")
    answer = save(world.signed_in(second), 1, bike="du second", wifi="à moi seul")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert f"{host} a enregistré cette fiche à" in page
    for text in ("de la première", "du second", "à moi seul", "repris"):
        assert text in page
    assert SheetVersion.objects.count() == 2
    assert 'name="version" value="2"' in page
    kept = save(world.signed_in(second), 2, bike="du second", wifi="à moi seul", lunch="repris")
    assert kept.status_code == 302
    assert (last().number, last().bike, last().lunch) == (3, "du second", "repris")


def test_the_history_shows_what_was_and_takes_it_up_again(hosting: Client) -> None:
    save(hosting, bike="ancien")
    save(hosting, 1, bike="nouveau")
    page = hosting.get("/accueil/marly/fiche/versions/").content.decode()
    assert "<del>ancien</del>" in page
    assert "<ins>nouveau</ins>" in page
    answer = hosting.post("/accueil/marly/fiche/versions/1/reprendre/", {"version": "2"}, follow=True)
    assert "La fiche reprend la version 1." in answer.content.decode()
    assert last().bike == "ancien"
    stale = hosting.post("/accueil/marly/fiche/versions/2/reprendre/", {"version": "2"}, follow=True)
    assert "Quelqu&#x27;un a modifié la fiche" in stale.content.decode()
    assert last().number == 3


def test_a_number_that_is_none_changes_nothing(hosting: Client) -> None:
    for version in ("", "x", "-1"):
        assert hosting.post(FORM, {"version": version, "bike": "a"}).status_code == 422
    assert save(hosting, 0, photo=["x", "99999999", "1" * 30], bike="b\r\nc").status_code == 302
    assert (last().photos, last().bike) == ([], "b\nc")


# -- the door's code --------------------------------------------------------------------------------------------------

SITE = "/sites/marly/"


@pytest.fixture
def coded(world: World) -> SheetVersion:
    texts = {"bike": "Dans la cour.", "door": "Porte de gauche", "code": CODE}
    return write(world.territory.pk, world.mairie.pk, Content(texts), 0, TEST, now=NOW)


def test_booked_today_one_reads_the_code_and_the_day_before_one_does_not(world: World, coded: SheetVersion) -> None:
    reference = booked(world.mairie, world.agent).reference
    addresses = (SITE, reverse("booking", args=[reference]))
    for address in addresses:
        assert CODE not in world.client.get(address).content.decode()
    assert "le jour même" in world.client.get(addresses[1]).content.decode()
    with time_machine.travel(at(TUESDAY, "7"), tick=False):
        client = world.signed_in(world.agent)
        for address in addresses:
            answer = client.get(address)
            assert CODE in answer.content.decode()
            assert "no-store" in answer.headers["Cache-Control"]
    with time_machine.travel(at(TUESDAY + dt.timedelta(days=1), "7"), tick=False):
        client = world.signed_in(world.agent)
        for address in addresses:
            answer = client.get(address)
            assert answer.status_code == 200
            assert CODE not in answer.content.decode()


def test_on_the_day_the_code_is_on_no_other_page_no_file_and_for_nobody_else(world: World, coded: SheetVersion) -> None:
    booking = booked(world.mairie, world.agent)
    manager = factories.agent(world.territory, organisation=world.agent.organisation)
    factories.grant(manager, Grant.Role.MANAGER)
    with time_machine.travel(at(TUESDAY, "9"), tick=False):
        for who in (world.agent, world.other, manager):
            client = world.signed_in(who)
            pages = ["/", "/semaine/", "/bureaux/", "/sites/marly/fiche/", "/reservations/", "/messages/"]
            if who is not world.agent:
                pages.append(SITE)
            for address in pages:
                assert CODE not in client.get(address, follow=True).content.decode(), (address, who)
            assert CODE.encode() not in client.get("/sites/marly/fiche.pdf").content
            assert CODE not in client.get("/preferences/mes-donnees.json").content.decode()
        _, token = issue(world.agent, TEST)
        for address in ("/api/v1/me", "/api/v1/sites", "/api/v1/bookings", f"/api/v1/bookings/{booking.reference}"):
            answer = Client().get(address, headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == 200
            assert CODE not in answer.content.decode()
    assert CODE not in json.dumps(list(Event.objects.values_list("data", flat=True)))


def test_the_pages_of_hosts_that_hold_the_code_are_kept_nowhere(hosting: Client, coded: SheetVersion) -> None:
    for address in (FORM, "/accueil/marly/fiche/versions/", SITE):
        answer = hosting.get(address)
        assert CODE in answer.content.decode()
        assert "no-store" in answer.headers["Cache-Control"]


def test_the_pdf_says_what_the_sheet_says_and_is_tagged(world: World, coded: SheetVersion) -> None:
    answer = world.client.get("/sites/marly/fiche.pdf")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    for mark in (b"/StructTreeRoot", b"pdfuaid", b"/Lang"):
        assert mark in answer.content, mark


def test_the_pdf_keeps_every_rule_of_accessible_documents(world: World, coded: SheetVersion, tmp_path: Path) -> None:
    assert broken_rules(tmp_path, world.client.get("/sites/marly/fiche.pdf").content) == []


def test_words_that_look_like_markup_are_words(world: World, hosting: Client) -> None:
    save(hosting, bike='#panic("x") *gras* <b>gras</b> $x$ \\ "')
    assert world.client.get("/sites/marly/fiche.pdf").status_code == 200
    assert "&lt;b&gt;gras&lt;/b&gt;" in world.client.get(SITE).content.decode()


def test_nobody_of_another_territory_finds_the_sheet(world: World, coded: SheetVersion) -> None:
    abroad = factories.territory()
    stranger = factories.agent(abroad)
    factories.grant(stranger, Grant.Role.ADMINISTRATOR)
    client = world.signed_in(stranger)
    for address in ("/sites/marly/fiche/", "/sites/marly/fiche.pdf", FORM, "/accueil/marly/fiche/versions/"):
        assert client.get(address).status_code == 404
