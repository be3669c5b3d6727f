"""What an installed application asks for: its manifest, its worker, what a device keeps, what it sends late."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bureaux_volants.booking import service
from bureaux_volants.booking.models import Booking, LateTap
from bureaux_volants.booking.states import State
from bureaux_volants.hosting import sheets
from bureaux_volants.hosting.merging import Content
from bureaux_volants.keys.access import code_for
from bureaux_volants.keys.models import Box
from bureaux_volants.territory.models import Agent
from bureaux_volants.web.offline.account import opaque
from bureaux_volants.web.offline.shell import _known
from tests import factories
from tests.factories import NOW, TEST, TUESDAY, ask, at
from tests.keys.conftest import Scene

from .conftest import World

KEY = "5a2b1f0e-6c1d-4b8e-9f3a-0d2c4e6f8a1b"


def browser(agent: Agent, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(agent, backend="django.contrib.auth.backends.ModelBackend")
    return client


def kept(client: Client) -> dict[str, Any]:
    answer = client.get("/hors-ligne.json")
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    found: dict[str, Any] = answer.json()
    return found


# -- where files have hashed names, as in production ------------------------------------------------------------------


def test_the_worker_names_files_as_they_are_served_in_production(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    settings.DEBUG = False
    call_command("collectstatic", interactive=False, verbosity=0)
    _known.cache_clear()
    try:
        answer = Client().get("/sw.js")
        manifest = Client().get(reverse("manifest"))
    finally:
        _known.cache_clear()
    assert answer.status_code == manifest.status_code == 200
    files = re.findall(r'"(/static/[^"]+\.(?:css|js))"', answer.content.decode())
    assert any(re.search(r"app\.[0-9a-f]{12}\.css$", name) for name in files)
    assert all((tmp_path / name.removeprefix("/static/")).is_file() for name in files)


# -- manifest and worker ----------------------------------------------------------------------------------------------


def test_the_manifest_is_french_and_its_icons_are_files_of_ours(db: None) -> None:
    answer = Client().get("/manifest.webmanifest")
    assert answer.headers["Content-Type"] == "application/manifest+json"
    told = json.loads(answer.content)
    assert (told["lang"], told["scope"], told["start_url"], told["id"]) == ("fr", "/", "/", "/")
    assert {(i["sizes"], i["purpose"]) for i in told["icons"]} == {
        ("any", "any"),
        *((f"{size}x{size}", purpose) for size in (192, 512) for purpose in ("any", "maskable")),
    }
    assert all(finders.find(icon["src"].removeprefix("/static/")) for icon in told["icons"])
    css = Path(str(finders.find("web/app.css"))).read_text()
    assert f"--paper: {told['background_color']};" in css
    assert f"--accent: {told['theme_color']};" in css


def test_the_worker_is_at_the_root_asked_for_at_each_visit_and_knows_its_files(db: None) -> None:
    answer = Client().get("/sw.js")
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Cache-Control"] == "no-cache"
    shell = json.loads(answer.content.decode().split("self.SHELL = ")[1].split(";\n")[0])
    assert {"/static/web/app.css", "/static/web/offline.js", "/static/web/offline-page.js"} <= set(shell["files"])
    assert all(finders.find(path.removeprefix("/static/")) for path in shell["files"])
    assert len(shell["version"]) == 16


def test_a_withdrawn_worker_is_one_that_leaves(db: None, settings: Any) -> None:
    settings.BV_OFFLINE = False
    assert "worker-withdrawn" in Client().get("/sw.js").content.decode()
    page = Client().get(reverse("account_login")).content.decode()
    assert "manifest" not in page
    assert "offline.js" not in page


def test_the_page_without_network_holds_nothing_of_anybody(world: World) -> None:
    service.book(world.agent, ask(world.mairie), TEST)
    text = Client().get("/hors-ligne/").content.decode()
    assert "Sans réseau" in text
    assert "csrf" not in text
    assert "data-account" not in text


def test_the_policy_lets_in_nothing_but_files_of_ours(db: None) -> None:
    policy = Client().get("/hors-ligne/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    for directive in ("script-src", "style-src", "connect-src", "worker-src", "manifest-src", "form-action"):
        assert f"{directive} 'self'" in policy
    assert "unsafe" not in policy


# -- what is kept -----------------------------------------------------------------------------------------------------


def test_a_device_keeps_the_bookings_of_seven_days_with_the_texts_of_their_sites(world: World) -> None:
    world.mairie.access_notes = "Entrée par la cour."
    world.mairie.save()
    near = service.book(world.agent, ask(world.mairie), TEST)
    service.book(world.agent, ask(world.mairie, TUESDAY.replace(day=8)), TEST)
    service.book(world.other, ask(world.mairie), TEST)
    told = kept(world.client)
    assert told["account"] == opaque(world.agent)
    (found,) = told["copy"]["bookings"]
    assert (found["reference"], found["site"]) == (near.reference, "Mairie de Marly")
    assert found["when"].replace("\u00a0", " ") == "Mardi 1er décembre, de 9 h à 12 h"
    assert found["texts"] == [["Comment venir", "Entrée par la cour."]]
    assert found["until"] == at(TUESDAY, "12").timestamp() * 1000
    assert kept(world.signed_in(world.other))["copy"]["bookings"][0]["reference"] != near.reference


def sheet_of(world: World) -> None:
    texts = {"bike": "Dans la cour.", "lunch": "Au premier.", "door": "Porte de gauche.", "code": "24B7"}
    sheets.write(world.territory.pk, world.mairie.pk, Content(texts), 0, TEST)


def test_the_welcome_sheet_is_kept_and_its_door_on_the_day_alone_until_the_stay_ends(world: World) -> None:
    sheet_of(world)
    service.book(world.agent, ask(world.mairie, start="9", end="12"), TEST)
    (before,) = kept(browser(world.agent))["copy"]["bookings"]
    assert ["À vélo", "Dans la cour."] in before["texts"]
    assert ["Pour déjeuner", "Au premier."] in before["texts"]
    assert before["door"] is None
    assert "24B7" not in json.dumps(before)
    with time_machine.travel(at(TUESDAY, "8"), tick=False):
        (today,) = kept(browser(world.agent))["copy"]["bookings"]
    until = int(at(TUESDAY, "12").timestamp() * 1000)
    assert today["door"] == {"said": "Porte de gauche.", "code": "24B7", "until": until}


def test_a_request_that_the_site_has_not_granted_opens_no_door(world: World) -> None:
    sheet_of(world)
    booking = service.book(world.agent, ask(world.mairie, start="9", end="12"), TEST)
    Booking.objects.filter(pk=booking.pk).update(state=State.REQUESTED, answer_by=at(TUESDAY, "9"))
    with time_machine.travel(at(TUESDAY, "8"), tick=False):
        (today,) = kept(browser(world.agent))["copy"]["bookings"]
    assert today["door"] is None


def test_the_name_of_an_account_tells_nothing_and_is_not_that_of_another(world: World) -> None:
    assert opaque(world.agent) == opaque(Agent.objects.get(pk=world.agent.pk))
    assert opaque(world.agent) != opaque(world.other)
    assert world.agent.email not in opaque(world.agent)


def test_what_is_kept_takes_as_many_queries_for_one_booking_as_for_five(world: World) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            kept(world.client)
        return len(seen)

    service.book(world.agent, ask(world.mairie), TEST)
    kept(world.client)
    few = queries()
    for start in (13, 14, 15, 16):
        service.book(world.agent, ask(world.mairie, start=str(start), end=str(start + 1)), TEST)
    assert queries() == few


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(NOW, tick=False) as moved:
        yield moved


def test_a_key_code_is_kept_by_its_holder_alone_in_its_window_with_its_end(
    db: None, clock: time_machine.Coordinates
) -> None:
    scene = Scene(Box.Adapter.REST)
    scene.enrol()
    booking = scene.granted(bike=1).booking
    holder, other = browser(booking.agent), browser(factories.agent(scene.territory))
    (before,) = kept(holder)["copy"]["bookings"]
    assert before["key"]["code"] is None
    assert "avec du réseau" in before["key"]["said"]
    clock.move_to(booking.start)
    holder, other = browser(booking.agent), browser(factories.agent(scene.territory))
    (found,) = kept(holder)["copy"]["bookings"]
    code = code_for(booking, booking.agent, now=booking.start)
    assert "".join(found["key"]["code"]["groups"]) == code.digits
    assert found["key"]["code"]["until"] == code.until.timestamp() * 1000
    assert kept(other)["copy"]["bookings"] == []
    clock.move_to(booking.end)
    assert code.digits not in json.dumps(kept(holder)["copy"]).replace('", "', "")


# -- what is sent late ------------------------------------------------------------------------------------------------


def send(client: Client, booking: Booking, **fields: str) -> Any:
    data = {"key": KEY, "what": "arrive", "reference": booking.reference, "ago": "2700", **fields}
    return client.post("/hors-ligne/actions/", data)


@pytest.fixture
def booking(world: World) -> Booking:
    return service.book(world.agent, ask(world.mairie), TEST)


def test_a_late_arrival_is_answered_by_its_sentence(world: World, booking: Booking) -> None:
    with time_machine.travel(at(TUESDAY, "9:40"), tick=False):
        client = world.signed_in(world.agent)
        first = send(client, booking)
        again = send(client, booking, ago="2760")
    assert first.json()["done"] is True
    assert first.json()["sentence"].replace("\u00a0", " ") == "Votre arrivée est notée à 8 h 55."
    assert again.json() == first.json()
    booking.refresh_from_db()
    assert (booking.state, booking.checked_in_at) == (State.IN_USE, at(TUESDAY, "8:55"))
    assert LateTap.objects.count() == 1
    mine = world.signed_in(world.agent).get("/preferences/mes-donnees.json").json()
    assert mine["said_without_network"][0]["booking__reference"] == booking.reference


@pytest.mark.parametrize(
    "wrong", [{"key": "1"}, {"what": "cancel"}, {"ago": "-5"}, {"ago": "soon"}, {"ago": "9" * 30}, {"reference": ""}]
)
def test_what_cannot_be_read_gets_a_sentence_and_changes_nothing(
    world: World, booking: Booking, wrong: dict[str, str]
) -> None:
    answer = send(world.client, booking, **wrong)
    assert answer.status_code == 422
    assert answer.json()["sentence"] == "Cette action n'a pas pu être lue : recommencez-la."
    assert not LateTap.objects.exists()


def test_a_booking_of_somebody_else_or_of_elsewhere_does_not_exist(world: World, booking: Booking) -> None:
    foreigner = factories.agent(factories.territory())
    for stranger in (world.other, foreigner):
        assert send(world.signed_in(stranger), booking).status_code == 404
    assert not LateTap.objects.exists()


def test_nothing_is_sent_from_another_site(world: World, booking: Booking) -> None:
    careful = browser(world.agent, enforce_csrf_checks=True)
    assert send(careful, booking).status_code == 403
    token = kept(careful)["csrf"]
    data = {"key": KEY, "what": "leave", "reference": booking.reference, "ago": "0"}
    assert careful.post("/hors-ligne/actions/", data, headers={"X-CSRFToken": token}).status_code == 200


# -- signing out ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["account_logout", "admin:logout"])
def test_signing_out_tells_the_browser_to_forget(world: World, name: str) -> None:
    factories.grant(world.agent, "administrator")
    Agent.objects.filter(pk=world.agent.pk).update(is_staff=True)
    client = world.signed_in(world.agent)
    assert "Clear-Site-Data" not in client.get("/").headers
    answer = client.post(reverse(name))
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
