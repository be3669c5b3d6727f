"""Facteurs et barèmes: seen with their source, replaced by a new version, never lost when something is wrong."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from bureaux_volants.territory.models import Grant
from bureaux_volants.travel.footprint import BUILT_IN
from bureaux_volants.travel.models import TableVersion
from bureaux_volants.travel.sheets import write_sheet
from tests import factories

from .conftest import World

FARES = write_sheet(BUILT_IN.fares)


@pytest.fixture
def administrator(world: World) -> Client:
    made = factories.agent(world.territory, first_name="Anouk")
    factories.grant(made, Grant.Role.ADMINISTRATOR)
    return world.signed_in(made)


def sent(**more: object) -> dict[str, object]:
    values = {"version": "reseau-2027", "since": "2026-11-30", "source": "Délibération du 14 décembre 2026"}
    return {**values, "text": FARES.replace("ticket;2", "ticket;2,20"), **more}


def test_the_page_shows_what_is_in_force_with_its_source_and_date(administrator: Client) -> None:
    page = administrator.get(reverse("tables")).content.decode()
    for table in (BUILT_IN.factors, BUILT_IN.fares, BUILT_IN.allowances):
        assert table.version in page
    assert "ADEME, Impact CO2" in page
    assert "livrée avec le logiciel" in page


def test_a_new_version_is_put_in_force_and_the_former_is_still_known(administrator: Client) -> None:
    form = administrator.get(reverse("tables_new", args=["fares"])).content.decode()
    assert "ticket;2;EUR/trajet" in form
    done = administrator.post(reverse("tables_new", args=["fares"]), sent(), follow=True).content.decode()
    assert "La version «\u00a0reseau-2027\u00a0» est enregistrée" in done
    assert "Délibération du 14 décembre 2026" in done
    assert "2 versions connues" in done
    assert "Anouk" in done
    former = administrator.get(reverse("tables_csv", args=["fares", BUILT_IN.fares.version]))
    assert former.content.decode("utf-8-sig") == FARES


def test_a_file_of_a_spreadsheet_is_read_whatever_its_alphabet(administrator: Client) -> None:
    file = SimpleUploadedFile("tarifs.csv", FARES.replace("ticket;2", "ticket;3").encode("cp1252"), "text/csv")
    answer = administrator.post(reverse("tables_new", args=["fares"]), sent(file=file))
    assert answer.status_code == 302
    assert "ticket;3;EUR/trajet" in TableVersion.objects.get().sheet


def test_a_faulty_sheet_says_every_fault_keeps_what_was_sent_and_changes_nothing(administrator: Client) -> None:
    file = SimpleUploadedFile("tarifs.csv", FARES.replace("ticket;2", "ticket;deux").encode(), "text/csv")
    answer = administrator.post(reverse("tables_new", args=["fares"]), sent(file=file, version="Été"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "pour ces 2 raisons" in page
    assert "«\u00a0deux\u00a0» n&#x27;est pas un nombre" in page
    assert "ticket;deux;EUR/trajet" in page
    assert "Délibération du 14 décembre 2026" in page
    assert not TableVersion.objects.exists()


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"since": ""}, "Indiquez le premier jour"),
        ({"since": "2099-01-01"}, "Ce jour est trop loin."),
        ({"source": ""}, "Indiquez d&#x27;où viennent ces chiffres"),
        ({"version": ""}, "Nommez la version"),
        ({"text": ""}, "Le tableau est vide"),
        ({"file": SimpleUploadedFile("gros.csv", b"x" * 200_000)}, "trop gros"),
    ],
)
def test_what_is_missing_is_asked_for(administrator: Client, more: dict[str, object], told: str) -> None:
    answer = administrator.post(reverse("tables_new", args=["fares"]), sent(**more))
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not TableVersion.objects.exists()


def test_an_administrator_of_one_commune_does_not_replace_the_territory_s_tables(world: World) -> None:
    made = factories.agent(world.territory)
    factories.grant(made, Grant.Role.ADMINISTRATOR, over=factories.organisation(world.territory))
    client = world.signed_in(made)
    assert client.get(reverse("tables")).status_code == 404
    assert client.post(reverse("tables_new", args=["fares"]), sent()).status_code == 404
    assert client.get(reverse("tables_csv", args=["fares", BUILT_IN.fares.version])).status_code == 404


def test_another_territory_s_version_is_not_found(world: World, administrator: Client) -> None:
    administrator.post(reverse("tables_new", args=["fares"]), sent())
    elsewhere = factories.territory()
    other = factories.agent(elsewhere)
    factories.grant(other, Grant.Role.ADMINISTRATOR)
    assert world.signed_in(other).get(reverse("tables_csv", args=["fares", "reseau-2027"])).status_code == 404
    assert administrator.get(reverse("tables_csv", args=["fares", "rien"])).status_code == 404
    assert administrator.get(reverse("tables_new", args=["rien"])).status_code == 404
