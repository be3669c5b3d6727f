"""Addresses and dates that nobody writes by hand: each has an answer, and none is an error of the server."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from bureaux_volants.booking import service
from bureaux_volants.booking.models import Booking
from bureaux_volants.territory.models import Agent, Closure, Grant, Phase
from tests import factories
from tests.factories import TEST, TUESDAY, ask

from .conftest import World

NUL = "%00"
FAR = ["9999-12-31", "0001-01-01", "9999-12-01", "2999-01-01"]


@pytest.fixture
def booking(world: World) -> Booking:
    return service.book(world.agent, ask(world.mairie), TEST)


@pytest.fixture
def browser_of(world: World) -> dict[str, Client]:
    """The same pages as the agent sees them, a host, a manager and an administrator: an error is an answer, not a crash."""
    made: dict[str, Client] = {}
    for role in (None, Grant.Role.HOST, Grant.Role.MANAGER, Grant.Role.ADMINISTRATOR):
        person = world.agent if role is None else factories.agent(world.territory)
        if role == Grant.Role.HOST:
            factories.grant(person, role, over=world.mairie)
        elif role is not None:
            factories.grant(person, role)
        client = world.signed_in(person)
        client.raise_request_exception = False
        made[str(role or "agent")] = client
    return made


@pytest.mark.parametrize("verb", ["", "modifier/", "annuler/", "arriver/", "partir/", "sans/"])
@pytest.mark.parametrize("where", ["before", "within", "after", "alone"])
def test_a_nul_in_the_reference_of_a_booking_is_not_found(
    browser_of: dict[str, Client], booking: Booking, verb: str, where: str
) -> None:
    name = booking.reference
    reference = {
        "before": NUL + name,
        "within": name[:3] + NUL + name[3:],
        "after": name + NUL,
        "alone": NUL,
    }[where]
    url = f"/reservations/{reference}/{verb}"
    client = browser_of["agent"]
    assert client.get(url).status_code in ({404} if verb in {"", "modifier/"} else {405})
    if verb:
        assert client.post(url, {"counterfactual": "home"}).status_code == 404
    booking.refresh_from_db()
    assert booking.state == "confirmed"


@pytest.mark.parametrize("code", [NUL, f"inconnu{NUL}", f"{NUL}inconnu", NUL * 30])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_nul_in_a_code_of_arrival_is_not_found(
    browser_of: dict[str, Client], booking: Booking, code: str, method: str
) -> None:
    assert getattr(browser_of["agent"], method)(f"/arrivee/{code}/").status_code == 404


@pytest.mark.parametrize(
    ("who", "url"),
    [
        ("agent", f"/sites/marly{NUL}/"),
        ("agent", f"/sites/{NUL}/photo"),
        ("agent", f"/bureaux/reserver/?site=marly{NUL}&date={TUESDAY}"),
        ("agent", f"/attente/1{NUL}/quitter/"),
        ("agent", f"/messages/1{NUL}/"),
        ("host", f"/accueil/marly{NUL}/"),
        ("host", f"/accueil/{NUL}/feuille/"),
        ("manager", f"/equipe/?service={NUL}"),
        ("administrator", f"/administration/booking/booking/{NUL}/change/"),
        ("administrator", f"/administration/territory/site/{NUL}/history/"),
        ("agent", f"/rien{NUL}"),
    ],
)
def test_a_nul_anywhere_in_an_address_is_not_found(
    browser_of: dict[str, Client], booking: Booking, who: str, url: str
) -> None:
    assert browser_of[who].get(url).status_code == 404


@pytest.mark.parametrize(
    ("who", "url"),
    [
        ("agent", f"/bureaux/?near={NUL}&date={TUESDAY}"),
        ("agent", f"/bureaux/?date={NUL}"),
        ("agent", f"/bureaux/?part={NUL}&features={NUL}"),
        ("agent", f"/reservations/?page={NUL}"),
        ("agent", f"/reservations/absence/?first={NUL}&last={TUESDAY}"),
        ("host", f"/accueil/marly/?date={NUL}"),
        ("manager", f"/equipe/?week={NUL}"),
        ("administrator", f"/administration/territory/agent/?q={NUL}"),
        ("administrator", f"/administration/booking/booking/?q={NUL}"),
        ("administrator", f"/administration/events/event/?q={NUL}"),
        ("administrator", f"/administration/booking/booking/?state__exact={NUL}"),
        ("administrator", f"/administration/events/event/?kind={NUL}"),
        ("administrator", f"/administration/events/event/?subject_kind__exact={NUL}"),
        ("administrator", f"/administration/events/event/?site={NUL}"),
    ],
)
def test_a_nul_in_what_is_asked_of_a_page_is_no_error_of_the_server(
    browser_of: dict[str, Client], booking: Booking, who: str, url: str
) -> None:
    assert browser_of[who].get(url).status_code in {200, 302, 400, 422}


@pytest.mark.parametrize("verb", ["accorder", "refuser", "arrivee", "depart", "annuler"])
def test_a_nul_in_a_reference_at_the_reception_is_not_found(
    browser_of: dict[str, Client], booking: Booking, verb: str
) -> None:
    url = f"/accueil/marly/{booking.reference}{NUL}/{verb}/"
    assert browser_of["host"].post(url, {"reason": "x"}).status_code == 404


def test_a_nul_in_what_a_form_sends_is_no_error_of_the_server(
    browser_of: dict[str, Client], world: World, booking: Booking
) -> None:
    nul = "\0"
    agent, host = browser_of["agent"], browser_of["host"]
    when = {"date": str(TUESDAY), "part": "morning"}
    answers = [
        agent.post("/bureaux/reserver/", {**when, "site": f"marly{nul}"}),
        agent.post("/bureaux/reserver/", {**when, "site": "siege", "counterfactual": nul, "unit": nul}),
        agent.post("/attente/", {**when, "site": nul}),
        agent.post("/reservations/absence/", {"first": nul, "last": nul}),
        agent.post(f"/reservations/{booking.reference}/modifier/", {**when, "start": nul}),
        agent.post("/preferences/", {"visibility": nul, "home_commune": nul}),
        agent.post("/demo/entrer/", {"persona": nul}),
        host.post("/accueil/marly/fermer/", {"date": str(TUESDAY), "part": "day", "reason": f"tra{nul}vaux"}),
        host.post(f"/accueil/marly/{booking.reference}/annuler/", {"reason": nul}),
        Client(raise_request_exception=False).post(reverse("account_login"), {"login": nul, "password": nul}),
        Client(raise_request_exception=False).post(reverse("account_reset_password"), {"email": f"a{nul}@b.example"}),
    ]
    assert [a.status_code for a in answers if a.status_code >= 500] == []
    booking.refresh_from_db()
    assert booking.state == "confirmed"
    assert not Closure.objects.exists()


# -- dates of other centuries


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("far", FAR)
@pytest.mark.parametrize("which", ["first", "last", "both"])
def test_an_absence_of_another_century_is_refused_with_a_sentence(
    browser_of: dict[str, Client], booking: Booking, far: str, which: str, method: str
) -> None:
    near = str(TUESDAY)
    data = {"first": near if which == "last" else far, "last": near if which == "first" else far}
    answer = getattr(browser_of["agent"], method)("/reservations/absence/", data)
    assert answer.status_code == 422
    assert "trop loin" in answer.content.decode()
    booking.refresh_from_db()
    assert booking.state == "confirmed"


def test_an_absence_of_this_year_is_not_too_far(browser_of: dict[str, Client], booking: Booking) -> None:
    data = {"first": str(TUESDAY), "last": str(TUESDAY + dt.timedelta(days=300))}
    assert browser_of["agent"].post("/reservations/absence/", data).status_code == 302
    booking.refresh_from_db()
    assert booking.state == "cancelled"


@pytest.mark.parametrize("far", FAR)
def test_a_search_of_another_century_is_answered_with_a_sentence(
    browser_of: dict[str, Client], world: World, booking: Booking, far: str
) -> None:
    agent = browser_of["agent"]
    for part in ("day", "morning", "free"):
        query = {"date": far, "part": part, "start": "00:00", "end": "23:59"}
        assert "trop loin" in agent.get("/bureaux/", query).content.decode()
        shown = agent.get("/bureaux/reserver/", {**query, "site": "marly"})
        assert (shown.status_code, "trop loin" in shown.content.decode()) == (200, True)
        for url in ("/bureaux/reserver/", f"/reservations/{booking.reference}/modifier/"):
            sent = agent.post(url, {**query, "site": "marly"})
            assert (sent.status_code, "trop loin" in sent.content.decode()) == (422, True), url
        assert agent.post("/attente/", {**query, "site": "marly"}).status_code < 500
    assert Booking.objects.count() == 1


@pytest.mark.parametrize("far", FAR)
def test_a_series_until_another_century_is_refused_with_a_sentence(
    browser_of: dict[str, Client], world: World, far: str
) -> None:
    data = {"site": "marly", "date": str(TUESDAY), "part": "day", "repeat": "on", "until": "day", "until_day": far}
    answer = browser_of["agent"].post("/bureaux/reserver/", data)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Un an au plus" in text or "doit suivre" in text
    assert not Booking.objects.exists()


@pytest.mark.parametrize("far", FAR)
def test_a_closure_of_another_century_is_refused_with_a_sentence(
    browser_of: dict[str, Client], world: World, far: str
) -> None:
    host = browser_of["host"]
    near, reason = str(TUESDAY), "travaux"
    for data in (
        {"date": far, "part": "day"},
        {"date": far, "part": "days", "last": far},
        {"date": near, "part": "days", "last": far},
        {"date": far, "part": "days", "last": near},
        {"date": far, "part": "free", "start": "00:00", "end": "23:59"},
    ):
        for step in ({}, {"confirm": "1"}):
            answer = host.post("/accueil/marly/fermer/", {**data, **step, "reason": reason})
            assert answer.status_code == 422, data
    assert not Closure.objects.exists()


@pytest.mark.parametrize("far", [*FAR, "10000-01-01", "0000-00-00", "-1", "2026-W49", "x" * 300])
def test_a_page_of_another_century_shows_today(browser_of: dict[str, Client], world: World, far: str) -> None:
    for who, url in (
        ("host", f"/accueil/marly/?date={far}"),
        ("host", f"/accueil/marly/feuille/?date={far}"),
        ("host", f"/accueil/marly/fermer/?date={far}"),
        ("manager", f"/equipe/?week={far}"),
        ("manager", f"/equipe/export.csv?week={far}"),
    ):
        assert browser_of[who].get(url).status_code == 200, url
    today = browser_of["host"].get(f"/accueil/marly/feuille/?date={far}").context["date"]
    # "2026-W49" is a way to write the coming week's Monday: this very day.
    assert today == TUESDAY - dt.timedelta(days=1)


@pytest.mark.parametrize("far", FAR)
def test_a_closure_of_another_century_is_refused_by_the_administration_too(
    browser_of: dict[str, Client], world: World, far: str
) -> None:
    office, url = browser_of["administrator"], reverse("admin:territory_closure_add")
    day = {"start_0": far, "start_1": "08:00", "end_0": far, "end_1": "18:00", "reason": "travaux"}
    assert "trop loin" in office.post(url, day).content.decode() or far < "2026"
    for data in (day, {**day, "start_0": str(TUESDAY)}, {**day, "end_0": "9999-12-31", "end_1": "23:59"}):
        assert office.post(url, data).status_code in {200, 302}, data
    assert not Closure.objects.exists()
    assert browser_of["agent"].get(f"/bureaux/?date={TUESDAY}&part=day").status_code == 200
    assert browser_of["agent"].get("/sites/marly/").status_code == 200
    assert browser_of["host"].get("/accueil/marly/").status_code == 200
    assert office.get(reverse("admin:territory_closure_changelist")).status_code == 200


@pytest.mark.parametrize("name", ["booking_booking", "booking_waitingentry", "events_event", "territory_closure"])
def test_a_list_of_another_century_is_no_error_of_the_server(
    browser_of: dict[str, Client], booking: Booking, name: str
) -> None:
    office, url = browser_of["administrator"], reverse(f"admin:{name}_changelist")
    field = "at" if name == "events_event" else "start"
    for year in ("1", "0", "2999", "9999", "-5", "99999", "x"):
        for deeper in ({}, {f"{field}__month": "12"}, {f"{field}__month": "12", f"{field}__day": "31"}):
            assert office.get(url, {f"{field}__year": year, **deeper}).status_code in {200, 302}, (year, deeper)
    for far in (*FAR, "hier"):
        assert office.get(url, {f"{field}__gte": f"{far} 00:00:00+14:00"}).status_code in {200, 302}, far


@pytest.mark.parametrize("far", FAR)
def test_a_phase_of_another_century_breaks_no_page(browser_of: dict[str, Client], world: World, far: str) -> None:
    office = browser_of["administrator"]
    data = {"number": "9", "name": "Phase lointaine", "opens_on": far, "closes_on": "9999-12-31"}
    assert ("trop loin" in office.post(reverse("admin:territory_phase_add"), data).content.decode()) == (far > "2036")
    phase = Phase.objects.filter(number=9).first()
    if phase is not None:
        world.mairie.phase = phase
        world.mairie.save()
    for url in ("/", "/bureaux/", "/sites/marly/", f"/bureaux/?date={TUESDAY}&part=day"):
        assert browser_of["agent"].get(url).status_code == 200, url


# -- mail to nobody


@pytest.fixture
def known(db: None) -> Agent:
    made = factories.agent(factories.territory(), email="ada@exemple.test")
    made.set_password("un mot de passe assez long")
    made.save()
    return made


def test_the_open_form_writes_to_nobody_who_has_no_account_and_shows_the_same(known: Agent, mailoutbox: list) -> None:  # type: ignore[type-arg]
    pages = []
    for email in (known.email, "inconnu@exemple.test"):
        answer = Client().post(reverse("account_reset_password"), {"email": email}, follow=True)
        pages.append((answer.status_code, answer.redirect_chain, answer.content.decode().replace(email, "…")))
    assert [m.to for m in mailoutbox] == [[known.email]]
    assert pages[0][:2] == pages[1][:2]
    assert pages[0][2] == pages[1][2]


def test_the_open_form_writes_to_nobody_whose_account_is_closed(known: Agent, mailoutbox: list) -> None:  # type: ignore[type-arg]
    Agent.objects.filter(pk=known.pk).update(is_active=False)
    answer = Client().post(reverse("account_reset_password"), {"email": known.email})
    assert (answer.status_code, mailoutbox) == (302, [])
