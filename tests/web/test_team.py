"""Mon équipe: the week, within what people show; and the same as a file."""

from __future__ import annotations

import io

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook
from pytest_django import DjangoAssertNumQueries

from bureaux_volants.booking import service
from bureaux_volants.territory.models import Agent, Grant, Service
from bureaux_volants.web.team_export import as_csv, as_xlsx, plain
from tests import factories
from tests.factories import TEST, TUESDAY, ask

from .conftest import World


@pytest.fixture
def mobility(world: World) -> Service:
    """Ada's service; she is managed by somebody of the same one."""
    assert world.agent.organisation is not None
    made = factories.service(world.agent.organisation, name="Mobilités")
    world.agent.service = made
    world.agent.last_name = "Durand"
    world.agent.save()
    return made


@pytest.fixture
def manager(world: World, mobility: Service) -> Agent:
    made = factories.agent(world.territory, organisation=mobility.organisation, service=mobility, first_name="Malika")
    factories.grant(made, Grant.Role.MANAGER, over=mobility.organisation)
    return made


@pytest.fixture
def browser_of(world: World, manager: Agent) -> Client:
    return world.signed_in(manager)


def week(client: Client, **query: str) -> str:
    answer = client.get(reverse("team"), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_week_says_who_works_where(world: World, browser_of: Client) -> None:
    world.agent.telework_weekdays = [4]
    world.agent.save()
    service.book(world.agent, ask(world.mairie), TEST)
    page = week(browser_of)
    assert "Ada Durand" in page
    assert "Mairie de Marly" in page
    assert "Télétravail" in page


def test_who_shows_nothing_is_named_without_any_place(world: World, browser_of: Client) -> None:
    service.book(world.agent, ask(world.mairie), TEST)
    Agent.objects.filter(pk=world.agent.pk).update(visibility=Agent.Visibility.NOBODY, telework_weekdays=[4])
    page = week(browser_of)
    assert "Ada Durand" in page
    people = page.split('id="people"', 1)[1]
    assert "Mairie de Marly" not in people
    assert "en télétravail" not in page
    assert "Ne partage pas" in page


@pytest.mark.parametrize("name", ["team", "team_csv", "team_xlsx"])
def test_a_team_is_not_found_for_who_manages_none(world: World, name: str) -> None:
    assert world.client.get(reverse(name)).status_code == 404
    assert Client().get(reverse(name)).status_code == 302


@pytest.mark.parametrize("name", ["team", "team_csv", "team_xlsx"])
def test_a_service_out_of_one_s_care_is_not_found(world: World, browser_of: Client, name: str) -> None:
    other = factories.service(factories.organisation(world.territory))
    abroad = factories.service(factories.organisation(factories.territory()))
    for wanted in (other.pk, abroad.pk, 0, "tous"):
        assert browser_of.get(reverse(name), {"service": wanted}).status_code == 404


def test_a_manager_of_the_territory_chooses_among_all_its_services_and_no_other(
    world: World, mobility: Service
) -> None:
    everywhere = factories.agent(world.territory)
    factories.grant(everywhere, Grant.Role.MANAGER)
    factories.service(factories.organisation(world.territory), name="Culture")
    factories.service(factories.organisation(factories.territory()), name="Ailleurs")
    page = week(world.signed_in(everywhere))
    assert "Culture" in page
    assert "Mobilités" in page
    assert "Ailleurs" not in page


def test_people_of_another_territory_never_appear_even_in_a_service_of_ours(
    world: World, mobility: Service, browser_of: Client
) -> None:
    factories.agent(factories.territory(), service=mobility, last_name="Intrus", visibility="everyone")
    assert "Intrus" not in week(browser_of)


def test_a_manager_without_any_service_is_told_so(world: World) -> None:
    alone = factories.agent(world.territory)
    factories.grant(alone, Grant.Role.MANAGER, over=factories.organisation(world.territory))
    assert "Aucun service" in week(world.signed_in(alone))


@pytest.mark.parametrize("asked", ["", "demain", "0001-01-01", "9999-12-31"])
def test_a_senseless_week_means_this_one(browser_of: Client, asked: str) -> None:
    assert "lundi 30 novembre" in week(browser_of, week=asked)


def test_any_day_of_a_week_means_that_week(browser_of: Client) -> None:
    assert "lundi 7 décembre" in week(browser_of, week="2026-12-10")


def test_the_page_costs_the_same_for_a_large_team(
    world: World, mobility: Service, browser_of: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(30):
        factories.agent(world.territory, service=mobility, organisation=mobility.organisation)
    with django_assert_max_num_queries(15):
        week(browser_of)


def test_the_files_tell_what_the_page_tells_and_no_more(world: World, mobility: Service, browser_of: Client) -> None:
    hidden = factories.agent(world.territory, service=mobility, last_name="Secret", visibility=Agent.Visibility.NOBODY)
    service.book(world.agent, ask(world.mairie), TEST)
    service.book(hidden, ask(world.usual), TEST)
    text = browser_of.get(reverse("team_csv")).content.decode("utf-8-sig")
    sheet = load_workbook(io.BytesIO(browser_of.get(reverse("team_xlsx")).content)).active
    assert sheet is not None
    cells = [[str(c or "") for c in row] for row in sheet.iter_rows(values_only=True)]
    for told in (text, "\n".join(";".join(row) for row in cells)):
        assert "Durand" in told
        assert "Mairie de Marly, 9" in told
        assert "Siège" not in told
        assert "non partagé" in told
        assert world.agent.email not in told
    assert cells[0][3] == "mardi 1er décembre"


@pytest.mark.parametrize("text", ["=1+1", "+33", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_cell_is_ever_a_formula(text: str) -> None:
    assert plain(text).startswith("'")
    sheet = load_workbook(io.BytesIO(as_xlsx(["Nom"], [[text]]))).active
    assert sheet is not None
    assert sheet["A2"].data_type == "s"
    assert f"'{text[0]}" in as_csv(["Nom"], [[text]]).decode("utf-8-sig")


def test_a_control_character_in_a_name_does_not_break_the_file() -> None:
    assert as_xlsx(["Nom"], [["a\x00b"]])


def test_the_file_is_named_after_the_service_and_the_week(browser_of: Client) -> None:
    answer = browser_of.get(reverse("team_xlsx"), {"week": TUESDAY.isoformat()})
    assert answer["Content-Disposition"] == 'attachment; filename="equipe-mobilites-2026-11-30.xlsx"'
