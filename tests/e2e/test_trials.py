"""The whole way of a trial: designed, frozen, drawn, opened, answered on a phone, read, decided and printed."""

from __future__ import annotations

import datetime as dt

import numpy as np
import time_machine
from playwright.sync_api import Page, expect

from bureaux_volants.territory.models import Agent, Commune
from bureaux_volants.trials import readings
from bureaux_volants.trials.models import CohortMember, DiaryDay, Draw, Invitation, Trial, Wave
from bureaux_volants.trials.surveys import waves
from bureaux_volants.trials.surveys.pseudonyms import pseudonym
from tests import factories
from tests.factories import TUESDAY, at

from .conftest import SignIn, World
from .test_every_page import faults_of

LAB, AGENT = "lab@metz.example", "agent@metz.example"
NAMES = ("Augny", "Cuvry", "Fey", "Jury", "Peltre", "Vany")
#: Mondays: measured from, opened from; the Sunday after which nothing is measured.
FROM = TUESDAY + dt.timedelta(days=6)
OPENS = FROM + dt.timedelta(weeks=5)
UNTIL = FROM + dt.timedelta(weeks=12, days=-1)
EFFECT = -20.0
BASE = "/labo/essais/ouvrir-six-mairies/"


def six_communes(world: World) -> list[Commune]:
    """Each with a mairie that lends desks and six people; the persona lives in the first."""
    made = [
        factories.commune(world.territory, name=name, lat=49.0 + n / 25, lon=6.1 + n / 50)
        for n, name in enumerate(NAMES)
    ]
    for commune in made:
        factories.site(
            world.territory,
            desks=2,
            name=f"Mairie de {commune.name}",
            commune=commune,
            lat=commune.lat,
            lon=commune.lon,
        )
        for _ in range(6):
            factories.agent(world.territory, organisation=world.agent.organisation, home_commune=commune)
    Agent.objects.filter(pk=world.agent.pk).update(home_commune=made[0])
    return made


def fine(page: Page, what: str) -> None:
    assert faults_of(page, what) == []


def design(page: Page) -> None:
    page.goto("/labo/")
    page.get_by_role("link", name="Préparer un essai").click()
    page.get_by_label("Titre").fill("Ouvrir six mairies")
    page.get_by_label("La question").fill(
        "Des bureaux en mairie réduisent-ils la voiture d'au moins 10 km par semaine ?"
    )
    page.get_by_label("Critère principal, un seul").select_option("car_km")
    page.get_by_label("Sens attendu").select_option("decrease")
    page.get_by_label("Seuil", exact=False).first.fill("10")
    page.get_by_label("Règles d'arrêt").fill("Trois communes se retirent.")
    page.get_by_label("Hypothèse 1").fill("Le temps de déplacement baisse aussi.")
    page.get_by_role("group", name="Plan de l'essai").get_by_label("étapes", exact=False).check()
    page.get_by_label("Mesures de référence à partir du").fill(FROM.isoformat())
    page.get_by_label("Première ouverture").fill(OPENS.isoformat())
    page.get_by_label("Dernier jour mesuré (compris)").fill(UNTIL.isoformat())
    page.get_by_label("Étapes", exact=True).fill("3")
    page.get_by_label("Semaines entre deux étapes").fill("2")
    for name in NAMES:
        page.get_by_role("group", name="Communes").first.get_by_label(name).check()
    page.get_by_role("group", name="Qui participe").get_by_label("tirage au sort").check()
    # As many as there are: the person whose phone is looked at is among them.
    page.get_by_label("Effectif à tirer").fill(str(Agent.objects.count()))
    page.get_by_role("button", name="Enregistrer le brouillon").click()


def others_fill_their_diaries(trial: Trial, wave: Wave) -> None:
    """Every member but the persona, every week: a car ride a day, fewer kilometres once their commune is open."""
    rng = np.random.default_rng(3)
    members = CohortMember.objects.filter(cohort__trial=trial).exclude(commune=None).select_related("agent")
    opens = dict(trial.clusters.values_list("commune_id", "opens_on"))
    weeks = (UNTIL + dt.timedelta(days=1) - FROM).days // 7
    rows = []
    for member in members:
        name = pseudonym(trial.pk, member.agent_id)
        level = rng.normal(110, 15)
        for week in range(weeks):
            monday = FROM + dt.timedelta(weeks=week)
            km = level + rng.normal(0, 6) + (EFFECT if monday >= opens[member.commune_id] else 0)
            trip = {"mode": "car", "purpose": "commute", "km": round(km / 5, 1), "minutes": 30}
            rows += [
                DiaryDay(
                    wave=wave,
                    pseudonym=name,
                    day=monday + dt.timedelta(days=n),
                    trips=[trip] if n < 5 else [],
                )
                for n in range(7)
                if not (member.agent.email == AGENT and monday == FROM and n == 0)
            ]
    DiaryDay.objects.bulk_create(rows)


def test_from_the_design_to_the_printed_report(
    as_persona: SignIn, world: World, morning: time_machine.Coordinates
) -> None:
    six_communes(world)
    lab = as_persona(LAB)
    design(lab)
    fine(lab, "the draft")
    lab.get_by_text("Figer et commencer").click()
    lab.get_by_role("button", name="Figer pour de bon").click()
    expect(lab.get_by_role("main")).to_contain_text("L’empreinte correspond au texte.")
    fine(lab, "the frozen protocol")

    lab.goto(f"{BASE}participants/")
    lab.get_by_text("Tirer l’ordre d’ouverture").click()
    fine(lab, "before the order is drawn")
    lab.get_by_role("button", name="Tirer l’ordre").click()
    lab.get_by_text("Tirer la cohorte").click()
    lab.get_by_role("button", name="Choisir et prévenir").click()
    lab.get_by_role("button", name="Ouvrir les étapes").click()
    expect(lab.get_by_role("main")).to_contain_text("Étape 3")
    fine(lab, "who takes part")
    trial = Trial.objects.get()
    assert Draw.objects.count() == 2
    assert CohortMember.objects.count() == Agent.objects.count()

    lab.goto(f"{BASE}questionnaires/")
    lab.get_by_label("Questionnaire").select_option(label="Carnet de déplacements")
    lab.get_by_label("Du", exact=True).fill(FROM.isoformat())
    lab.get_by_label("Au (compris)").fill(UNTIL.isoformat())
    lab.locator("main form button.button").first.click()
    expect(lab.get_by_role("main")).to_contain_text("La vague est prête")
    fine(lab, "the wave")

    # On the Monday, the invitation comes, and a day is told on a phone.
    morning.move_to(at(FROM, "18"))
    waves.follow()
    assert Invitation.objects.get(agent=world.agent).sent_at is not None
    phone = as_persona(AGENT)
    phone.goto("/enquetes/")
    phone.get_by_role("link", name="Remplir le carnet").click()
    phone.get_by_role("radio", name="Voiture").first.check()
    phone.locator("#purpose-1").select_option("commute")
    phone.get_by_label("Aller et retour").first.uncheck()
    phone.locator("#km-1").fill("21,5")
    phone.get_by_role("button", name="Enregistrer ce jour").click()
    expect(phone.get_by_role("main")).to_contain_text("enregistré")
    assert DiaryDay.objects.get().trips[0]["km"] == 21.5
    fine(phone, "a day of the diary")

    # Weeks go by; the night's work reads them.
    others_fill_their_diaries(trial, Wave.objects.get())
    morning.move_to(at(UNTIL - dt.timedelta(days=1), "9"))
    assert readings.read_running() == 1
    lab.context.clear_cookies()
    lab = as_persona(LAB)
    lab.goto(BASE)
    expect(lab.get_by_role("main")).to_contain_text("Provisoire")
    expect(lab.locator("svg").first).to_be_visible()
    fine(lab, "the trial as it stands")
    main = trial.readings.get().figures["main"]
    # The order is drawn anew each time: far enough from nothing and from twice as much, whatever comes out.
    assert 1.7 * EFFECT < main["value"] < 0.3 * EFFECT
    assert main["low"] < main["value"] < main["high"]

    # The end, the decision, the report.
    morning.move_to(at(UNTIL + dt.timedelta(days=2), "9"))
    lab = as_persona(LAB)
    lab.goto(f"{BASE}protocole/")
    lab.get_by_label("Motif").fill("Terme atteint.")
    lab.get_by_role("button", name="Terminer").click()
    lab.goto(BASE)
    lab.get_by_role("button", name="Recalculer").click()
    expect(lab.get_by_role("main")).not_to_contain_text("Provisoire")
    lab.goto(f"{BASE}rapport/")
    expect(lab.get_by_role("main")).to_contain_text("Décision demandée")
    fine(lab, "the report")
    answered = lab.request.get(f"{BASE}rapport.pdf")
    assert answered.status == 200
    assert answered.body().startswith(b"%PDF-")
    on_paper = lab.pdf(format="A4")
    assert on_paper.count(b"/Type /Page\n") >= 1
