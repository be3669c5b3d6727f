"""The administration: a territory's administrator sees and changes that territory, and nothing else, whatever is sent."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

import bureaux_volants
from bureaux_volants.booking import service, waiting
from bureaux_volants.booking.jobs import serve_when_room_is_made
from bureaux_volants.booking.models import Booking, Resource, RuleSet, WaitingEntry
from bureaux_volants.booking.states import State
from bureaux_volants.charter.models import Exemption
from bureaux_volants.events.log import record
from bureaux_volants.events.models import Event
from bureaux_volants.fleet.models import Licence, Policy, TakeHome, TransportCard
from bureaux_volants.hosting.models import Skill
from bureaux_volants.messages import outbox
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.models import (
    Agent,
    Closure,
    Commune,
    Grant,
    Landmark,
    OpeningHours,
    Phase,
    Service,
    Site,
    Territory,
)
from bureaux_volants.web.administration.log import KINDS
from bureaux_volants.web.administration.outbox import KINDS as NOTICE_KINDS
from tests import factories
from tests.factories import TEST, TUESDAY, ask, at
from tests.fleet.words import vehicle

from .conftest import World

LISTS = [
    "territory_territory",
    "territory_commune",
    "territory_landmark",
    "territory_organisation",
    "territory_service",
    "territory_phase",
    "territory_site",
    "territory_closure",
    "territory_agent",
    "territory_grant",
    "booking_resource",
    "booking_ruleset",
    "booking_booking",
    "booking_waitingentry",
    "fleet_vehicle",
    "fleet_transportcard",
    "fleet_licence",
    "fleet_takehome",
    "fleet_policy",
    "charter_exemption",
    "hosting_skill",
    "events_event",
    "bv_messages_notice",
]
READ_ONLY = {"booking_booking", "booking_waitingentry", "events_event", "bv_messages_notice"}


class Elsewhere:
    """One row of everything in another territory."""

    def __init__(self) -> None:
        self.territory = factories.territory(name="Nancy")
        factories.rules(self.territory)
        self.site = factories.site(self.territory, name="Mairie d'ailleurs")
        self.agent = factories.agent(self.territory, first_name="Zoé", last_name="Lointaine")
        self.service = factories.service(self.site.organisation, name="Service d'ailleurs")
        self.phase = Phase.objects.create(territory=self.territory, number=1, name="Phase d'ailleurs", opens_on=TUESDAY)
        self.landmark = Landmark.objects.create(territory=self.territory, name="Gare d'ailleurs", lat=48.7, lon=6.2)
        self.grant = factories.grant(self.agent, Grant.Role.HOST, over=self.site)
        self.booking = service.book(self.agent, ask(self.site), TEST)
        self.closure = Closure.objects.create(
            territory=self.territory, site=self.site, start=at(TUESDAY, "8"), end=at(TUESDAY, "9"), reason="Ailleurs"
        )
        self.waiting = WaitingEntry.objects.create(
            territory=self.territory,
            site=self.site,
            kind="desk",
            agent=self.agent,
            start=at(TUESDAY, "9"),
            end=at(TUESDAY, "12"),
            created_at=factories.NOW,
        )

        self.car = vehicle(self.site, "Voiture d'ailleurs")
        other = Resource.objects.create(
            territory=self.territory, site=self.site, kind="transport_card", name="Carte d'ailleurs"
        )
        self.card = TransportCard.objects.create(resource=other, territory=self.territory, product="Annuel")
        papers = {"territory": self.territory, "agent": self.agent, "valid_from": TUESDAY, "valid_until": TUESDAY}
        self.licence = Licence.objects.create(**papers, categories=["B"], checked_on=TUESDAY)
        self.exemption = Exemption.objects.create(**papers)
        self.take_home = TakeHome.objects.create(**papers, document="Arrêté d'ailleurs")
        self.skill = Skill.objects.create(territory=self.territory, name="Savoir d'ailleurs")
        self.policy = Policy.objects.create(territory=self.territory)

    def row(self, name: str) -> Model:
        found: dict[str, Model] = {
            "territory_territory": self.territory,
            "territory_commune": self.site.commune,
            "territory_landmark": self.landmark,
            "territory_organisation": self.site.organisation,
            "territory_service": self.service,
            "territory_phase": self.phase,
            "territory_site": self.site,
            "territory_closure": self.closure,
            "territory_agent": self.agent,
            "territory_grant": self.grant,
            "booking_resource": Resource.objects.filter(site=self.site).first(),  # type: ignore[dict-item]
            "booking_ruleset": RuleSet.objects.get(territory=self.territory),
            "booking_booking": self.booking,
            "booking_waitingentry": self.waiting,
            "fleet_vehicle": self.car.vehicle,
            "fleet_transportcard": self.card,
            "fleet_licence": self.licence,
            "fleet_takehome": self.take_home,
            "hosting_skill": self.skill,
            "charter_exemption": self.exemption,
            "fleet_policy": self.policy,
            "events_event": Event.objects.filter(territory=self.territory).first(),  # type: ignore[dict-item]
            "bv_messages_notice": Notice.objects.filter(territory=self.territory).first(),  # type: ignore[dict-item]
        }
        return found[name]


@pytest.fixture
def elsewhere(world: World) -> Elsewhere:
    return Elsewhere()


@pytest.fixture
def boss(world: World) -> Agent:
    made = factories.agent(world.territory, first_name="Alain", last_name="Administrateur")
    factories.grant(made, Grant.Role.ADMINISTRATOR)
    return made


@pytest.fixture
def office(world: World, boss: Agent) -> Client:
    """The administrator's own browser."""
    return world.signed_in(boss)


@pytest.fixture
def installer(world: World) -> Client:
    """Who runs the installation, of no territory."""
    return world.signed_in(Agent.objects.create_superuser("installation@exemple.test", None))


def fields_of(client: Client, url: str) -> dict[str, Any]:
    """What a form of the administration holds, ready to be sent back."""
    answer = client.get(url)
    assert answer.status_code == 200, url
    forms = [answer.context["adminform"].form]
    for inline in answer.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    data: dict[str, Any] = {}
    for form in forms:
        for bound in form:
            value = bound.value()
            if value is True:
                data[bound.html_name] = "on"
            elif value is None or value is False or isinstance(value, dt.datetime):
                continue
            elif isinstance(value, dt.time):
                data[bound.html_name] = f"{value:%H:%M}"
            elif isinstance(value, list | tuple):
                data[bound.html_name] = [getattr(v, "pk", v) for v in value]
            else:
                data[bound.html_name] = value
    data.pop("photo", None)
    return data


def change(client: Client, row: Model, /, **changes: Any) -> Any:
    """Send a row's own page back with these changes."""
    url = reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_change", args=[row.pk])
    return client.post(url, {**fields_of(client, url), **changes})


def add(client: Client, name: str, /, **data: Any) -> Any:
    url = reverse(f"admin:{name}_add")
    return client.post(url, {**fields_of(client, url), **data})


def events(kind: str) -> list[Event]:
    return list(Event.objects.filter(kind=kind).order_by("id"))


# -- who may enter


def test_only_a_whole_territory_s_administrator_enters(world: World, boss: Agent, office: Client) -> None:
    index = reverse("admin:index")
    assert office.get(index).status_code == 200
    for role in (Grant.Role.HOST, Grant.Role.MANAGER, Grant.Role.LAB, Grant.Role.FLEET_MANAGER):
        person = factories.agent(world.territory)
        factories.grant(person, role)
        assert world.signed_in(person).get(index).status_code == 404
    partly = factories.agent(world.territory)
    factories.grant(partly, Grant.Role.ADMINISTRATOR, over=world.mairie)
    assert world.signed_in(partly).get(index).status_code == 404
    assert world.client.get(index).status_code == 404


def test_django_s_own_flags_open_nothing(world: World) -> None:
    Agent.objects.filter(pk=world.agent.pk).update(is_staff=True)
    assert world.client.get(reverse("admin:index")).status_code == 404


def test_signed_out_there_is_one_sign_in_for_everybody(world: World) -> None:
    answer = Client().get(reverse("admin:territory_site_changelist"), follow=True)
    assert answer.redirect_chain[-1][0].startswith(reverse("account_login"))


@pytest.mark.parametrize("name", LISTS)
def test_a_page_is_not_found_for_who_does_not_administer(world: World, elsewhere: Elsewhere, name: str) -> None:
    row = elsewhere.row(name)
    for action, args in (("changelist", []), ("add", []), ("change", [row.pk]), ("delete", [row.pk])):
        assert world.client.get(reverse(f"admin:{name}_{action}", args=args)).status_code == 404


def test_nothing_of_other_packages_is_shown() -> None:
    shown = {m._meta.label_lower.replace(".", "_") for m in admin.site._registry}
    assert shown == set(LISTS)


# -- one's own territory only


@pytest.mark.parametrize("name", LISTS)
def test_every_list_shows_one_s_own_territory_only(office: Client, elsewhere: Elsewhere, name: str) -> None:
    row = elsewhere.row(name)
    answer = office.get(reverse(f"admin:{name}_changelist"))
    assert answer.status_code == 200
    assert row.pk not in {r.pk for r in answer.context["cl"].result_list}
    page = answer.content.decode()
    for told in ("d&#x27;ailleurs", "Lointaine", "Nancy"):
        assert told not in page


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("action", ["change", "delete", "history"])
def test_a_row_of_another_territory_is_not_found(office: Client, elsewhere: Elsewhere, name: str, action: str) -> None:
    row = elsewhere.row(name)
    url = reverse(f"admin:{name}_{action}", args=[row.pk])
    before = type(row)._default_manager.filter(pk=row.pk).values().get()
    assert office.get(url).status_code in {403, 404}
    assert office.post(url, {"post": "yes", "name": "volé", "is_active": ""}).status_code in {403, 404}
    assert type(row)._default_manager.filter(pk=row.pk).values().get() == before


@pytest.mark.parametrize("name", LISTS)
def test_who_runs_the_installation_sees_every_territory(installer: Client, elsewhere: Elsewhere, name: str) -> None:
    row = elsewhere.row(name)
    assert installer.get(reverse(f"admin:{name}_changelist")).status_code == 200
    assert installer.get(reverse(f"admin:{name}_change", args=[row.pk])).status_code == 200


def test_choices_name_no_other_territory(office: Client, world: World, elsewhere: Elsewhere, boss: Agent) -> None:
    pages = [reverse(f"admin:{name}_add") for name in LISTS if name not in READ_ONLY | {"territory_territory"}]
    pages += [
        reverse("admin:territory_site_change", args=[world.mairie.pk]),
        reverse("admin:territory_agent_change", args=[boss.pk]),
    ]
    for page in pages:
        text = office.get(page).content.decode()
        for told in ("d&#x27;ailleurs", "Lointaine", "Nancy"):
            assert told not in text, page


@pytest.mark.parametrize(
    ("model", "field"), [("grant", "agent"), ("grant", "site"), ("grant", "organisation"), ("agent", "service")]
)
def test_autocomplete_finds_no_other_territory_s_rows(
    office: Client, elsewhere: Elsewhere, model: str, field: str
) -> None:
    query = {"app_label": "territory", "model_name": model, "field_name": field, "term": ""}
    found = office.get(reverse("admin:autocomplete"), query).json()["results"]
    theirs = {
        "agent": elsewhere.agent,
        "site": elsewhere.site,
        "organisation": elsewhere.site.organisation,
        "service": elsewhere.service,
    }
    assert str(theirs[field].pk) not in {one["id"] for one in found}
    assert found or field == "service"


FORGED = [
    ("territory_service", {"name": "Volé"}, "organisation", "territory_organisation"),
    ("territory_grant", {"role": "host"}, "agent", "territory_agent"),
    ("territory_grant", {"role": "host"}, "site", "territory_site"),
    ("territory_grant", {"role": "host"}, "organisation", "territory_organisation"),
    ("booking_resource", {"name": "Volé", "kind": "desk"}, "site", "territory_site"),
    ("booking_ruleset", {"kind": "desk", "weekly_limit": "1"}, "site", "territory_site"),
    ("territory_agent", {"email": "vole@exemple.test"}, "organisation", "territory_organisation"),
    ("territory_agent", {"email": "vole@exemple.test"}, "usual_site", "territory_site"),
    (
        "territory_closure",
        {"start_0": "2026-12-08", "start_1": "08:00", "end_0": "2026-12-08", "end_1": "18:00", "reason": "Vol"},
        "site",
        "territory_site",
    ),
    ("territory_organisation", {"name": "Volée", "siret": "1" * 14, "kind": "commune"}, "commune", "territory_commune"),
]


@pytest.mark.parametrize(("name", "data", "field", "target"), FORGED)
def test_a_forged_reference_to_another_territory_is_refused(
    office: Client, world: World, elsewhere: Elsewhere, name: str, data: dict[str, str], field: str, target: str
) -> None:
    model = elsewhere.row(name).__class__
    count = model._default_manager.count()
    forged = {"agent": str(world.agent.pk), **data, field: str(elsewhere.row(target).pk)}
    answer = add(office, name, **forged)
    assert answer.status_code == 200
    assert field in answer.context["adminform"].form.errors
    assert model._default_manager.count() == count


def test_a_forged_territory_is_not_even_read(office: Client, world: World, elsewhere: Elsewhere) -> None:
    add(
        office,
        "territory_commune",
        territory=elsewhere.territory.pk,
        name="Ici",
        code="57999",
        lat="49.1",
        lon="6.1",
    )
    assert Commune.objects.get(code="57999").territory == world.territory


def test_a_site_s_forged_organisations_and_phase_are_refused(
    office: Client, world: World, elsewhere: Elsewhere
) -> None:
    answer = change(office, world.mairie, open_to=[elsewhere.site.organisation_id], phase=elsewhere.phase.pk)
    assert {"open_to", "phase"} <= set(answer.context["adminform"].form.errors)
    world.mairie.refresh_from_db()
    assert (world.mairie.phase_id, world.mairie.open_to.count()) == (None, 0)


def test_the_rows_inside_a_page_are_those_of_that_page(office: Client, world: World, elsewhere: Elsewhere) -> None:
    theirs = elsewhere.site.opening_hours.first()
    assert theirs is not None
    change(office, world.mairie, **{"opening_hours-0-id": theirs.pk, "opening_hours-0-opens_at": "03:00"})
    theirs.refresh_from_db()
    assert theirs.opens_at == dt.time(8)


def test_even_who_runs_the_installation_cannot_mix_territories(
    installer: Client, world: World, elsewhere: Elsewhere
) -> None:
    answer = add(
        installer,
        "territory_service",
        territory=world.territory.pk,
        name="Mêlé",
        organisation=elsewhere.site.organisation_id,
    )
    assert "organisation" in answer.context["adminform"].form.errors
    assert not Service.objects.filter(name="Mêlé").exists()


def test_who_runs_the_installation_is_not_changed_by_an_administrator(office: Client, world: World) -> None:
    chief = Agent.objects.create_superuser("chef@exemple.test", None, territory=world.territory)
    url = reverse("admin:territory_agent_change", args=[chief.pk])
    assert office.post(url, {"email": "vole@exemple.test", "is_active": "on"}).status_code == 403
    chief.refresh_from_db()
    assert chief.email == "chef@exemple.test"


@pytest.mark.parametrize("name", sorted(READ_ONLY))
def test_what_services_write_is_only_read_here(office: Client, world: World, name: str) -> None:
    booking = service.book(world.agent, ask(world.mairie), TEST)
    rows = {
        "booking_booking": booking,
        "events_event": Event.objects.get(subject_id=booking.pk, kind="booking.created"),
    }
    assert office.get(reverse(f"admin:{name}_add")).status_code == 403
    if name in rows:
        row = rows[name]
        assert office.get(reverse(f"admin:{name}_change", args=[row.pk])).status_code == 200
        for action in ("change", "delete"):
            answer = office.post(reverse(f"admin:{name}_{action}", args=[row.pk]), {"state": "refused", "post": "yes"})
            assert answer.status_code == 403
        assert type(row)._default_manager.filter(pk=row.pk).exists()


# -- what a change does


def test_a_change_of_a_site_is_an_event_with_its_author(office: Client, world: World, boss: Agent) -> None:
    assert change(office, world.mairie, equipment="Une imprimante").status_code == 302
    world.mairie.refresh_from_db()
    assert world.mairie.equipment == "Une imprimante"
    (event,) = events("site.changed")
    assert (event.actor_id, event.origin, event.subject_kind, event.subject_id) == (
        boss.pk,
        "admin",
        "site",
        world.mairie.pk,
    )
    assert event.data["site"] == world.mairie.pk
    assert "quipement" in event.data["told"]


def test_saving_without_a_change_writes_nothing(office: Client, world: World) -> None:
    assert change(office, world.mairie).status_code == 302
    assert events("site.changed") == []


def test_hours_changed_within_a_site_are_a_change_of_the_site(office: Client, world: World) -> None:
    change(office, world.mairie, **{"opening_hours-0-opens_at": "07:00"})
    assert OpeningHours.objects.filter(site=world.mairie, opens_at="07:00").exists()
    assert len(events("site.changed")) == 1


def test_hours_that_overlap_are_refused(office: Client, world: World) -> None:
    data = {"opening_hours-1-weekday": "1", "opening_hours-1-opens_at": "17:00", "opening_hours-1-closes_at": "20:00"}
    assert "se chevauchent" in change(office, world.mairie, **data).content.decode()


def test_shorter_hours_warn_of_the_bookings_left_outside(office: Client, world: World) -> None:
    outside = service.book(world.agent, ask(world.mairie, TUESDAY, "8", "12"), TEST)
    within = service.book(world.other, ask(world.mairie, TUESDAY, "9", "12"), TEST)
    answer = change(office, world.mairie, **{"opening_hours-1-opens_at": "09:00"})
    text = office.get(answer["Location"]).content.decode()
    assert "1 réservation à venir tombe hors des horaires" in text
    link = f"{reverse('host_site', args=['marly'])}?date={TUESDAY}#{outside.reference}"
    assert f'<a href="{link}">mardi 1er décembre, de 8\u00a0h à 12\u00a0h ({world.agent})</a>' in text
    assert within.reference not in text
    assert office.get(link).status_code == 200


def test_rules_of_a_site_are_written_within_its_page_for_its_territory(office: Client, world: World) -> None:
    data = {"rule_sets-TOTAL_FORMS": "1", "rule_sets-0-kind": "desk", "rule_sets-0-approval": "asked"}
    assert change(office, world.mairie, **data).status_code == 302
    rules = RuleSet.objects.get(site=world.mairie)
    assert (rules.approval, rules.territory) == ("asked", world.territory)


def test_two_rule_sets_of_one_kind_are_refused_with_a_sentence(office: Client, world: World) -> None:
    answer = add(office, "booking_ruleset", kind="desk")
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors
    assert RuleSet.objects.filter(territory=world.territory).count() == 1


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"shortest_minutes": "300", "longest_minutes": "60"}, "longest_minutes"),
        ({"longest_minutes": "3000"}, "longest_minutes"),
    ],
)
def test_rules_that_no_booking_could_keep_are_refused(
    office: Client, world: World, data: dict[str, str], field: str
) -> None:
    rules = RuleSet.objects.get(territory=world.territory)
    assert field in change(office, rules, **data).context["adminform"].form.errors


def test_an_identifier_taken_in_the_territory_is_refused_and_free_in_another(
    office: Client, world: World, elsewhere: Elsewhere
) -> None:
    data = {
        "name": "Mairie",
        "kind": "mairie",
        "organisation": world.mairie.organisation_id,
        "commune": world.mairie.commune_id,
        "lat": "49.1",
        "lon": "6.1",
        "is_active": "on",
    }
    taken = add(office, "territory_site", slug="marly", **data)
    assert taken.status_code == 200
    assert taken.context["adminform"].form.errors
    assert add(office, "territory_site", slug=elsewhere.site.slug, **data).status_code == 302
    assert Site.objects.get(territory=world.territory, slug=elsewhere.site.slug).check_in_code


def test_a_site_with_coming_bookings_is_not_taken_out_of_service(office: Client, world: World) -> None:
    service.book(world.agent, ask(world.mairie), TEST)
    data = fields_of(office, url := reverse("admin:territory_site_change", args=[world.mairie.pk]))
    del data["is_active"]
    answer = office.post(url, data)
    assert "fermez d&#x27;abord" in answer.content.decode()
    world.mairie.refresh_from_db()
    assert world.mairie.is_active


def test_a_closure_tells_those_concerned_as_a_host_s_does(office: Client, world: World, boss: Agent) -> None:
    booking = service.book(world.agent, ask(world.mairie), TEST)
    data = {"start_0": "2026-12-01", "start_1": "00:00", "end_0": "2026-12-02", "end_1": "00:00", "reason": "Travaux"}
    assert add(office, "territory_closure", **data).status_code == 302
    booking.refresh_from_db()
    assert booking.state == State.CANCELLED
    assert Notice.objects.filter(recipient=world.agent, kind="site.closed").count() == 1
    closure = Closure.objects.get()
    assert (closure.site_id, closure.created_by_id, closure.start) == (None, boss.pk, at(TUESDAY, "0"))
    assert len(events("site.closed")) == 1
    url = reverse("admin:territory_closure_delete", args=[closure.pk])
    assert office.post(url, {"post": "yes"}).status_code == 302
    assert not Closure.objects.exists()
    assert len(events("site.reopened")) == 1


@pytest.mark.parametrize(
    "data",
    [
        {"end_0": "2026-12-01", "end_1": "00:00"},
        {"start_0": "2026-11-01", "end_0": "2026-11-02"},
        {"end_0": "2029-12-01"},
    ],
)
def test_a_closure_that_makes_no_sense_is_asked_again(office: Client, data: dict[str, str]) -> None:
    form = {"start_0": "2026-12-01", "start_1": "08:00", "end_0": "2026-12-02", "end_1": "00:00", "reason": "Travaux"}
    assert add(office, "territory_closure", **{**form, **data}).status_code == 200
    assert not Closure.objects.exists()


def test_a_desk_taken_out_of_service_leaves_nobody_without_a_place(office: Client, world: World) -> None:
    first = service.book(world.agent, ask(world.mairie), TEST)
    service.book(world.other, ask(world.mairie), TEST)
    data = fields_of(office, url := reverse("admin:booking_resource_change", args=[first.resource_id]))
    del data["is_active"]
    answer = office.post(url, data)
    first.refresh_from_db()
    assert first.state == State.CANCELLED
    assert Notice.objects.filter(recipient=world.agent, kind="booking.cancelled").count() == 1
    (event,) = events("resource.changed")
    assert event.data["site"] == world.mairie.pk
    assert "autre place" in office.get(answer["Location"]).content.decode()


def test_a_desk_added_is_given_to_who_waits(office: Client, world: World) -> None:
    for _ in range(2):
        service.book(factories.agent(world.territory), ask(world.mairie), TEST)
    waiting.join(world.agent, ask(world.mairie), TEST)
    add(office, "booking_resource", site=world.mairie.pk, kind="desk", name="Bureau neuf", is_active="on")
    serve_when_room_is_made(events("resource.changed"))
    assert Booking.objects.get(agent=world.agent).resource.name == "Bureau neuf"


def test_a_desk_that_was_booked_is_not_deleted(office: Client, world: World) -> None:
    booking = service.book(world.agent, ask(world.mairie), TEST)
    office.post(reverse("admin:booking_resource_delete", args=[booking.resource_id]), {"post": "yes"})
    assert Resource.objects.filter(pk=booking.resource_id).exists()
    free = Resource.objects.filter(site=world.usual).first()
    assert free is not None
    office.post(reverse("admin:booking_resource_delete", args=[free.pk]), {"post": "yes"})
    assert not Resource.objects.filter(pk=free.pk).exists()
    assert len(events("resource.changed")) == 1


def test_a_territory_s_telework_settings_change_the_rules_of_everybody(office: Client, world: World) -> None:
    assert change(office, world.territory, telework_days_per_week="2").status_code == 302
    (event,) = events("rules.changed")
    assert event.data["site"] is None
    assert Territory.objects.get(pk=world.territory.pk).telework_days_per_week == 2


def test_an_administrator_neither_makes_a_territory_nor_renames_its_siren(office: Client, world: World) -> None:
    assert office.get(reverse("admin:territory_territory_add")).status_code == 403
    change(office, world.territory, siren="999999999", slug="vole", is_demonstration="on")
    world.territory.refresh_from_db()
    assert world.territory.siren != "999999999"
    assert not world.territory.is_demonstration


# -- people


def test_an_account_is_opened_by_its_address_and_invited_to_choose_a_password(office: Client, world: World) -> None:
    page = office.get(reverse("admin:territory_agent_add")).content.decode()
    assert 'type="password"' not in page
    assert (
        add(office, "territory_agent", email="Nouvelle@Exemple.test", first_name="Nora", is_active="on").status_code
        == 302
    )
    made = Agent.objects.get(email="nouvelle@exemple.test")
    assert made.territory == world.territory
    assert not made.has_usable_password()
    notice = Notice.objects.get(recipient=made)
    assert notice.path == reverse("account_reset_password")
    assert len(events("agent.changed")) == 1


def test_an_address_already_used_is_refused_whatever_its_case(office: Client, world: World) -> None:
    answer = add(office, "territory_agent", email=world.agent.email.upper(), is_active="on")
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors


def test_nobody_becomes_more_than_an_administrator_by_sending_more(office: Client, world: World) -> None:
    change(office, world.agent, is_superuser="on", is_staff="on", password="x" * 20, groups="1")
    world.agent.refresh_from_db()
    assert not world.agent.is_superuser
    assert not world.agent.is_staff
    assert not world.agent.has_usable_password()


def test_home_is_not_shown_to_the_administration(office: Client, world: World) -> None:
    page = office.get(reverse("admin:territory_agent_change", args=[world.agent.pk])).content.decode()
    assert "home_" not in page


def test_a_closed_account_gives_its_bookings_back(
    office: Client, world: World, django_capture_on_commit_callbacks: Any
) -> None:
    booking = service.book(world.agent, ask(world.mairie), TEST)
    data = fields_of(office, url := reverse("admin:territory_agent_change", args=[world.agent.pk]))
    del data["is_active"]
    with django_capture_on_commit_callbacks(execute=True):
        office.post(url, data)
    booking.refresh_from_db()
    world.agent.refresh_from_db()
    assert (world.agent.is_active, booking.state) == (False, State.CANCELLED)


def test_a_former_address_no_longer_signs_in(office: Client, world: World) -> None:
    EmailAddress.objects.create(user=world.agent, email=world.agent.email, verified=True, primary=True)
    change(office, world.agent, email="nouvelle-adresse@exemple.test")
    assert not EmailAddress.objects.filter(user=world.agent).exists()


def test_a_role_given_and_taken_is_in_the_log_without_names(office: Client, world: World) -> None:
    assert add(office, "territory_grant", agent=world.agent.pk, role="host", site=world.mairie.pk).status_code == 302
    grant = Grant.objects.get(agent=world.agent)
    assert grant.territory == world.territory
    office.post(reverse("admin:territory_grant_delete", args=[grant.pk]), {"post": "yes"})
    (given,), (taken,) = events("agent.granted"), events("agent.revoked")
    assert given.data == taken.data == {"role": "host", "organisation": None, "site": world.mairie.pk}
    assert (given.subject_id, taken.subject_id) == (world.agent.pk, world.agent.pk)


def test_a_role_given_on_a_person_s_page_is_in_the_log_too(office: Client, world: World) -> None:
    assert change(office, world.agent, **{"grants-TOTAL_FORMS": "1", "grants-0-role": "lab"}).status_code == 302
    assert Grant.objects.get(agent=world.agent).territory == world.territory
    assert len(events("agent.granted")) == 1
    assert events("agent.changed") == []


def test_the_same_role_twice_is_refused_with_a_sentence(office: Client, world: World) -> None:
    factories.grant(world.agent, "lab")
    answer = add(office, "territory_grant", agent=world.agent.pk, role="lab")
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors


def test_nobody_shuts_themselves_out(office: Client, world: World, boss: Agent) -> None:
    grant = Grant.objects.get(agent=boss)
    assert office.post(reverse("admin:territory_grant_delete", args=[grant.pk]), {"post": "yes"}).status_code == 403
    data = fields_of(office, url := reverse("admin:territory_agent_change", args=[boss.pk]))
    data.pop("is_active", None)
    office.post(url, {**data, "grants-0-DELETE": "on"})
    boss.refresh_from_db()
    assert boss.is_active
    assert Grant.objects.filter(pk=grant.pk).exists()


def test_a_service_of_another_employer_is_refused(office: Client, world: World) -> None:
    other = factories.service(factories.organisation(world.territory))
    assert "service" in change(office, world.agent, service=other.pk).context["adminform"].form.errors


# -- the log, the outbox


def found(office: Client, **query: str) -> list[Event]:
    answer = office.get(reverse("admin:events_event_changelist"), query)
    assert answer.status_code == 200
    return list(answer.context["cl"].result_list)


def test_the_log_is_searched_by_reference_and_by_person(office: Client, world: World, elsewhere: Elsewhere) -> None:
    mine = service.book(world.agent, ask(world.mairie), TEST)
    other = service.book(world.other, ask(world.mairie), TEST)
    assert {e.subject_id for e in found(office, q=mine.reference.lower())} == {mine.pk}
    assert {e.subject_id for e in found(office, q=world.other.email)} == {other.pk}
    assert found(office, q="n'importe quoi") == []
    assert found(office, q=elsewhere.booking.reference) == []
    assert found(office, q=elsewhere.agent.email) == []


def test_the_log_is_filtered_by_kind_site_and_date(office: Client, world: World, elsewhere: Elsewhere) -> None:
    here = service.book(world.agent, ask(world.mairie), TEST)
    there = service.book(world.other, ask(world.usual), TEST)
    service.cancel(there.pk, TEST)
    change(office, world.mairie, equipment="Une imprimante")
    assert [e.subject_id for e in found(office, kind="booking.cancelled")] == [there.pk]
    assert {e.kind for e in found(office, site=str(world.mairie.pk))} == {"booking.created", "site.changed"}
    assert {e.subject_id for e in found(office, site=str(world.mairie.pk), kind="booking.created")} == {here.pk}
    assert found(office, site=str(elsewhere.site.pk)) == []
    assert found(office, site="rien") == []
    year = Event.objects.latest("id").at.year
    assert len(found(office, at__year=str(year))) == 4
    assert found(office, at__year="1999") == []


def test_the_log_speaks_french_and_links_to_what_it_speaks_of(office: Client, world: World) -> None:
    booking = service.book(world.agent, ask(world.mairie), TEST)
    page = office.get(reverse("admin:events_event_changelist")).content.decode()
    assert "Réservation faite" in page
    assert reverse("admin:booking_booking_change", args=[booking.pk]) in page
    assert booking.reference in page


def test_every_kind_of_event_that_a_service_writes_has_a_french_name(office: Client, world: World) -> None:
    booking = service.book(world.agent, ask(world.mairie), TEST)
    service.cancel(booking.pk, TEST)
    change(office, world.mairie, equipment="Une imprimante")
    assert set(Event.objects.values_list("kind", flat=True)) <= set(KINDS)


def test_the_history_of_a_row_is_the_log_of_that_row(office: Client, world: World) -> None:
    change(office, world.mairie, equipment="Une imprimante")
    answer = office.get(reverse("admin:territory_site_history", args=[world.mairie.pk]), follow=True)
    assert [e.kind for e in answer.context["cl"].result_list] == ["site.changed"]


def test_a_message_that_was_given_up_is_sent_again(office: Client, world: World) -> None:
    failed = outbox.write(world.agent, "booking.confirmed", "Réservé", "…")
    closed = outbox.write(world.other, "booking.confirmed", "Réservé", "…")
    Notice.objects.update(delivery=Notice.Delivery.FAILED, attempts=8, next_attempt_at=None)
    Agent.objects.filter(pk=world.other.pk).update(is_active=False)
    url = reverse("admin:bv_messages_notice_changelist")
    office.post(url, {"action": "send_again", "_selected_action": [failed.pk, closed.pk]})
    failed.refresh_from_db()
    closed.refresh_from_db()
    assert (failed.delivery, failed.attempts) == (Notice.Delivery.PENDING, 0)
    assert closed.delivery == Notice.Delivery.FAILED
    assert len(events("notice.sent_again")) == 1


def test_another_territory_s_message_is_not_sent_again_by_a_forged_id(
    office: Client, world: World, elsewhere: Elsewhere
) -> None:
    outbox.write(world.agent, "booking.confirmed", "Réservé", "…")
    theirs = Notice.objects.filter(territory=elsewhere.territory).first()
    assert theirs is not None
    Notice.objects.update(delivery=Notice.Delivery.FAILED)
    office.post(
        reverse("admin:bv_messages_notice_changelist"), {"action": "send_again", "_selected_action": [theirs.pk]}
    )
    theirs.refresh_from_db()
    assert theirs.delivery == Notice.Delivery.FAILED


def test_the_way_to_the_administration_is_shown_to_those_who_may_enter(world: World, office: Client) -> None:
    partly = factories.agent(world.territory)
    factories.grant(partly, Grant.Role.ADMINISTRATOR, over=world.mairie)
    link = f'href="{reverse("admin:index")}"'
    assert link in office.get(reverse("day")).content.decode()
    assert link not in world.signed_in(partly).get(reverse("day")).content.decode()


def test_an_event_tells_local_times_and_names_beside_numbers(office: Client, world: World) -> None:
    booking = service.book(world.agent, ask(world.mairie, TUESDAY, "9", "12"), TEST)
    service.change(booking.pk, TEST, start=at(TUESDAY, "10"), end=at(TUESDAY, "12"))
    made, changed = Event.objects.filter(subject_kind="booking", subject_id=booking.pk).order_by("id")
    text = office.get(reverse("admin:events_event_change", args=[made.pk])).content.decode()
    for said in (
        "<b>début</b>\u00a0: mardi 1er décembre 2026 à 9\u00a0h",
        "<b>site</b>\u00a0: Mairie de Marly (marly)",
        f"<b>place</b>\u00a0: {booking.resource} (n° {booking.resource_id})",
        f"<b>pour</b>\u00a0: {world.agent} (n° {world.agent.pk})",
        "<b>état</b>\u00a0: confirmée",
        "le logiciel",
    ):
        assert said in text
    assert "booking.created" not in text
    text = office.get(reverse("admin:events_event_change", args=[changed.pk])).content.decode()
    assert (
        f"<b>après</b>\u00a0: mardi 1er décembre 2026 à 10\u00a0h, mardi 1er décembre 2026 à 12\u00a0h, {booking.resource} ("
        in text
    )


def test_an_event_names_nobody_of_another_territory(office: Client, world: World, elsewhere: Elsewhere) -> None:
    booking = service.book(world.agent, ask(world.mairie), TEST)
    record(
        world.territory.pk, TEST, "booking.cancelled", "booking", booking.pk, agent=elsewhere.agent.pk, reason="essai"
    )
    (event,) = events("booking.cancelled")
    text = office.get(reverse("admin:events_event_change", args=[event.pk])).content.decode()
    assert f"<b>pour</b>\u00a0: n° {elsewhere.agent.pk}" in text
    assert "Lointaine" not in text


@pytest.mark.parametrize("name", LISTS)
def test_every_list_has_a_plain_french_title(office: Client, world: World, name: str) -> None:
    text = office.get(reverse(f"admin:{name}_changelist")).content.decode()
    assert "Sélectionnez l" not in text
    plural = str(next(m for m in admin.site._registry if m._meta.db_table == name)._meta.verbose_name_plural)
    assert f"<h1>{plural[0].upper()}{plural[1:]}</h1>".replace("'", "&#x27;") in text


def test_every_kind_of_message_has_a_french_name(office: Client, world: World) -> None:
    """Those that the rooms write, read in their source."""
    package = Path(bureaux_volants.__file__).parent
    written: set[str] = set()
    for source in package.glob("*/**/*.py"):
        for call in re.findall(r"outbox\.write\((.*?)\n +\)", source.read_text(), re.S):
            written |= set(re.findall(r'"([a-z]+\.[a-z_]+)"', call))
    assert len(written) > 10
    assert written <= set(NOTICE_KINDS)


def test_an_event_names_its_subject_while_it_is_there(office: Client, world: World) -> None:
    change(office, world.mairie, equipment="Machine à café")
    (event,) = events("site.changed")
    page = reverse("admin:events_event_change", args=[event.pk])
    assert f"site n° {world.mairie.pk}</a>\u00a0: Mairie de Marly" in office.get(page).content.decode()
