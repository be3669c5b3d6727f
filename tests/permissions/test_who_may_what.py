"""Every role against every address: one table. An address that the table does not know fails the suite."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest
import time_machine
from django.contrib import admin
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from pytest_django import DjangoDbBlocker

from bureaux_volants.api.tokens import issue
from bureaux_volants.booking import service
from bureaux_volants.booking.models import Booking, Resource, WaitingEntry
from bureaux_volants.booking.team_days import set_team_day
from bureaux_volants.charter import versions
from bureaux_volants.charter.models import Exemption
from bureaux_volants.events.log import record
from bureaux_volants.events.models import Event
from bureaux_volants.fleet.models import Cost, Damage, Licence, Policy, TakeHome, TransportCard
from bureaux_volants.hosting import meetings, needs, sheets
from bureaux_volants.hosting.handing_over import hand_over
from bureaux_volants.hosting.merging import Content, Photo
from bureaux_volants.hosting.models import Skill
from bureaux_volants.hosting.showing import show
from bureaux_volants.keys.cases import open_case
from bureaux_volants.keys.models import Box
from bureaux_volants.messages.models import Notice
from bureaux_volants.planner.agenda.feeds import publish
from bureaux_volants.territory.models import Agent, Closure, Grant, Landmark, Phase, Site, Territory
from bureaux_volants.trials import readings
from bureaux_volants.trials.models import (
    Cohort,
    CohortMember,
    DiaryDay,
    Draw,
    FieldNote,
    Finding,
    NotePhoto,
    Publication,
    RunningCost,
    Trial,
)
from bureaux_volants.trials.surveys import scales, waves
from tests import factories
from tests.factories import NOW, TEST, TUESDAY, ask, at
from tests.fleet.words import vehicle
from tests.trials.surveys.words import written_questionnaire

# -- who --------------------------------------------------------------------------------------------------------------

AGENT = "agent"  # the one whose bookings, messages and tokens the addresses name
HOST = "host of Marly"
HOST_ELSEWHERE = "host of Woippy"
FLEET = "fleet manager"
MANAGER = "manager"
LAB = "lab"
ADMINISTRATOR = "administrator"
FOREIGNER = "administrator of another territory"
SIGNED_OUT = "signed out"

MEMBERS = frozenset({AGENT, HOST, HOST_ELSEWHERE, FLEET, MANAGER, LAB, ADMINISTRATOR})
SIGNED_IN = MEMBERS | {FOREIGNER}
EVERYBODY = SIGNED_IN | {SIGNED_OUT}
NOBODY: frozenset[str] = frozenset()
OWNER = frozenset({AGENT})
HOSTS_HERE = frozenset({HOST, ADMINISTRATOR})
HOSTS = HOSTS_HERE | {HOST_ELSEWHERE, FOREIGNER}
MANAGERS_HERE = frozenset({MANAGER, ADMINISTRATOR})
MANAGERS = MANAGERS_HERE | {FOREIGNER}
FLEET_HERE = frozenset({FLEET, ADMINISTRATOR})
FLEETS = FLEET_HERE | {FOREIGNER}
LABS_HERE = frozenset({LAB, ADMINISTRATOR})
LABS = LABS_HERE | {FOREIGNER}
ADMINISTRATORS_HERE = frozenset({ADMINISTRATOR})
ADMINISTRATORS = ADMINISTRATORS_HERE | {FOREIGNER}

# -- what -------------------------------------------------------------------------------------------------------------

Outcome = Literal["opens", "hidden", "sign in", "forbidden"]


@dataclass(frozen=True)
class Row:
    """One address and method. `opens` names who gets in; everybody else finds nothing, or is asked to sign in.

    Arguments, query and data name things of the world by `$name`.
    """

    name: str
    opens: frozenset[str]
    method: str = "GET"
    args: tuple[str, ...] = ()
    query: dict[str, str] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    #: Whether it is the same nothing for who is signed out, instead of the sign-in.
    silent: bool = False

    def __str__(self) -> str:
        query = "?" + "&".join(f"{k}={v}" for k, v in self.query.items()) if self.query else ""
        return " ".join([self.method, self.name, *self.args]) + query


def get(name: str, opens: frozenset[str], *args: str, **query: str) -> Row:
    return Row(name, opens, "GET", args, query)


def post(name: str, opens: frozenset[str], *args: str, **data: str) -> Row:
    return Row(name, opens, "POST", args, data=data)


def nothing(name: str, *args: str, method: str = "GET", **data: str) -> Row:
    return Row(name, NOBODY, method, args, data=data, silent=True)


STAY = {"site": "marly", "date": "2026-12-02", "part": "morning"}
API_STAY = {"kind": "desk", "start": "2026-12-02T09:00:00+01:00", "end": "2026-12-02T12:00:00+01:00"}
API_DAY = {"start": "2026-12-02T09:00:00+01:00", "end": "2026-12-02T17:00:00+01:00"}
CLOSE = {"date": "2026-12-03", "part": "day", "reason": "inventaire"}

TABLE: list[Row] = [
    # Pages that need no account.
    get("accessibility", EVERYBODY),
    get("privacy", EVERYBODY),
    get("health", EVERYBODY),
    get("manifest", EVERYBODY),
    get("worker", EVERYBODY),
    get("offline", EVERYBODY),
    # Personas open demonstration territories only; this one is real.
    nothing("persona", method="POST", persona="agent@metz.example"),
    get("mailbox", NOBODY),  # no demonstration here
    # The account.
    get("account_login", EVERYBODY),
    get("account_logout", EVERYBODY),
    get("account_inactive", EVERYBODY),
    get("account_reset_password", EVERYBODY),
    get("account_reset_password_done", EVERYBODY),
    get("account_reset_password_from_key", EVERYBODY, "a", "b-c"),
    get("account_reset_password_from_key_done", EVERYBODY),
    get("account_reauthenticate", SIGNED_IN),
    get("account_change_password", SIGNED_IN),
    get("account_set_password", SIGNED_IN),
    nothing("account_signup"),
    nothing("account_email"),
    nothing("account_email_verification_sent"),
    nothing("account_confirm_email", "key"),
    # An agent's pages.
    get("day", SIGNED_IN),
    get("search", SIGNED_IN),
    get("contours", SIGNED_IN),
    get("book", MEMBERS, **STAY),
    post("book", MEMBERS, **STAY),
    get("series", SIGNED_IN),
    get("site", MEMBERS, "marly"),
    get("site_photo", MEMBERS, "marly"),
    get("bookings", SIGNED_IN),
    get("cancel_period", SIGNED_IN),
    post("cancel_period", SIGNED_IN),
    get("booking", OWNER, "$reference"),
    get("change", OWNER, "$reference"),
    post("change", OWNER, "$reference"),
    post("cancel", OWNER, "$reference"),
    post("arrive", OWNER, "$reference"),
    post("leave", OWNER, "$reference"),
    get("offline_kept", SIGNED_IN),
    post(
        "offline_act", OWNER, reference="$reference", what="leave", ago="0", key="5a2b1f0e-6c1d-4b8e-9f3a-0d2c4e6f8a1b"
    ),
    post("counterfactual", OWNER, "$reference", counterfactual="home"),
    get("journeys", SIGNED_IN),
    get("week", SIGNED_IN),
    get("organise", SIGNED_IN),
    get("rides", SIGNED_IN),
    get("ride_offer", SIGNED_IN),
    post("ride_offer", SIGNED_IN, date="2020-01-07"),
    get("ride_days", SIGNED_IN),
    get("ride_register", ADMINISTRATORS),
    get("ride_register_csv", ADMINISTRATORS),
    # No ride has these numbers; others' are seen to be hidden in tests/web/test_rides.py.
    post("ride_ask", NOBODY, "999"),
    post("ride_cancel", NOBODY, "$reference"),
    post("ride_leave", NOBODY, "$reference"),
    post("ride_answer", NOBODY, "999", "accepter"),
    post("organise", SIGNED_IN, date="2020-01-07"),
    get("agenda", SIGNED_IN),
    post("agenda", SIGNED_IN, address="http://agenda.example/secret.ics"),
    post("agenda_disconnect", SIGNED_IN),
    post("feed_publish", SIGNED_IN),
    post("feed_withdraw", SIGNED_IN),
    # Whoever has the address reads it: programmes do not sign in. Others are told nothing: tests/web/test_feeds.py.
    get("feed", EVERYBODY, "$feed"),
    # A booking's reference is no day's; another's day is seen to be hidden in tests/web/test_organise.py.
    get("plans", NOBODY, "$reference"),
    post("plan_book", NOBODY, "$reference", number="0"),
    get("plan_calendar", NOBODY, "$reference"),
    post("plan_without", NOBODY, "$reference", counterfactual="home"),
    post("plan_cancel", NOBODY, "$reference"),
    get("take", SIGNED_IN),
    post("take_book", SIGNED_IN, kind="bike"),
    post("take_wait", SIGNED_IN, kind="bike"),
    # The booking is a desk's: there is no seat in it, nor anything to bring back.
    post("take_join", NOBODY, "$reference"),
    get("custody", SIGNED_IN),
    get("key", NOBODY, "$reference"),
    post("key_taken", NOBODY, "$reference"),
    get("condition", NOBODY, "$reference"),
    post("condition", NOBODY, "$reference", condition="good"),
    get("give_back", NOBODY, "$reference"),
    post("give_back", NOBODY, "$reference"),
    post("waiting_join", MEMBERS, **STAY),
    post("waiting_leave", OWNER, "$waiting"),
    get("arrival", MEMBERS, "$code"),
    post("arrival", MEMBERS, "$code"),
    get("notices", SIGNED_IN),
    post("notices_read", SIGNED_IN),
    post("notice", OWNER, "$notice"),
    get("preferences", SIGNED_IN),
    get("delivery", SIGNED_IN),
    get("my_data", SIGNED_IN),
    post("token_revoke", OWNER, "$token"),
    # A host's pages.
    get("host", HOSTS),
    get("host_site", HOSTS_HERE, "marly"),
    get("host_sheet", HOSTS_HERE, "marly"),
    get("host_poster", HOSTS_HERE, "marly"),
    get("host_poster_pdf", HOSTS_HERE, "marly"),
    get("host_close", HOSTS_HERE, "marly"),
    post("host_close", HOSTS_HERE, "marly", **CLOSE),
    post("host_reopen", HOSTS_HERE, "marly", "$closure"),
    *(
        post("host_act", HOSTS_HERE, "marly", "$reference", verb, reason="travaux")
        for verb in ("accorder", "refuser", "arrivee", "depart", "annuler", "accorder-serie", "refuser-serie")
    ),
    # The welcome sheet: read by all, written by its hosts. The door's code is another matter: tests/web/test_welcome.py.
    get("welcome", MEMBERS, "marly"),
    get("welcome_pdf", MEMBERS, "marly"),
    get("welcome_photo", MEMBERS, "marly", "$photo"),
    get("welcome_photo", HOSTS_HERE, "marly", "$draft_photo"),
    get("welcome_photo", NOBODY, "woippy", "$photo"),
    get("host_welcome", HOSTS_HERE, "marly"),
    post("host_welcome", HOSTS_HERE, "marly", version="1", bike="Dans la cour."),
    get("host_welcome_history", HOSTS_HERE, "marly"),
    post("host_welcome_restore", HOSTS_HERE, "marly", "1", version="1"),
    # A host's day and month.
    Row("host_walk_in", HOSTS_HERE, args=("marly",), query={"name": "per"}),
    Row("host_walk_in", HOSTS_HERE, "POST", ("marly",), data={"name": "Une visite"}),
    get("host_lending", HOSTS_HERE, "marly"),
    post("host_lending", HOSTS_HERE, "marly", date="2026-12-02", desks="1"),
    get("host_message", HOSTS_HERE, "marly"),
    post("host_message", HOSTS_HERE, "marly", text="Bonjour", token="12345678-1234-5678-1234-567812345678"),
    get("host_recap", HOSTS_HERE, "marly"),
    get("host_recap_csv", HOSTS_HERE, "marly"),
    # Only who hosts in their own name hands over, and only the two concerned end it.
    get("host_leave", frozenset({HOST, HOST_ELSEWHERE})),
    post("host_leave", frozenset({HOST, HOST_ELSEWHERE}), first="2026-12-02", last="2026-12-03"),
    post("host_leave_end", frozenset({HOST}), "$handover"),
    # Needs and meetings: of those who receive at Marly, and of whoever was asked.
    get("meetings", SIGNED_IN),
    get("need_new", HOSTS),
    post("need_new", HOSTS, title="Un avis"),
    get("need", HOSTS_HERE | OWNER, "$need"),
    post("need_accept", OWNER, "$need", start="2026-11-30T09:00:00+00:00"),
    post("need_offer", OWNER, "$need", at="11:30"),
    post("need_decline", OWNER, "$need"),
    post("need_answer", OWNER, "$need", text="Oui."),
    post("need_postpone", HOSTS_HERE, "$need", before="2027-01-05"),
    post("need_close", HOSTS_HERE, "$need", reason="réglé"),
    get("quarter", HOSTS_HERE, "$reference"),
    post("quarter", HOSTS_HERE, "$reference", title="Un mot", start="2026-11-30T09:00:00+00:00"),
    get("meeting", HOSTS_HERE | OWNER, "$meeting"),
    post("meeting_act", HOSTS_HERE | OWNER, "$meeting", "decliner"),
    post("meeting_say", HOSTS_HERE | OWNER, "$meeting", said="useful"),
    get("presence", OWNER, "$reference"),
    post("presence", OWNER, "$reference", shown_to="everyone"),
    # Trials: taken part in by whoever is asked, led by the lab. What one answered is nobody else's.
    get("my_trials", SIGNED_IN),
    post("my_trials_volunteer", MEMBERS, "$call"),
    post("my_trials_unvolunteer", MEMBERS, "$call"),
    post("my_trials_leave", OWNER, "$trial"),
    get("surveys", SIGNED_IN),
    get("survey", OWNER, "$wave"),
    post("survey", OWNER, "$wave", who5_1="3"),
    post("survey_decline", OWNER, "$wave"),
    get("survey_mine", SIGNED_IN),
    post("survey_withdraw", OWNER, "$trial"),
    get("diary", OWNER, "$diary"),
    get("diary_day", OWNER, "$diary", "2026-11-30"),
    get("lab", LABS),
    get("trial_notes", LABS),
    get("trial_note_new", LABS),
    get("trial_note", LABS_HERE, "$note"),
    post("trial_note_delete", LABS_HERE, "$note"),
    post("trial_photo_add", LABS_HERE, "$note"),
    get("trial_photo", LABS_HERE, "$note", "$note_photo"),
    post("trial_photo_remove", LABS_HERE, "$note", "$note_photo"),
    get("trial_findings_csv", LABS),
    get("trial_finding_new", LABS),
    get("trial_finding", LABS_HERE, "$finding"),
    post("trial_finding_delete", LABS_HERE, "$finding"),
    get("trial_new", LABS),
    get("indicators", LABS),
    get("indicator", LABS, "stays"),
    *(
        get(name, LABS_HERE, "essai")
        for name in (
            "trial",
            "trial_design",
            "trial_frozen",
            "trial_edit",
            "trial_people",
            "trial_power",
            "trial_surveys",
            "trial_report",
            "trial_report_pdf",
            "trial_report_page_pdf",
            "trial_grid",
            "trial_equity",
            "trial_costs",
            "trial_exports",
            "trial_open_data",
        )
    ),
    get("trial_cost", LABS_HERE, "essai", "$spending"),
    post("trial_cost", LABS_HERE, "essai", "$spending"),
    post("trial_cost_remove", LABS_HERE, "essai", "$spending"),
    get("mobility_plan", LABS),
    # Of another territory, where nothing has happened yet, there is no file.
    get("mobility_plan_xlsx", LABS_HERE),
    get("mobility_plan_csv", LABS_HERE),
    *(
        post(name, LABS_HERE, "essai")
        for name in (
            "trial_freeze",
            "trial_end",
            "trial_draw_order",
            "trial_make_cohort",
            "trial_open",
            "trial_withdraw",
            "trial_surveys",
            "trial_recompute",
            "trial_decide",
            "trial_grid",
            "trial_costs",
            "trial_publish",
        )
    ),
    get("trial_draw_list", LABS_HERE, "essai", "$draw"),
    get("trial_draw_result", LABS_HERE, "essai", "$draw"),
    get("trial_key", LABS_HERE, "essai"),
    post("trial_key", LABS_HERE, "essai"),
    post("trial_wave_close", LABS_HERE, "essai", "1"),
    post("trial_wave_cancel", LABS_HERE, "essai", "1"),
    get("trial_questionnaires", LABS),
    get("trial_questionnaire_new", LABS),
    post("trial_questionnaire_new", LABS, title="Vos trajets"),
    *(
        get(name, LABS_HERE, "$questionnaire", *args)
        for name, args in (
            ("trial_questionnaire", ()),
            ("trial_questionnaire_head", ()),
            ("trial_questionnaire_preview", ()),
            ("trial_question_new", ("0", "single")),
            ("trial_question", ("q2",)),
            ("trial_question_if", ("q2",)),
        )
    ),
    # What is ready-made belongs to nobody.
    get("trial_questionnaire_preview", LABS, "who5"),
    *(
        post(name, LABS_HERE, "$questionnaire", *args)
        for name, args in (
            ("trial_questionnaire_head", ()),
            ("trial_questionnaire_drop", ()),
            ("trial_section_new", ()),
            ("trial_section", ("0",)),
            ("trial_question_new", ("0", "text")),
            ("trial_question", ("q2",)),
            ("trial_question_if", ("q2",)),
            ("trial_question_act", ("q2", "dupliquer")),
        )
    ),
    get("trial_amend", LABS_HERE, "essai", "ends_on"),
    post("trial_amend", LABS_HERE, "essai", "ends_on", value="2027-05-02", reason="Retard"),
    # The booking is at Marly: nobody acts on it through another site.
    post("host_act", NOBODY, "woippy", "$reference", "annuler", reason="travaux"),
    # The mobility charter: read by all, written by who administers the territory.
    get("charter", SIGNED_IN),
    post("charter_accept", MEMBERS, version="1"),
    get("charter_progress", frozenset({LAB, ADMINISTRATOR, FOREIGNER})),
    get("charter_versions", ADMINISTRATORS),
    get("charter_version", ADMINISTRATORS_HERE, "1"),
    post("charter_begin", ADMINISTRATORS),
    get("charter_draft", ADMINISTRATORS_HERE),
    post("charter_draft", ADMINISTRATORS_HERE, text="Nous marchons."),
    get("charter_rule_add", ADMINISTRATORS_HERE),
    post("charter_rule_add", ADMINISTRATORS_HERE, code="x"),
    get("charter_rule", ADMINISTRATORS_HERE, "partager"),
    post("charter_rule", ADMINISTRATORS_HERE, "partager", code="x"),
    post("charter_rule_remove", ADMINISTRATORS_HERE, "partager"),
    get("charter_try", ADMINISTRATORS_HERE),
    post("charter_publish", ADMINISTRATORS_HERE),
    post("charter_drop", ADMINISTRATORS_HERE),
    # Nothing waits for a manager about a desk.
    post("team_answer", NOBODY, "$reference", "accorder"),
    # A manager's pages.
    get("tables", ADMINISTRATORS),
    get("tables_new", ADMINISTRATORS, "fares"),
    post("tables_new", ADMINISTRATORS, "fares"),
    get("tables_csv", ADMINISTRATORS, "fares", "hypotheses-2026"),
    get("team", MANAGERS),
    get("team", MANAGERS_HERE, service="$service"),
    post("team_day_set", MANAGERS_HERE, service="$service"),
    post("team_day_remove", MANAGERS_HERE, "$team_day", date="2026-12-03"),
    get("team_csv", MANAGERS_HERE, service="$service"),
    get("team_xlsx", MANAGERS_HERE, service="$service"),
    # A fleet manager's pages.
    get("fleet", FLEETS),
    get("fleet", FLEET_HERE, site="marly"),
    get("fleet_usage", FLEETS),
    get("fleet_usage_csv", FLEETS),
    get("fleet_usage_xlsx", FLEETS),
    post("fleet_settle", FLEET_HERE, "$case", how="vu sur place"),
    get("fleet_who", FLEETS),
    post("fleet_who", FLEETS, about="AB-123-CD", date="2026-11-30", time="08:30", reason="avis de contravention"),
    get("fleet_unit", FLEET_HERE, "$car"),
    post("fleet_unit_out", FLEET_HERE, "$car", **{"out-reason": "pneu"}),
    post("fleet_unit_back", FLEET_HERE, "$car"),
    post("fleet_unit_service", FLEET_HERE, "$car", **{"service-done_on": "2026-11-30", "service-what": "Vidange"}),
    post(
        "fleet_unit_cost",
        FLEET_HERE,
        "$car",
        **{"cost-day": "2026-11-30", "cost-category": "energy", "cost-amount": "12,5"},
    ),
    post("fleet_unit_cost_remove", FLEET_HERE, "$car", "$cost"),
    post("fleet_unit_settle", FLEET_HERE, "$car", "$damage", how="réparé"),
    get("fleet_unit_photo", FLEET_HERE, "$car", "$damage"),
    # The administration, but for the pages of its models: see below.
    get("admin:index", ADMINISTRATORS),
    get("admin:app_list", ADMINISTRATORS, "territory"),
    get("admin:login", SIGNED_IN),
    get("admin:logout", ADMINISTRATORS | {SIGNED_OUT}),
    get("admin:password_change", ADMINISTRATORS),
    get("admin:password_change_done", ADMINISTRATORS),
    get("admin:jsi18n", ADMINISTRATORS),
    # The API, with the person's own token.
    get("api_docs", EVERYBODY),
    get("api:api-root", EVERYBODY),
    get("api:openapi-json", EVERYBODY),
    nothing("api_unknown", "v1/nothing"),
    nothing("api_unknown", "v2/me"),
    get("api:me", SIGNED_IN),
    get("api:sites", SIGNED_IN),
    get("api:availability", SIGNED_IN, **API_STAY),
    get("api:availability", MEMBERS, site="marly", **API_STAY),
    get("api:gbfs", SIGNED_IN, "gbfs.json"),
    get("api:gbfs", SIGNED_IN, "vehicle_status.json"),
    get("api:bookings", SIGNED_IN),
    post("api:bookings", MEMBERS, site="marly", **API_STAY),
    get("api:booking", OWNER, "$reference"),
    Row("api:booking", OWNER, "PATCH", ("$reference",), data={"end": "2026-11-30T11:00:00+01:00"}),
    post("api:booking_cancel", OWNER, "$reference"),
    post("api:booking_check_in", OWNER, "$reference"),
    get(
        "api:journeys", SIGNED_IN, to="49.1105,6.1766", **{"from": "49.0858,6.2437"}, depart="2026-12-02T09:00:00+01:00"
    ),
    Row("api:day_plans", SIGNED_IN, "POST", data=API_DAY),
    # A booking's reference is no day's; another's day is seen to be hidden in tests/api/test_day_plans.py.
    get("api:day_plan", NOBODY, "$reference"),
    Row("api:day_plan_book", NOBODY, "POST", ("$reference",), data={"plan": "0"}),
    post("api:day_plan_cancel", NOBODY, "$reference"),
]

#: Addresses of Django's administration that lead nowhere without more, and those of key boxes, which open to no person but
#: to a box's signature: their own tests say what they do.
NOT_HERE = {
    "admin:autocomplete",
    "admin:view_on_site",
    "api:box_enrolment",
    "api:box_events",
    "api:box_grants",
}

#: The administration's own sign-in leads to the other.
SIGN_IN = ("/compte/login/", "/administration/login/")

#: Pages of a model in the administration, and whether they name one row.
MODEL_PAGES = {"changelist": False, "add": False, "change": True, "history": True, "delete": True}

# -- the world --------------------------------------------------------------------------------------------------------


@dataclass
class World:
    territory: Territory
    clients: dict[str, Client]
    tokens: dict[str, str]
    things: dict[str, str]

    def fill(self, text: str) -> str:
        return self.things[text[1:]] if text.startswith("$") else text

    def outcome(self, row: Row, who: str) -> Outcome:
        """What a person gets, in a transaction that leaves nothing behind."""
        address = reverse(row.name, args=[self.fill(a) for a in row.args])
        query = {k: self.fill(v) for k, v in row.query.items()}
        data = {k: self.fill(v) if isinstance(v, str) else v for k, v in row.data.items()}
        headers: dict[str, str] = {}
        client = self.clients[who]
        if row.name.startswith("api"):
            client = Client()
            if who != SIGNED_OUT:
                headers["Authorization"] = f"Bearer {self.tokens[who]}"
        json = {"content_type": "application/json"} if row.name.startswith("api") else {}
        with transaction.atomic():
            if row.method == "GET":
                response = client.get(address, query, headers=headers)
            else:
                call = client.patch if row.method == "PATCH" else client.post
                response = call(address, data, headers=headers, **json)
            outcome = _outcome(response)
            transaction.set_rollback(True)
        return outcome


def _outcome(response: HttpResponse) -> Outcome:
    status = response.status_code
    if status == 401 or (status == 302 and response["Location"].startswith(SIGN_IN)):
        return "sign in"
    if status == 404:
        return "hidden"
    if status == 403:
        return "forbidden"
    # Whoever is let in may still have typed something wrong, or come too late.
    assert status < 400 or status in {409, 422}, (status, response.content[:500])
    return "opens"


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Made once: whatever is tried in it is taken back."""
    with django_db_blocker.unblock(), time_machine.travel(NOW, tick=False), transaction.atomic():
        yield _world()
        transaction.set_rollback(True)


def _world() -> World:
    metz = factories.territory(slug="metz", name="Metz")
    factories.rules(metz)
    employer = factories.organisation(metz)
    team = factories.service(employer)
    phase = Phase.objects.create(territory=metz, number=1, name="Phase 1", opens_on=TUESDAY.replace(year=2025))
    marly: Site = factories.site(metz, slug="marly", name="Mairie de Marly", desks=4, phase=phase)
    marly.photo.save("marly.png", ContentFile(b"\x89PNG"))
    woippy = factories.site(metz, slug="woippy", name="Mairie de Woippy")
    elsewhere = factories.territory()
    factories.rules(elsewhere)
    # The same slugs exist there: a page must look in the person's own territory.
    factories.site(elsewhere, slug="siege", name="Siège")

    people: dict[str, Agent] = {
        who: factories.agent(
            elsewhere if who == FOREIGNER else metz,
            organisation=None if who == FOREIGNER else employer,
            service=None if who == FOREIGNER else team,
        )
        for who in SIGNED_IN
    }
    factories.grant(people[HOST], Grant.Role.HOST, over=marly)
    factories.grant(people[HOST_ELSEWHERE], Grant.Role.HOST, over=woippy)
    factories.grant(people[FLEET], Grant.Role.FLEET_MANAGER)
    factories.grant(people[MANAGER], Grant.Role.MANAGER, over=employer)
    factories.grant(people[LAB], Grant.Role.LAB)
    factories.grant(people[ADMINISTRATOR], Grant.Role.ADMINISTRATOR)
    factories.grant(people[FOREIGNER], Grant.Role.ADMINISTRATOR)

    mine = people[AGENT]
    booking: Booking = service.book(mine, ask(marly, NOW.date(), "9:15", "12"), TEST, now=NOW)
    waiting = WaitingEntry.objects.create(
        territory=metz,
        site=marly,
        kind="desk",
        agent=mine,
        start=at(TUESDAY, "9"),
        end=at(TUESDAY, "12"),
        created_at=NOW,
    )
    closure = Closure.objects.create(
        territory=metz, site=marly, start=at(TUESDAY, "14"), end=at(TUESDAY, "18"), reason="élections"
    )
    car = vehicle(marly, "Clio", plate="AB-123-CD")
    card = Resource.objects.create(territory=metz, site=marly, kind="transport_card", name="Carte 1")
    TransportCard.objects.create(resource=card, territory=metz, product="Annuel")
    papers = {"territory": metz, "agent": mine, "valid_from": TUESDAY.replace(year=2020), "valid_until": TUESDAY}
    Licence.objects.create(**papers, categories=["B"], checked_on=TUESDAY)
    TakeHome.objects.create(**papers, document="Arrêté 1")
    Policy.objects.create(territory=metz)
    cost = Cost.objects.create(resource=car, territory=metz, day=TUESDAY, category="energy", amount=12)
    damage = Damage.objects.create(resource=car, territory=metz, reported_at=NOW, severity="report")
    damage.photo.save("rayure.jpg", ContentFile(b"\xff\xd8\xff"))
    box = Box.objects.create(territory=metz, site=marly, name="Hall", adapter=Box.Adapter.MANUAL)
    case = open_case(box, "tamper", 1, now=NOW)
    versions.begin(metz.pk, TEST)
    versions.publish(metz.pk, TEST)
    versions.begin(metz.pk, TEST)
    Exemption.objects.create(territory=metz, agent=mine, valid_from=TUESDAY, valid_until=TUESDAY)
    Landmark.objects.create(territory=metz, name="Gare", lat=49.11, lon=6.18)
    team_day = set_team_day(team, marly, TUESDAY, None, TEST)
    record(metz.pk, TEST, "site.noted", "site", marly.pk)
    stands_in = factories.agent(metz, organisation=employer)
    handover = hand_over(people[HOST], stands_in.pk, TUESDAY, TUESDAY, TEST, now=NOW)
    photo, draft_photo = (sheets.add_photo(metz.pk, marly.pk, b"\xff\xd8\xff") for _ in range(2))
    sheets.write(metz.pk, marly.pk, Content({"bike": "Devant."}, (Photo(photo.pk, "La porte"),)), 0, TEST)
    skill = Skill.objects.create(territory=metz, name="Zones humides")
    show(mine, booking.reference, [skill.pk], TEST, is_open=True, shown_to="everyone", now=NOW)
    need = needs.post(people[HOST], marly.pk, skill.pk, "Un avis", TUESDAY, TEST, now=NOW)
    asked = meetings.ask_quarter(people[HOST], booking.reference, at(NOW.date(), "11:30"), "Un mot", TEST, now=NOW)
    evaluated = _trials(metz, mine)
    tokens: dict[str, str] = {}
    clients = {SIGNED_OUT: Client()}
    for who, agent in people.items():
        agent.set_password("not-needed-here")  # some pages of the account are for those who have one
        agent.save()
        clients[who] = Client()
        clients[who].force_login(agent, backend="django.contrib.auth.backends.ModelBackend")
        token, tokens[who] = issue(agent, TEST)
        if who == AGENT:
            own_token = token
    things = {
        "reference": booking.reference,
        "waiting": str(waiting.pk),
        "code": marly.check_in_code,
        "notice": str(Notice.objects.filter(recipient=mine).latest("pk").pk),
        "token": str(own_token.pk),
        "closure": str(closure.pk),
        "service": str(team.pk),
        "team_day": str(team_day.pk),
        "case": str(case.pk),
        "car": str(car.pk),
        "cost": str(cost.pk),
        "damage": str(damage.pk),
        "feed": publish(mine, None, TEST),
        "photo": str(photo.pk),
        "handover": str(handover.pk),
        "draft_photo": str(draft_photo.pk),
        "need": need.reference,
        "meeting": asked.reference,
        **evaluated,
    }
    return World(metz, clients, tokens, things)


def _trials(metz: Territory, mine: Agent) -> dict[str, str]:
    """A trial that the agent takes part in and is asked about, one that calls for volunteers, and the enquiry."""
    plan: dict[str, Any] = {
        "territory": metz,
        "title": "Essai",
        "question": "?",
        "outcome": "car_km",
        "threshold": 5,
        "design": Trial.Design.BEFORE_AFTER,
        "state": Trial.State.RUNNING,
        "baseline_from": TUESDAY - dt.timedelta(days=1),
        "starts_on": TUESDAY,
        "ends_on": dt.date(2027, 3, 28),
        "seed": 1,
        "created_at": NOW,
    }
    trial = Trial.objects.create(**plan, slug="essai", frozen_at=NOW, frozen="{}", frozen_digest="0" * 64)
    cohort = Cohort.objects.create(trial=trial, name="Tous", made_by=Cohort.MadeBy.VOLUNTEERING, made_at=NOW)
    CohortMember.objects.create(cohort=cohort, agent=mine, commune=factories.commune(mine.territory), joined_on=TUESDAY)
    log = {"drawn_from": {"": [mine.pk]}, "result": {"": [mine.pk]}, "digest": "0" * 64}
    draw = Draw.objects.create(trial=trial, purpose=Draw.Purpose.COHORT, cohort=cohort, seed=1, at=NOW, **log)
    monday = TUESDAY - dt.timedelta(days=1)
    asked = {}
    for name, kind, questions in (("wave", "questionnaire", scales.who5()), ("diary", "diary", {})):
        survey = waves.keep_survey(metz.pk, name, name, questions, TEST, kind=kind)
        asked[name] = str(waves.open_wave(trial, survey, "before", monday, TUESDAY, TEST).pk)
    asked["questionnaire"] = written_questionnaire(metz.pk)
    readings.make_reading(trial, now=NOW)
    Publication.objects.create(trial=trial, made_at=NOW, package=b"zip", digest="0" * 64)
    cost = RunningCost.objects.create(trial=trial, day=NOW.date(), kind="staff", label="Accueil", euros=12)
    # A month that is over, so that the mobility plan has a file.
    DiaryDay.objects.create(wave_id=asked["diary"], pseudonym="0" * 64, day=dt.date(2026, 10, 5))
    calling = Trial.objects.create(**plan, slug="appel", frozen_at=NOW, frozen="{}", frozen_digest="0" * 64)
    call = Cohort.objects.create(trial=calling, name="Volontaires", made_by=Cohort.MadeBy.VOLUNTEERING)
    note = FieldNote.objects.create(territory=metz, kind="interview", day=NOW.date(), text="Vu.", created_at=NOW)
    seen = NotePhoto(note=note, alt="La porte")
    seen.image.save("porte.jpg", ContentFile(b"\xff\xd8\xff"))
    finding = Finding.objects.create(territory=metz, title="Loin", created_at=NOW)
    return {
        "trial": str(trial.pk),
        **asked,
        "call": str(call.pk),
        "draw": str(draw.pk),
        "spending": str(cost.pk),
        "note": note.reference,
        "note_photo": str(seen.pk),
        "finding": str(finding.pk),
    }


# -- the tests --------------------------------------------------------------------------------------------------------


def _expected(row: Row, who: str) -> Outcome:
    if who in row.opens:
        return "opens"
    return "sign in" if who == SIGNED_OUT and not row.silent else "hidden"


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_an_address_opens_for_those_it_is_for_and_is_nothing_for_others(world: World, row: Row) -> None:
    found = {who: world.outcome(row, who) for who in sorted(EVERYBODY)}
    assert found == {who: _expected(row, who) for who in sorted(EVERYBODY)}


def _models() -> list[str]:
    return [f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry]


def _row_of(label: str, world: World) -> str:
    """A row of the territory, of the model so named in the administration."""
    model = next(m for m in admin.site._registry if f"{m._meta.app_label}_{m._meta.model_name}" == label)
    if model is Territory:
        return str(world.territory.pk)
    found = model._default_manager.filter(territory=world.territory).first()
    assert found is not None, f"the world of this test has no {label}"
    return str(found.pk)


@pytest.mark.parametrize("label", _models())
@pytest.mark.parametrize("page", MODEL_PAGES)
def test_the_administration_of_a_model_is_for_its_territorys_administrators(
    world: World, label: str, page: str
) -> None:
    args = (_row_of(label, world),) if MODEL_PAGES[page] else ()
    row = Row(f"admin:{label}_{page}", ADMINISTRATORS_HERE if args else ADMINISTRATORS, args=args)
    found = {who: world.outcome(row, who) for who in sorted(EVERYBODY)}
    for who, outcome in found.items():
        if who in row.opens:
            # Some rows only their own services write: then even an administrator adds and deletes none.
            assert outcome in ({"opens"} if page == "changelist" else {"opens", "forbidden", "hidden"}), who
        elif who == FOREIGNER and found[ADMINISTRATOR] == "forbidden":
            # Forbidden to all administrators, whether or not there is such a row: nothing is told.
            assert outcome == "forbidden"
        else:
            assert outcome == _expected(row, who), who


def _addresses(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, str]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _addresses(pattern, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name or ''}", str(pattern.pattern)


def test_the_table_holds_every_address_there_is() -> None:
    known = {row.name for row in TABLE} | NOT_HERE
    known |= {f"admin:{label}_{page}" for label in _models() for page in MODEL_PAGES}
    there = dict(_addresses(get_resolver()))
    # Django's own redirects within the administration have no name.
    del there["admin:"]
    missing = sorted(set(there) - known)
    assert not missing, f"say in TABLE who may open these: {missing}"
    gone = sorted(known - set(there))
    assert not gone, f"these are in TABLE and exist no more: {gone}"


def test_what_is_tried_in_this_table_leaves_nothing_behind(world: World) -> None:
    before = Event.objects.count()
    world.outcome(post("cancel", OWNER, "$reference"), AGENT)
    assert Booking.objects.get(reference=world.things["reference"]).state == "confirmed"
    assert Event.objects.count() == before
    assert connection.in_atomic_block
