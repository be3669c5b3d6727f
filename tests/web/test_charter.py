"""The charter's pages: read and accepted, written, tried, published; asked of who takes a car; a manager's answer."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from bureaux_volants.booking.models import Booking, Kind, RuleSet
from bureaux_volants.booking.states import State
from bureaux_volants.charter import versions
from bureaux_volants.charter.defaults import RULES
from bureaux_volants.charter.models import Acceptance, CharterVersion, GivenReason
from bureaux_volants.charter.rules import Effect, Rule, written
from bureaux_volants.fleet.models import Policy
from bureaux_volants.territory.models import Agent, Grant
from bureaux_volants.travel.journeys import Way
from tests import factories
from tests.factories import TEST
from tests.web.conftest import World
from tests.web.test_take import asked, drives, vehicle


@pytest.fixture
def admin(world: World) -> Agent:
    who = factories.agent(world.territory)
    factories.grant(who, Grant.Role.ADMINISTRATOR)
    return who


def in_force(world: World, *rules: Rule) -> CharterVersion:
    draft = versions.begin(world.territory.pk, TEST)
    draft.rules = [written(r) for r in rules or RULES]
    draft.save()
    return versions.publish(world.territory.pk, TEST)


def text(world: World, name: str, *args: object, who: Agent | None = None) -> str:
    client = world.signed_in(who) if who else world.client
    return client.get(reverse(name, args=args)).content.decode()


def test_an_agent_reads_and_accepts_the_version_in_force_then_the_next(world: World) -> None:
    assert "pas encore publié" in text(world, "charter")
    assert "attend votre lecture" not in text(world, "day")
    in_force(world)
    assert "attend votre lecture" in text(world, "day")
    page = text(world, "charter")
    assert "À moins de 3 km" in page
    assert "moins de 3 km\u00a0; rien à transporter" in page
    done = world.client.post(reverse("charter_accept"), {"version": "1"}, follow=True).content.decode()
    assert "Vous avez accepté cette version" in done
    assert "attend votre lecture" not in text(world, "day")
    in_force(world, RULES[0])
    assert "La charte a changé depuis" in text(world, "charter")
    old = world.client.post(reverse("charter_accept"), {"version": "1"}, follow=True).content.decode()
    assert "vient de changer" in old
    assert Acceptance.objects.count() == 1
    for bad in ("x", "", "9" * 40):
        assert world.client.post(reverse("charter_accept"), {"version": bad}).status_code in (302, 404)


def test_a_car_refused_for_the_charter_leads_to_it(world: World) -> None:
    RuleSet.objects.create(territory=world.territory, kind=Kind.CAR, is_round_the_clock=True)
    vehicle(world, Kind.CAR, "Clio")
    drives(world.agent)
    Policy.objects.create(territory=world.territory, cars_need_charter=True)
    in_force(world, Rule("loin", Effect.ADVISE, "C'est loin.", km_from=400))
    page = world.client.get(reverse("take"), asked()).content.decode()
    assert f'<a href="{reverse("charter")}">Lire et accepter la charte</a>' in page
    world.client.post(reverse("charter_accept"), {"version": "1"})
    assert "Lire et accepter" not in world.client.get(reverse("take"), asked()).content.decode()


RULE = {"code": "nuit", "effect": "advise", "sentence": "La nuit, on rentre ensemble.", "ways": ["own_car"]}


def test_an_administrator_writes_tries_and_publishes_a_version(world: World, admin: Agent) -> None:
    client = world.signed_in(admin)
    assert client.get(reverse("charter_draft")).status_code == 404
    client.post(reverse("charter_begin"))
    assert "5 règles" in client.get(reverse("charter_draft")).content.decode()
    client.post(reverse("charter_draft"), {"text": "Nous marchons d'abord."})
    hours = {"hour_from": "22h", "hour_until": "5:30"}
    assert client.post(reverse("charter_rule_add"), {**RULE, **hours}).status_code == 302
    page = client.get(reverse("charter_draft")).content.decode()
    assert "départ entre 22\u00a0h et 5\u00a0h\u00a030" in page
    form = client.get(reverse("charter_rule", args=["nuit"])).content.decode()
    assert 'value="22:00"' in form
    changed = client.post(reverse("charter_rule", args=["nuit"]), {**RULE, "code": "soir", "km_under": "2,5"})
    assert changed.status_code == 302
    client.post(reverse("charter_rule_remove", args=["grouper"]))
    assert "Aucun trajet connu" in client.get(reverse("charter_try")).content.decode()
    told = client.post(reverse("charter_publish"), follow=True).content.decode()
    assert "La version 1 est en vigueur" in told
    version = CharterVersion.objects.get(number=1)
    assert version.text == "Nous marchons d'abord."
    assert [r.code for r in version.read_rules()][-1] == "soir"
    assert "Nous marchons" in client.get(reverse("charter_version", args=[1])).content.decode()


def test_a_rule_that_cannot_be_is_told_field_by_field_and_nothing_typed_is_lost(world: World, admin: Agent) -> None:
    client = world.signed_in(admin)
    client.post(reverse("charter_begin"))
    bad = {**RULE, "km_under": "trois", "effect": "refuse", "hour_from": "9:00", "hour_until": "10:00"}
    answer = client.post(reverse("charter_rule_add"), bad)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "de 0,1 à 500" in page
    assert 'value="trois"' in page
    assert "La nuit, on rentre ensemble." in page
    taken = client.post(reverse("charter_rule_add"), {**RULE, "code": "partager"})
    assert taken.status_code == 422
    assert "déjà celui d&#x27;une autre règle" in taken.content.decode()
    draft = versions.draft_of(world.territory.pk)
    assert draft is not None
    assert draft.read_rules() == RULES
    assert client.post(reverse("charter_draft"), {"text": " "}).status_code == 422


def test_the_draft_is_tried_against_the_trips_of_the_last_month(world: World, admin: Agent) -> None:
    _pool(world)
    made = {**asked(), "kind": "car"}
    assert world.client.post(reverse("take_book"), made).status_code == 302
    Booking.objects.update(
        start=factories.NOW - dt.timedelta(days=3),
        end=factories.NOW - dt.timedelta(days=3, hours=-2),
        state="completed",
    )
    client = world.signed_in(admin)
    client.post(reverse("charter_begin"))
    page = client.get(reverse("charter_try")).content.decode()
    assert "1 trajet des 30 derniers jours" in page
    assert "Cette règle aurait concerné <strong>1 trajet</strong> sur 1." in page  # electric first: a petrol car
    assert "Cette règle aurait concerné <strong>0 trajet</strong> sur 1." in page


def test_nobody_else_writes_the_charter(world: World) -> None:
    partly = factories.agent(world.territory)
    factories.grant(partly, Grant.Role.ADMINISTRATOR, over=world.mairie)
    for who in (world.agent, partly):
        client = world.signed_in(who)
        for name in ("charter_versions", "charter_draft", "charter_rule_add", "charter_try"):
            assert client.get(reverse(name)).status_code == 404
        for name in ("charter_begin", "charter_publish", "charter_drop"):
            assert client.post(reverse(name)).status_code == 404
    assert not CharterVersion.objects.exists()


def _pool(world: World) -> None:
    for kind in (Kind.CAR, Kind.BIKE):
        RuleSet.objects.create(territory=world.territory, kind=kind, is_round_the_clock=True)
    vehicle(world, Kind.CAR, "Clio")
    drives(world.agent)


CAR = (Way.POOL_CAR,)


def test_taking_a_car_shows_what_the_charter_says_and_asks_why(world: World) -> None:
    _pool(world)
    in_force(
        world,
        Rule("conseil", Effect.ADVISE, "Pensez au vélo.", ways=CAR),
        Rule("motif", Effect.REASON, "Dites pourquoi.", ways=CAR),
    )
    page = world.client.get(reverse("take"), asked()).content.decode()
    assert "Pensez au vélo." in page
    assert 'name="reason"' in page
    bare = world.client.post(reverse("take_book"), {**asked(), "kind": "car"}, follow=True).content.decode()
    assert "La charte demande un motif" in bare
    assert not Booking.objects.exists()
    world.client.post(reverse("take_book"), {**asked(), "kind": "car", "reason": "six cartons"})
    booking = Booking.objects.get()
    assert booking.state == State.CONFIRMED
    assert "six cartons" in text(world, "booking", booking.reference)
    mine = world.client.get(reverse("my_data")).json()
    assert mine["charter"]["reasons"][0]["text"] == "six cartons"
    assert GivenReason.objects.get().reference == booking.reference


def test_taking_a_car_that_the_charter_refuses_is_refused_with_its_sentence(world: World) -> None:
    _pool(world)
    in_force(world, Rule("jamais", Effect.REFUSE, "Pas en voiture.", ways=CAR))
    page = world.client.get(reverse("take"), asked()).content.decode()
    assert "Pas en voiture." in page
    assert "Pas possible" in page
    for name in ("take_book", "take_wait"):
        told = world.client.post(reverse(name), {**asked(), "kind": "car"}, follow=True).content.decode()
        assert "Pas en voiture." in told
    assert not Booking.objects.exists()


def test_a_manager_answers_on_my_team_what_the_charter_makes_wait(world: World) -> None:
    _pool(world)
    in_force(world, Rule("accord", Effect.APPROVAL, "Votre encadrement décide.", ways=CAR))
    boss, stranger = factories.agent(world.territory), factories.agent(world.territory)
    factories.grant(boss, Grant.Role.MANAGER, over=world.agent.organisation)
    factories.grant(stranger, Grant.Role.MANAGER, over=factories.organisation(world.territory))
    page = world.client.post(reverse("take_book"), {**asked(), "kind": "car"}, follow=True).content.decode()
    assert "votre encadrement est prévenu" in page
    booking = Booking.objects.get()
    assert "de votre encadrement, au plus tard" in text(world, "booking", booking.reference)
    assert "Votre encadrement décide." in text(world, "team", who=boss)
    assert "Votre encadrement décide." not in text(world, "team", who=stranger)
    yes = reverse("team_answer", args=[booking.reference, "accorder"])
    assert world.signed_in(stranger).post(yes).status_code == 404
    assert world.client.post(yes).status_code == 404
    assert world.signed_in(boss).post(reverse("team_answer", args=[booking.reference, "peut-etre"])).status_code == 404
    told = world.signed_in(boss).post(yes, follow=True).content.decode()
    assert "accordé, et dit à" in told
    assert Booking.objects.get().state == State.CONFIRMED
    late = world.signed_in(boss).post(reverse("team_answer", args=[booking.reference, "refuser"]))
    assert late.status_code == 404


def test_a_manager_may_refuse_and_nobody_agrees_to_their_own(world: World) -> None:
    _pool(world)
    in_force(world, Rule("accord", Effect.APPROVAL, "Votre encadrement décide.", ways=CAR))
    factories.grant(world.agent, Grant.Role.MANAGER, over=world.agent.organisation)
    factories.grant(world.other, Grant.Role.MANAGER, over=world.agent.organisation)
    world.client.post(reverse("take_book"), {**asked(), "kind": "car"})
    booking = Booking.objects.get()
    no = reverse("team_answer", args=[booking.reference, "refuser"])
    assert world.client.post(no).status_code == 404
    assert world.signed_in(world.other).post(no, follow=True).status_code == 200
    assert Booking.objects.get().state == State.REFUSED
    assert "encadrement ne donne pas son accord" in text(world, "notices")


def test_the_lab_sees_numbers_of_five_or_more_and_others_nothing(world: World) -> None:
    lab = factories.agent(world.territory)
    factories.grant(lab, Grant.Role.LAB)
    assert world.client.get(reverse("charter_progress")).status_code == 404
    assert "pas encore publié" in text(world, "charter_progress", who=lab)
    in_force(world)
    assert "Trop peu de personnes" in text(world, "charter_progress", who=lab)
    big = factories.organisation(world.territory, name="Grande régie")
    for _ in range(6):
        factories.agent(world.territory, organisation=big)
    page = text(world, "charter_progress", who=lab)
    assert "Grande régie" not in page  # alone beside three others, they would be told by subtraction
    assert "Autres, ensemble" in page
