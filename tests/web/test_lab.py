"""The lab through its pages: from a note to a trial that runs, for whoever evaluates the whole territory, and nobody else."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, replace
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from bureaux_volants.territory.models import Agent, Grant
from bureaux_volants.trials import cohorts, designing, enquiry
from bureaux_volants.trials.models import Cohort, CohortMember, FieldNote, Finding, NotePhoto, Trial
from bureaux_volants.trials.readings import make_reading
from bureaux_volants.web.lab.people import shown_counts
from tests import factories
from tests.factories import NOW, TEST
from tests.trials.test_enquiry import SAID
from tests.trials.words import STARTS, Field, field

from .conftest import World


@dataclass
class Lab:
    field: Field
    who: Agent
    client: Client

    def page(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, path
        return answer.content.decode()

    def send(self, path: str, follow: bool = True, **data: Any) -> str:
        return self.client.post(path, data, follow=follow).content.decode()


@pytest.fixture
def lab(world: World) -> Lab:
    there = field()
    who = factories.agent(there.territory)
    factories.grant(who, Grant.Role.LAB)
    return Lab(there, who, world.signed_in(who))


def design(lab: Lab, **fields: Any) -> dict[str, Any]:
    return {
        "title": "Ouvrir par étapes",
        "question": "Moins de kilomètres en voiture ?",
        "outcome": "car_km",
        "direction": "decrease",
        "threshold": "7,5",
        "stopping_rules": "Plus de trois refus par semaine.",
        "text_1": "Le temps de trajet baisse aussi.",
        "design": "stepped_wedge",
        "baseline_from": "2026-10-05",
        "starts_on": STARTS.isoformat(),
        "ends_on": "2027-03-28",
        "steps": "2",
        "step_weeks": "4",
        "communes": [str(c.pk) for c in lab.field.communes],
        "made_by": "drawn",
        "among": "everybody",
        "size": "8",
        **fields,
    }


PAGES = [
    "/labo/",
    "/labo/enquete/",
    "/labo/enquete/notes/nouvelle/",
    "/labo/enquete/constats/nouveau/",
    "/labo/enquete/constats.csv",
    "/labo/essai/nouveau/",
    "/labo/essais/ouvrir-par-etapes/protocole/",
    "/labo/essais/ouvrir-par-etapes/protocole/modifier/",
    "/labo/essais/ouvrir-par-etapes/participants/",
]


@pytest.mark.parametrize("path", PAGES)
def test_the_lab_is_for_whoever_evaluates_the_whole_territory(lab: Lab, world: World, path: str) -> None:
    lab.field.trial()
    lab.page(path)
    in_part = factories.agent(lab.field.territory)
    factories.grant(in_part, Grant.Role.LAB, over=factories.organisation(lab.field.territory))
    for who in (lab.field.people[0], in_part):
        assert world.signed_in(who).get(path).status_code == 404


@pytest.mark.parametrize("path", [p for p in PAGES if "ouvrir" in p])
def test_another_territorys_trial_is_not_found(lab: Lab, world: World, path: str) -> None:
    lab.field.trial()
    stranger = factories.agent(world.territory)
    factories.grant(stranger, Grant.Role.LAB)
    assert world.signed_in(stranger).get(path).status_code == 404


def test_another_territorys_notes_are_not_found(lab: Lab, world: World) -> None:
    note = enquiry.save_note(lab.field.territory.pk, SAID, TEST, now=NOW)
    stranger = factories.agent(world.territory)
    factories.grant(stranger, Grant.Role.LAB)
    client = world.signed_in(stranger)
    assert client.get(f"/labo/enquete/notes/{note.reference}/").status_code == 404
    assert client.post(f"/labo/enquete/notes/{note.reference}/supprimer/").status_code == 404
    assert "trois quarts d" not in client.get("/labo/enquete/").content.decode()
    assert FieldNote.objects.filter(pk=note.pk).exists()


def test_a_note_of_a_strange_name_is_not_found(lab: Lab) -> None:
    for name in ("%00", "A%00B", "x" * 300, "ABCDE-FGHJK"):
        lab.page(f"/labo/enquete/notes/{name}/", 404)


def test_the_tab_is_there_for_the_lab_only(lab: Lab, world: World) -> None:
    assert 'href="/labo/"' in lab.page("/")
    assert 'href="/labo/"' not in world.client.get("/").content.decode()


def test_from_the_draft_to_the_opening(lab: Lab, world: World) -> None:
    page = lab.send("/labo/essai/nouveau/", **design(lab))
    assert "Le brouillon est enregistré" in page
    assert "Figer et commencer" in page
    base = "/labo/essais/ouvrir-par-etapes/"
    assert "est figé" in lab.send(f"{base}protocole/figer/")
    trial = Trial.objects.get()
    assert (trial.threshold, trial.state) == (7.5, "running")
    page = lab.page(f"{base}protocole/")
    assert trial.frozen_digest in page
    assert "L’empreinte correspond au texte." in page
    assert "constituer la cohorte, avant" in lab.page(base)
    assert "ordre d&#x27;ouverture est tiré" in lab.send(f"{base}participants/ordre/")
    assert "La cohorte est constituée" in lab.send(f"{base}participants/cohorte/")
    assert "ouvrir les étapes, avant" in lab.page("/labo/")
    assert "2 étapes sont prêtes" in lab.send(f"{base}participants/ouvrir/")
    assert "ouverture d&#x27;une étape" in lab.page("/labo/")
    page = lab.page(f"{base}participants/")
    assert page.count("le tirage donne le même résultat") == 2
    assert "ne se tire pas deux fois" in lab.send(f"{base}participants/cohorte/")
    member = CohortMember.objects.select_related("agent", "commune").first()
    assert member is not None
    assert f"autour de {member.commune} à partir du" in world.signed_in(member.agent).get("/essais/").content.decode()


#: Where the seed is read once it says nothing any more; where the JSON of the protocol is escaped, too.
SEED = re.compile(r"(?i)(graine|seed)[^<>]{0,20}\b42\b|<code>42</code>|42:commune")
SAY_THE_SEED = ["", "rapport/", "protocole/", "protocole/fige.json", "participants/"]


def where_the_seed_is(lab: Lab, trial: Trial) -> list[str]:
    base = f"/labo/essais/{trial.slug}/"
    return [rest for rest in SAY_THE_SEED if SEED.search(lab.client.get(base + rest, follow=True).content.decode())]


def test_the_seed_is_told_once_every_draw_is_made(lab: Lab) -> None:
    trial = lab.field.frozen()
    here, cohort = trial.territory_id, trial.cohorts.get().pk
    make_reading(trial, now=NOW)
    assert where_the_seed_is(lab, trial) == []
    cohorts.draw_order(here, trial.pk, TEST, now=NOW)
    assert where_the_seed_is(lab, trial) == []
    cohorts.make_cohort(here, cohort, TEST, now=NOW)
    assert where_the_seed_is(lab, trial) == SAY_THE_SEED


@pytest.mark.parametrize(
    ("fields", "is_secret"),
    [
        ({"cohort": None}, True),
        ({"design": "before_after", "steps": 1}, True),
        ({"design": "before_after", "steps": 1, "cohort": None}, False),
    ],
)
def test_the_seed_waits_for_the_draws_of_the_protocol_alone(lab: Lab, fields: dict[str, Any], is_secret: bool) -> None:
    trial = lab.field.frozen(**fields)
    assert ("protocole/fige.json" in where_the_seed_is(lab, trial)) is not is_secret
    designing.end_trial(trial.territory_id, trial.pk, TEST, reason="Trop de refus", stopped=True)
    assert "protocole/fige.json" in where_the_seed_is(lab, trial)


def test_an_order_within_strata_is_chosen_on_the_form_and_shown_with_the_draw(lab: Lab) -> None:
    for n, commune in enumerate(lab.field.communes):
        commune.population = 1000 * (n + 1)
        commune.save()
    page = lab.send("/labo/essai/nouveau/", **design(lab, order_strata=["population"]))
    assert "Les moins peuplées\u00a0: Augny, Marly" in page
    assert "Les plus peuplées\u00a0: Metz, Woippy" in page
    base = "/labo/essais/ouvrir-par-etapes/"
    form = lab.page(f"{base}protocole/modifier/")
    assert re.search(r'name="order_strata" value="population"[^>]* checked', form)
    lab.send(f"{base}protocole/figer/")
    lab.send(f"{base}participants/ordre/")
    page = lab.page(f"{base}participants/")
    assert page.count("</span>les moins peuplées</span></th>") == 2
    assert "le tirage donne le même résultat" in page
    assert "4 communes" in page
    assert "Rien n’a changé sans amendement." in lab.page(f"{base}protocole/")


def test_only_a_stepped_wedge_keeps_strata(lab: Lab) -> None:
    lab.send("/labo/essai/nouveau/", **design(lab, design="before_after", steps="1", order_strata=["population"]))
    assert Trial.objects.get().order_strata == []


def test_what_is_wrong_is_said_on_the_form_and_nothing_is_lost(lab: Lab) -> None:
    page = lab.send("/labo/essai/nouveau/", **design(lab, threshold="-1", ends_on="2026-11-01"))
    assert "Le seuil est un nombre positif" in page
    assert "Les dates ne se suivent pas" in page
    assert "Moins de kilomètres en voiture ?" in page
    assert not Trial.objects.exists()


def test_a_long_form_that_comes_back_names_each_field_at_its_top(lab: Lab) -> None:
    page = lab.send("/labo/essai/nouveau/", **design(lab, title="", threshold="beaucoup"))
    top = page[page.index('role="alert"') :][:1500]
    assert '<a href="#id_title_error">Titre</a>\u00a0: Donnez un titre' in top
    assert '<a href="#id_threshold_error">Seuil</a>\u00a0: Le seuil est un nombre' in top
    assert page.count('id="id_title_error"') == 1
    assert "Ouvrir par étapes" not in page


def test_a_draft_that_is_not_ready_says_what_it_lacks(lab: Lab) -> None:
    page = lab.send("/labo/essai/nouveau/", **design(lab, outcome="", text_1=""))
    assert "Choisissez un critère principal" in page
    assert "Écrivez au moins une hypothèse" in page
    assert "Figer et commencer" not in page
    lab.send("/labo/essais/ouvrir-par-etapes/protocole/figer/")
    assert Trial.objects.get().state == "draft"
    lab.send("/labo/essais/ouvrir-par-etapes/protocole/modifier/", **design(lab))
    assert "Figer et commencer" in lab.page("/labo/essais/ouvrir-par-etapes/protocole/")


def test_an_amendment_is_shown_with_what_was_before(lab: Lab) -> None:
    lab.field.frozen()
    base = "/labo/essais/ouvrir-par-etapes/protocole/"
    page = lab.send(f"{base}amender/threshold/", value="12", reason="Le coût a monté")
    assert "Le coût a monté" in page
    assert "<td>10</td><td>12</td>" in page
    page = lab.send(f"{base}amender/ends_on/", value="2027-04-25", reason="Retard")
    assert "<td>dimanche 28 mars 2027</td><td>dimanche 25 avril 2027</td>" in page
    page = lab.send(f"{base}amender/outcome/", value="travel_minutes", reason="Plus juste")
    assert "<td>temps de déplacement</td>" in page
    assert "Dites pourquoi" in lab.send(f"{base}amender/threshold/", value="13", reason="")
    lab.page(f"{base}amender/seed/", 404)
    assert "figé" in lab.client.get(f"{base}modifier/", follow=True).content.decode()


@pytest.mark.parametrize(
    ("what", "value", "said"),
    [
        ("starts_on", "9999-12-31", "de 2000 à 2099"),
        ("ends_on", "9999-12-31", "de 2000 à 2099"),
        ("threshold", "1e308", "un milliard au plus"),
    ],
)
def test_a_value_that_nothing_could_be_counted_with_is_refused_beside_its_field(
    lab: Lab, what: str, value: str, said: str
) -> None:
    trial = lab.field.frozen()
    answers = [
        lab.client.post(
            f"/labo/essais/{trial.slug}/protocole/amender/{what}/", {"value": value, "reason": "Parce que"}
        ),
        lab.client.post("/labo/essai/nouveau/", design(lab, **{what: value})),
    ]
    for answer, field_id in zip(answers, ("id_value_error", f"id_{what}_error"), strict=True):
        assert answer.status_code == 422
        page = answer.content.decode()
        assert said in page
        assert f'id="{field_id}"' in page
    assert not trial.amendments.exists()
    assert Trial.objects.count() == 1


def test_a_trial_is_stopped_with_a_reason(lab: Lab) -> None:
    lab.field.frozen()
    path = "/labo/essais/ouvrir-par-etapes/protocole/terminer/"
    assert "Dites pourquoi" in lab.send(path, reason="")
    assert "Trop de refus" in lab.send(path, reason="Trop de refus")
    assert Trial.objects.get().state == "stopped"


def test_a_commune_withdraws_through_the_page(lab: Lab) -> None:
    lab.field.opened()
    marly = lab.field.communes[1]
    path = "/labo/essais/ouvrir-par-etapes/participants/retrait/"
    assert "Dites pourquoi" in lab.send(path, commune=marly.pk, day="2026-12-10", reason="")
    page = lab.send(path, commune=marly.pk, day="2026-12-10", reason="Travaux")
    assert "Le retrait est enregistré" in page
    assert "retirée le" in page


def test_an_agent_comes_forward_thinks_again_and_leaves(lab: Lab, world: World) -> None:
    plan = lab.field.draft().cohort
    assert plan is not None
    willing = lab.field.people[0]
    trial = lab.field.frozen(cohort=replace(plan, made_by=Cohort.MadeBy.VOLUNTEERING, size=None))
    cohort, client = trial.cohorts.get(), world.signed_in(willing)
    assert "Je veux participer" in client.get("/essais/").content.decode()
    said = client.post(f"/essais/{cohort.pk}/volontaire/", follow=True).content.decode()
    assert "Vous êtes volontaire" in said
    client.post(f"/essais/{cohort.pk}/ne-plus/")
    assert not cohort.volunteers.exists()
    client.post(f"/essais/{cohort.pk}/volontaire/")
    lab.send("/labo/essais/ouvrir-par-etapes/participants/cohorte/")
    mine = client.get("/preferences/mes-donnees.json").json()["trials"]
    assert mine["taking_part"][0]["trial"] == trial.title
    client.post(f"/essais/{trial.pk}/quitter/")
    assert "Vous avez quitté cet essai" in client.get("/essais/").content.decode()
    stranger = world.client
    assert stranger.post(f"/essais/{cohort.pk}/volontaire/").status_code == 404
    assert stranger.post(f"/essais/{trial.pk}/quitter/").status_code == 404


def test_a_note_its_photo_and_its_finding(lab: Lab) -> None:
    sent = {
        "kind": "observation",
        "day": "2026-11-12",
        "who": "deux secrétaires de mairie",
        "text": "Le parking est plein à neuf heures.",
        "consent": "not_needed",
        "tags": "accueil, voiture",
        "verbatims": "On se gare où on peut.",
    }
    assert "La note est enregistrée" in lab.send("/labo/enquete/notes/nouvelle/", **sent)
    note = FieldNote.objects.get()
    path = f"/labo/enquete/notes/{note.reference}/"
    page = lab.send(path, **{**sent, "text": "Appeler au 06 12 34 56 78."})
    assert "retirez le numéro «\u00a006 12 34 56 78\u00a0»" in page
    assert "Appeler au 06 12 34 56 78." in page
    note.refresh_from_db()
    assert "parking" in note.text
    picture = io.BytesIO()
    Image.new("RGB", (40, 30)).save(picture, "PNG")
    picture.seek(0)
    picture.name = "vue.png"
    assert "Dites ce qu’on voit" in lab.send(f"{path}photos/", picture=picture, alt="").replace("&#x27;", "’")
    picture.seek(0)
    lab.send(f"{path}photos/", picture=picture, alt="Le parking plein")
    photo = NotePhoto.objects.get()
    assert lab.client.get(f"{path}photos/{photo.pk}/").status_code == 200
    lab.send(f"{path}photos/{photo.pk}/supprimer/")
    assert not NotePhoto.objects.exists()
    sent_finding = {"title": "Le parking décide", "notes": [note.pk], "led_to": "Un essai"}
    assert "Le parking décide" in lab.send("/labo/enquete/constats/nouveau/", **sent_finding)
    assert "On se gare où on peut." in lab.client.get("/labo/enquete/constats.csv").content.decode()
    assert "parking est plein" in lab.page("/labo/enquete/?etiquette=voiture")
    finding = Finding.objects.get()
    lab.send(f"/labo/enquete/constats/{finding.pk}/supprimer/")
    assert not Finding.objects.exists()
    lab.send(f"{path}supprimer/")
    assert not FieldNote.objects.exists()


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ({"a": 9, "b": 6}, [("a", 9), ("b", 6)]),
        # 3 alone would be found by subtraction: the next smallest goes with it.
        ({"a": 9, "b": 6, "c": 3}, [("a", 9), ("autres, ensemble", 9)]),
        ({"a": 9, "c": 3, "d": 4}, [("a", 9), ("autres, ensemble", 7)]),
        ({"a": 3}, []),
    ],
)
def test_groups_under_five_are_neither_shown_nor_found_by_subtraction(
    counts: dict[str, int], shown: list[tuple[str, int]]
) -> None:
    assert shown_counts([name for name, n in counts.items() for _one in range(n)]) == shown


def test_the_home_says_what_each_trial_waits_for(lab: Lab) -> None:
    lab.field.trial()
    assert "figer le protocole" in lab.page("/labo/")
    Trial.objects.all().delete()
    lab.field.opened()
    assert "ouverture d&#x27;une étape" in lab.page("/labo/")
