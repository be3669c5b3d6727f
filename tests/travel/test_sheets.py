"""Sheets of factors, fares and allowances: read back as they were written, and every fault told in a sentence."""

from __future__ import annotations

import datetime as dt

import pytest

from bureaux_volants.travel.factors import FactorTable
from bureaux_volants.travel.fares import FareTable
from bureaux_volants.travel.footprint import BUILT_IN
from bureaux_volants.travel.sheets import Faulty, Kind, Table, kind_of, read_sheet, write_sheet

SINCE = dt.date(2027, 1, 1)
SHIPPED: list[Table] = [BUILT_IN.factors, BUILT_IN.fares, BUILT_IN.allowances]
FACTORS, FARES, ALLOWANCES = (write_sheet(table) for table in SHIPPED)


def read(kind: Kind, text: str) -> Table:
    return read_sheet(kind, text, "essai-2027", SINCE, "Délibération du 14 décembre 2026")


def faults(kind: Kind, text: str) -> str:
    with pytest.raises(Faulty) as told:
        read(kind, text)
    return "\n".join(told.value.faults)


@pytest.mark.parametrize("table", SHIPPED, ids=lambda t: kind_of(t).value)
def test_a_table_written_is_the_same_table_read(table: Table) -> None:
    assert read_sheet(kind_of(table), write_sheet(table), table.version, table.since, table.source) == table


def test_a_spreadsheet_s_own_ways_are_read() -> None:
    text = "\ufeff" + FARES.replace("cle;valeur;unite", "Clé;Valeur;Unité").replace("EUR/trajet", "€/trajet") + "\n\n"
    table = read(Kind.FARES, text.replace("ticket;2", "ticket; 1,90 ").replace("\n", "\r\n"))
    assert isinstance(table, FareTable)
    assert table.ticket == pytest.approx(1.9)
    with_tabs = read(Kind.FACTORS, FACTORS.replace(";", "\t"))
    assert isinstance(with_tabs, FactorTable)
    assert with_tabs.factors["bike"].manufacturing == pytest.approx(0.17)


@pytest.mark.parametrize(
    ("kind", "text", "told"),
    [
        (Kind.FARES, "", "Le tableau est vide"),
        (Kind.FARES, "cle;valeur;unite\n", "n'a que son en-tête"),
        (Kind.FARES, "cle;valeur\nticket;2\n", "il manque la colonne unite"),
        (Kind.FARES, FARES.replace("ticket;2", "ticket;deux"), "Ligne 2, valeur : « deux » n'est pas un nombre."),
        (Kind.FARES, FARES.replace("ticket;2", "ticket;"), "Ligne 2, valeur : la valeur manque."),
        (Kind.FARES, FARES.replace("ticket;2", "ticket;200"), "Ligne 2, ticket : 200 € n'est pas vraisemblable"),
        (Kind.FARES, FARES.replace("EUR/trajet", ""), "EUR/trajet est attendu, et non rien"),
        (Kind.FARES, FARES + "ticket;3;EUR/trajet\n", "ticket est déjà à la ligne 2"),
        (Kind.FARES, FARES + "avion;3;EUR/trajet\n", "« avion » est inconnue"),
        (Kind.FARES, FARES.replace("bike;0,02", "velo;0,02"), "Il manque la ligne bike."),
        (Kind.FARES, FARES.replace("ticket;2", "ticket;2;3"), "Ligne 2 : 4 cases pour 3 colonnes"),
        (Kind.FACTORS, FACTORS.replace("car_diesel;176,892416;50,713044", "car_diesel;0,177;0,051"), "en grammes"),
        (
            Kind.FACTORS,
            FACTORS.replace("gCO2e/véhicule.km", "gCO2e/personne.km"),
            "par véhicule, avant tout partage entre occupants",
        ),
        (Kind.FACTORS, FACTORS.replace("bus;113,5", "bus;-113,5"), "un facteur n'est pas négatif"),
        (Kind.FACTORS, FACTORS.replace("id 30 « marche »", ""), "dites d'où vient le facteur de walk"),
        (Kind.ALLOWANCES, ALLOWANCES.replace(";0,23", "20000;0,23"), "La dernière tranche n'a pas de fin"),
        (Kind.ALLOWANCES, ALLOWANCES.replace("10000", "1000"), "Ligne 3 : chaque tranche va plus loin"),
        (Kind.ALLOWANCES, ALLOWANCES.replace("0,32", "32"), "Ligne 2 : 32 € par kilomètre n'est pas vraisemblable"),
    ],
)
def test_each_fault_is_told_with_its_line(kind: Kind, text: str, told: str) -> None:
    assert told in faults(kind, text)


def test_every_fault_is_told_at_once() -> None:
    text = FARES.replace("ticket;2", "ticket;deux").replace("car_diesel;0,152", "car_diesel;15,2")
    with pytest.raises(Faulty) as told:
        read_sheet(Kind.FARES, text, "Été 2027", SINCE, "")
    assert [f.split(" ")[0] for f in told.value.faults] == ["Nommez", "Indiquez", "Ligne", "Ligne"]
