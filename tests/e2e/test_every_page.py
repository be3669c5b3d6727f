"""Every page, at phone size in light and at desk size in dark colours: axe finds nothing, nothing overflows, nothing comes from elsewhere."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from PIL import Image
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from bureaux_volants.booking import service, waiting
from bureaux_volants.booking.models import Booking, Resource, RuleSet
from bureaux_volants.booking.placing import Ask
from bureaux_volants.charter import versions
from bureaux_volants.charter.models import ApprovalAsked
from bureaux_volants.events.log import Author
from bureaux_volants.events.models import Event
from bureaux_volants.fleet.models import Cost, Damage, Reading, Trip, Vehicle
from bureaux_volants.hosting import meetings, needs, sheets
from bureaux_volants.hosting.merging import Content, Photo
from bureaux_volants.hosting.models import Meeting, Skill
from bureaux_volants.hosting.showing import show
from bureaux_volants.keys.boxes import install_key
from bureaux_volants.keys.cases import open_case
from bureaux_volants.keys.declaring import declare_lost, declare_taken
from bureaux_volants.keys.holding import prepare
from bureaux_volants.keys.models import Box
from bureaux_volants.planner.asked import Appointment, Asked
from bureaux_volants.planner.models import DayPlan
from bureaux_volants.planner.proposing import propose
from bureaux_volants.travel.journeys import Place, Traveller
from bureaux_volants.travel.modes import Point
from bureaux_volants.trials import amending, cohorts, designing, enquiry, opening
from bureaux_volants.trials.models import KeptFigure, RunningCost
from tests import factories
from tests.factories import TEST, TUESDAY, ask, at
from tests.trials.surveys.words import written_questionnaire

from .conftest import SIGN_IN, SignIn, World

pytestmark = pytest.mark.browser

#: Django's admin is a third party's page: what it is answerable for is kept apart from ours.
RULES: dict[str, Any] = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}
}

AGENT_PAGES = [
    "/",
    f"/bureaux/?date={TUESDAY}&part=day&near=Marly",
    "/bureaux/?date=2026-12-25",
    "/organiser/",
    "/organiser/agenda/",
    "/trajets/",
    "/covoiturage/",
    f"/covoiturage/?origin=Marly&destination=Woippy&date={TUESDAY}&time=08:00",
    "/covoiturage/proposer/",
    f"/trajets/?origin=Marly&destination=Woippy&date={TUESDAY}&time=08:00&when=depart&has=car&has=bike",
    f"/semaine/?week={TUESDAY}",
    "/organiser/{plan}/",
    "/prendre/",
    "/prendre/garde/",
    "/reservations/{loan}/",
    "/reservations/{loan}/rendre/",
    f"/prendre/?site_slug=mairie-marly&to=Marly&date={TUESDAY}&start=09:00&end=12:00",
    f"/bureaux/reserver/?date={TUESDAY}&part=day&site=mairie-marly",
    "/bureaux/reserver/?date=2026-12-25&part=day&site=mairie-marly",
    f"/bureaux/reserver/?date={TUESDAY}&part=free&start=09:00&end=17:00&site=mairie-pleine",
    "/sites/mairie-marly/",
    "/sites/mairie-marly/fiche/",
    "/reservations/",
    "/reservations/{reference}/",
    "/reservations/{reference}/modifier/",
    "/reservations/{reference}/presence/",
    "/rencontres/",
    "/rencontres/besoins/{need}/",
    "/rencontres/{meeting}/",
    "/reservations/absence/",
    "/essais/",
    "/messages/",
    "/preferences/",
    "/preferences/messages/",
    "/charte/",
    "/accessibilite/",
    "/donnees-personnelles/",
    "/arrivee/{code}/",
    "/hors-ligne/",
    "/rien-ici/",
    "/api/v1/docs",
]
HOST_PAGES = [
    "/accueil/",
    "/accueil/mairie-marly/",
    "/accueil/mairie-marly/feuille/",
    "/accueil/mairie-marly/affiche/",
    "/accueil/mairie-marly/fermer/",
    "/accueil/mairie-marly/fiche/",
    "/accueil/mairie-marly/sans-reservation/?name=pers",
    "/accueil/mairie-marly/bureaux/",
    "/accueil/mairie-marly/message/",
    "/accueil/mairie-marly/bilan/",
    "/remplacement/",
    "/rencontres/",
    "/rencontres/besoins/nouveau/",
    "/rencontres/besoins/{need}/",
    "/rencontres/demander/{reference}/",
    "/rencontres/{over}/",
    "/accueil/mairie-marly/fiche/versions/",
]
MANAGER_PAGES = [f"/equipe/?semaine={TUESDAY}", "/equipe/"]
FLEET_PAGES = [
    "/flotte/",
    f"/flotte/?date={TUESDAY}&site=mairie-marly",
    "/flotte/usage/",
    "/flotte/qui/",
    "/flotte/vehicules/{car}/",
]
LAB_PAGES = [
    "/labo/",
    "/labo/indicateurs/",
    "/labo/indicateurs/bookings/",
    "/labo/enquete/",
    "/labo/enquete/notes/nouvelle/",
    "/labo/enquete/notes/{note}/",
    "/labo/enquete/constats/nouveau/",
    "/labo/essai/nouveau/",
    "/labo/essais/brouillon/protocole/",
    "/labo/essais/brouillon/protocole/modifier/",
    "/labo/essais/{trial}/protocole/",
    "/labo/essais/{trial}/protocole/amender/threshold/",
    "/labo/essais/{trial}/participants/",
    "/labo/essais/{trial}/",
    "/labo/essais/{trial}/rapport/",
    "/labo/essais/{trial}/grille/",
    "/labo/essais/{trial}/questionnaires/",
    "/labo/essais/{trial}/questionnaires/cle/",
    "/labo/questionnaires/",
    "/labo/questionnaires/nouveau/",
    "/labo/questionnaires/who5/apercu/",
    "/labo/questionnaires/sts/apercu/",
    "/labo/questionnaires/{questionnaire}/",
    "/labo/questionnaires/{questionnaire}/en-tete/",
    "/labo/questionnaires/{questionnaire}/apercu/",
    "/labo/questionnaires/{questionnaire}/parties/0/single/",
    "/labo/questionnaires/{questionnaire}/parties/0/scale/",
    "/labo/questionnaires/{questionnaire}/parties/0/text/",
    "/labo/questionnaires/{questionnaire}/questions/q2/",
    "/labo/questionnaires/{questionnaire}/questions/q2/condition/",
    "/labo/essais/{trial}/equite/",
    "/labo/essais/{trial}/depenses/",
    "/labo/essais/{trial}/depenses/{cost}/",
    "/labo/essais/{trial}/donnees/",
    "/labo/plan-de-mobilite/",
    "/labo/plan-de-mobilite/?first=2026-13&last=2026-01",
]
ADMIN_PAGES = [
    "/charte/",
    "/charte/suivi/",
    "/charte/versions/",
    "/charte/versions/1/",
    "/charte/brouillon/",
    "/charte/brouillon/regle/",
    "/charte/brouillon/regle/trajet-court/",
    "/charte/brouillon/essayer/",
    "/administration/charter/exemption/",
    "/administration/",
    "/administration/territory/site/",
    "/administration/territory/agent/",
    "/administration/booking/booking/",
    "/administration/events/event/",
    "/baremes/",
    "/covoiturage/registre/",
    "/covoiturage/registre.csv?first=2026-12-31&last=2026-12-01",
    "/baremes/factors/",
]
SIGNED_OUT_PAGES = [SIGN_IN, "/hors-ligne/", "/compte/password/reset/", "/accessibilite/", "/donnees-personnelles/"]


def faults_of(page: Page, path: str) -> list[str]:
    """What is wrong with the page as it stands, in words."""
    found = [
        f"{v['id']}: {v['help']} – {[n['html'][:160] for n in v['nodes'][:3]]}"
        for v in Axe().run(page, options=RULES).response["violations"]
    ]
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"):
        found.append("the page scrolls sideways")
    if page.locator("h1").count() != 1:
        found.append(f"{page.locator('h1').count()} main headings")
    return [f"{path}: {fault}" for fault in found]


def walk(page: Page, paths: list[str], live_server: LiveServer) -> list[str]:
    """Every fault of these pages, in both sizes, each in one colour scheme."""
    strangers: set[str] = set()
    page.on("request", lambda r: None if r.url.startswith((live_server.url, "data:")) else strangers.add(r.url))
    found: list[str] = []
    # What the policy stops is told on the console, whoever asked for it.
    page.on("console", lambda m: found.append(m.text) if "Content Security Policy" in m.text else None)
    for path in paths:
        for width, scheme in ((390, "light"), (1280, "dark")):
            page.set_viewport_size({"width": width, "height": 844})
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            if width == 390:
                page.goto(path)
            # A colour on its way to another is neither.
            page.evaluate("document.getAnimations().forEach(animation => animation.finish())")
            found += [f"{width} px {scheme} {fault}" for fault in faults_of(page, path)]
    return found + sorted(strangers)


@pytest.fixture
def lively(world: World) -> Booking:
    """Something to show on every page."""
    booking = service.book(world.agent, ask(world.marly, start="9", end="17"), TEST)
    other = factories.agent(world.territory, service=world.team, visibility="everyone")
    service.book(other, ask(world.woippy, start="9", end="12"), TEST)
    full = factories.site(world.territory, desks=1, slug="mairie-pleine", name="Mairie pleine")
    service.book(factories.agent(world.territory), ask(full, start="8", end="18"), TEST)
    _fleet(world)
    _charter(world)
    _sheet(world)
    third = factories.agent(world.territory)
    waiting.join(third, ask(world.marly, start="9", end="17"), TEST)
    return booking


def _met(world: World, booking: Booking) -> dict[str, str]:
    """A presence, a need that waits for the agent, a meeting that waits too, one that is over: their references."""
    skill = Skill.objects.create(territory=world.territory, name="Zones humides")
    skill.services.add(world.team)
    by_agent = Author(world.agent, Event.Origin.WEB)
    show(
        world.agent,
        booking.reference,
        [skill.pk],
        by_agent,
        is_open=True,
        shown_to="everyone",
        note="En fin de matinée",
    )
    last = TUESDAY + dt.timedelta(days=9)
    need = needs.post(world.host, world.marly.pk, skill.pk, "Un avis sur une zone humide", last, TEST, text="Au bord.")
    asked = meetings.ask_quarter(world.host, booking.reference, at(TUESDAY, "15"), "Le ruisseau", TEST)
    over = Meeting.objects.create(
        territory=world.territory, site=world.marly, agent=world.agent, host=world.host, asked_by=world.host,
        booking=booking, title="La crue", start=at(TUESDAY, "8"), end=at(TUESDAY, "8:15"), state=Meeting.State.OVER,
        created_at=at(TUESDAY, "5"),
    )  # fmt: skip
    return {"need": need.reference, "meeting": asked.reference, "over": over.reference}


def _tried(world: World) -> dict[str, object]:
    """A note with its finding and its photo, a draft, a trial that runs, is drawn and amended: their names."""
    here, today = world.territory.pk, TUESDAY
    said = enquiry.Note(
        "observation",
        TUESDAY - dt.timedelta(days=9),
        "Le parking est plein.",
        tags=("voiture",),
        verbatims=("On tourne.",),
    )
    note = enquiry.save_note(here, said, TEST)
    out = io.BytesIO()
    Image.new("RGB", (640, 480), "#c9b7a4").save(out, "JPEG")
    enquiry.add_photo(here, note.pk, out.getvalue(), "Le parking plein", TEST)
    enquiry.save_finding(here, "Le parking décide", "", [note.pk], TEST, led_to="Un essai")
    for _n in range(6):
        factories.agent(world.territory, organisation=world.agent.organisation, home_commune=world.marly.commune)
    two = [factories.commune(world.territory) for _n in range(2)]
    for commune in two:
        factories.site(world.territory, desks=1, commune=commune)
    draft = designing.Draft(
        title="Ouvrir par étapes", question="Moins de kilomètres en voiture ?", outcome="car_km", threshold=7.5,
        baseline_from=today - dt.timedelta(weeks=8), starts_on=today + dt.timedelta(weeks=1),
        ends_on=today + dt.timedelta(weeks=20), stopping_rules="Trop de refus.", steps=2,
        communes=tuple(commune.pk for commune in two),
        hypotheses=(designing.Expected("Le trajet est plus court.", "travel_minutes", "decrease"),),
        cohort=designing.CohortPlan("Tirage", "drawn", size=6, strata=("organisation",)),
    )  # fmt: skip
    designing.create_trial(here, dataclasses.replace(draft, title="Brouillon", outcome=""), TEST)
    trial = designing.freeze(here, designing.create_trial(here, draft, TEST).pk, TEST, seed=42)
    cohorts.draw_order(here, trial.pk, TEST)
    cohorts.make_cohort(here, trial.cohorts.get().pk, TEST)
    opening.open_steps(here, trial.pk, TEST)
    amending.amend(here, trial.pk, "threshold", 9.0, "Le coût a monté.", TEST)
    cost = RunningCost.objects.create(trial=trial, day=today, kind="staff", label="Accueil", euros=120)
    counts = (
        ("equity", "", 9, 20, False),
        ("equity", "distance:near", 5, 10, False),
        ("equity", "telework:no", 2, 6, True),
    )
    for code, part, came, people, is_hidden in (
        *counts,
        ("participation", f"commune:{world.marly.commune_id}", 9, 20, False),
    ):
        KeptFigure.objects.create(
            territory_id=here, trial=trial, code=code, version=1, part=part, first_day=trial.starts_on, last_day=trial.ends_on,
            value=100 * came / people, numerator=came, denominator=people, low=20.0, high=60.0, people=people,
            is_hidden=is_hidden, data_digest="0" * 64, computed_at=at(TUESDAY, "5"),
        )  # fmt: skip
    # A month that is over, of which the mobility plan tells something.
    october = at(dt.date(2026, 10, 6), "9")
    for _n in range(5):
        Booking.objects.create(
            territory=world.territory, site=world.marly, kind="desk", resource=world.marly.resources.filter(kind="desk").first(),
            agent=factories.agent(world.territory), booked_by=world.agent, start=october, end=october + dt.timedelta(hours=1),
            held=DateTimeTZRange(october, october + dt.timedelta(hours=1), "[)"), state="completed",
            created_at=october, checked_in_at=october, ended_at=october + dt.timedelta(hours=1),
        )  # fmt: skip
        october += dt.timedelta(hours=1)
    return {"note": note.reference, "trial": trial.slug, "questionnaire": written_questionnaire(here), "cost": cost.pk}


def _sheet(world: World) -> None:
    """A welcome sheet of two versions, with a photo and a door."""
    out = io.BytesIO()
    Image.new("RGB", (640, 480), "#c9b7a4").save(out, "JPEG")
    photo = sheets.add_photo(world.territory.pk, world.marly.pk, out.getvalue())
    texts = {"bike": "Dans la cour.", "door": "Porte de gauche.", "code": "24B7", "wifi": "Réseau Accueil."}
    sheets.write(world.territory.pk, world.marly.pk, Content(texts), 0, TEST)
    shown = Content({**texts, "lunch": "Une salle au premier."}, (Photo(photo.pk, "La façade"),))
    sheets.write(world.territory.pk, world.marly.pk, shown, 1, TEST)


def _charter(world: World) -> None:
    """A charter in force, the draft of the next, and a car that waits for a manager."""
    versions.begin(world.territory.pk, TEST)
    versions.publish(world.territory.pk, TEST)
    versions.begin(world.territory.pk, TEST)
    car = Booking.objects.filter(kind="car", state="confirmed").get()
    Booking.objects.filter(pk=car.pk).update(state="requested", awaits_manager=True, answer_by=car.start)
    said = [{"code": "trajet-court", "sentence": "À moins de 3 km, on va à pied ou à vélo."}]
    ApprovalAsked.objects.create(booking=car, territory=world.territory, said=said, asked_at=at(TUESDAY, "5"))


def _fleet(world: World) -> None:
    """A car that is late, one that is out of service, a lost key, a case, a paper that ends, a bike to come."""
    made: list[Resource] = []
    for kind, name in (("car", "Zoé 1"), ("car", "Clio 2"), ("bike", "Vélo 3"), ("transport_card", "Carte 4")):
        unit = Resource.objects.create(territory=world.territory, site=world.marly, kind=kind, name=name, seats=5)
        made.append(unit)
        if kind != "transport_card":
            Vehicle.objects.create(
                resource=unit, territory=world.territory, energy="electric", charge_percent=64, inspected_until=TUESDAY
            )
    Resource.objects.filter(pk=made[1].pk).update(is_active=False)
    hours = (("6", "7", "completed"), ("7:15", "8", "in_use"), ("14", "16", "confirmed"), ("17", "18", "no_show"))
    for start, end, state in hours:
        begins, ends = at(TUESDAY, start), at(TUESDAY, end)
        booking = Booking.objects.create(
            territory=world.territory, site=world.marly, kind="car", resource=made[0], agent=world.agent,
            booked_by=world.agent, start=begins, end=ends, held=DateTimeTZRange(begins, ends, "[)"), state=state,
            created_at=at(TUESDAY, "5"), checked_in_at=begins if state in ("completed", "in_use") else None,
            ended_at=ends if state in ("completed", "no_show") else None,
        )  # fmt: skip
        Trip.objects.create(
            booking=booking, territory=world.territory, destination="Gare", lat=49.07, lon=6.154, km=1.5
        )
    everything = {"resource": made[0], "territory": world.territory}
    Damage.objects.create(**everything, booking=booking, reported_at=at(TUESDAY, "7"), severity="unfit", note="freins")
    Cost.objects.create(**everything, day=TUESDAY, category="energy", amount=41)
    Reading.objects.create(
        booking=booking, resource=made[0], moment="taken", at=at(TUESDAY, "7"), odometer_km=12_000, is_doubtful=True
    )
    box = Box.objects.create(
        territory=world.territory, site=world.marly, name="Hall", adapter="rest", enrolled_at=at(TUESDAY, "5")
    )
    key = install_key(made[1], box, 1, TEST)
    declare_lost(key, TEST)
    open_case(box, "out-twice", 5, made[0].pk, [booking])


def _loan(world: World) -> str:
    """A bike that the agent has taken from a mechanical box, and a second one whose code is shown. Its reference."""
    box = Box.objects.create(
        territory=world.territory,
        site=world.marly,
        name="Cour",
        place="mur du fond",
        adapter="manual",
        mechanical_code="4711",
    )
    RuleSet.objects.create(territory=world.territory, kind="transport_card", is_round_the_clock=True)
    bookings = []
    for slot, start in ((1, "8:30"), (2, "8:35")):
        card = Resource.objects.create(
            territory=world.territory, site=world.marly, kind="transport_card", name=f"Carte n° {slot}"
        )
        install_key(card, box, slot, TEST)
        wish = Ask("transport_card", world.marly.pk, at(TUESDAY, start), at(TUESDAY, "11"), resource_id=card.pk)
        booking = service.book(world.agent, wish, Author(world.agent, Event.Origin.WEB))
        prepare(booking, TEST)
        bookings.append(booking)
    declare_taken(bookings[0], Author(world.agent, Event.Origin.WEB))
    return bookings[0].reference


def _plan(world: World) -> DayPlan:
    """A day of next week with a meeting, proposed and not yet booked."""
    day = TUESDAY + dt.timedelta(days=7)
    gare = Appointment(Place("Gare", Point(49.11, 6.177)), at(day, "10"), at(day, "11"))
    home = Place("chez vous (Marly)", Point(49.06, 6.154), "home")
    traveller = Traveller(has_car=True, has_licence=True)
    return propose(world.agent, Asked(day, (at(day, "9"), at(day, "17")), (gare,), home=home, traveller=traveller))


@pytest.mark.parametrize(
    ("who", "paths"),
    [
        pytest.param("agent@metz.example", AGENT_PAGES, id="agent"),
        pytest.param("host@marly.example", HOST_PAGES, id="host"),
        pytest.param("manager@metz.example", MANAGER_PAGES, id="manager"),
        pytest.param("fleet@metz.example", FLEET_PAGES, id="fleet manager"),
        pytest.param("lab@metz.example", LAB_PAGES, id="lab"),
        pytest.param("admin@metz.example", ADMIN_PAGES, id="administrator"),
    ],
)
def test_every_page_of_a_role_is_accessible(
    as_persona: SignIn, world: World, lively: Booking, live_server: LiveServer, who: str, paths: list[str]
) -> None:
    page = as_persona(who)
    car, loan = Resource.objects.get(name="Zoé 1").pk, _loan(world)
    plan = _plan(world)
    named: dict[str, object] = {
        "plan": plan.reference,
        "reference": lively.reference,
        "code": world.marly.check_in_code,
        "car": car,
        "loan": loan,
    }
    named |= _met(world, lively)
    named |= _tried(world)
    filled = [p.format(**named) for p in paths]
    assert walk(page, filled, live_server) == []


def test_every_page_before_signing_in_is_accessible(page: Page, world: World, live_server: LiveServer) -> None:
    assert walk(page, [live_server.url + path for path in SIGNED_OUT_PAGES], live_server) == []
