"""The tables of factors, fares and allowances as sheets: read from CSV with every fault told at once, and written back. Pure.

A sheet states the unit of every line. What is out of all proportion is refused: kilogrammes typed for grammes, a car's figure that
was already divided by the people aboard, euros per hundred kilometres.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from .allowances import AllowanceTable
from .factors import CAR_ENERGIES, KEYS, Factor, FactorTable, Per
from .fares import FareTable


class Kind(StrEnum):
    """What a table tells."""

    FACTORS = "factors"
    FARES = "fares"
    ALLOWANCES = "allowances"


Table = FactorTable | FareTable | AllowanceTable

#: The columns of each kind of sheet, in order.
COLUMNS: dict[Kind, tuple[str, ...]] = {
    Kind.FACTORS: ("cle", "usage", "fabrication", "unite", "source"),
    Kind.FARES: ("cle", "valeur", "unite"),
    Kind.ALLOWANCES: ("jusqu_a_km", "valeur", "unite"),
}
UNITS: dict[Per, str] = {Per.PERSON: "gCO2e/personne.km", Per.VEHICLE: "gCO2e/véhicule.km"}
PER_TRIP, PER_VEHICLE_KM, PER_KM = "EUR/trajet", "EUR/véhicule.km", "EUR/km"

#: gCO2e per kilometre in all that anybody has published for each, with a wide margin: what is outside was typed in another unit.
PLAUSIBLE_GRAMS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "walk": (0, 10),
        "bike": (0, 30),
        "ebike": (1, 60),
        "cargo_bike": (1, 80),
        "bus": (5, 300),
        "rapid_bus": (5, 300),
        "coach": (5, 150),
        "tram": (0.5, 100),
        "metro": (0.5, 100),
        "train": (0.5, 200),
        "car_diesel": (100, 600),
        "car_petrol": (100, 600),
        "car_hybrid": (80, 500),
        "car_electric": (20, 300),
    }
)
#: The keys of a sheet of fares, each with its unit and the EUR that are believed.
FARE_KEYS: Mapping[str, tuple[str, float, float]] = MappingProxyType(
    {"ticket": (PER_TRIP, 0, 20)}
    | {f"car_{energy}": (PER_VEHICLE_KM, 0.01, 1) for energy in CAR_ENERGIES}
    | dict.fromkeys(("bike", "ebike", "cargo_bike"), (PER_VEHICLE_KM, 0, 1))
)
#: EUR per kilometre of own car that are believed, and the longest list of bands.
PLAUSIBLE_RATE, MOST_BANDS = (0.05, 1.5), 12

VERSION = re.compile(r"[a-z0-9][a-z0-9.-]{1,39}")
MOST_CHARACTERS = 100_000


class Faulty(Exception):
    """A sheet that cannot be used; `faults` are French sentences, one for each fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(" ".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    cells: Mapping[str, str]


def read_sheet(kind: Kind, text: str, version: str, since: dt.date, source: str) -> Table:
    """The table that a CSV sheet tells; semicolons, commas or tabs, decimals with a comma or a point. Raises Faulty."""
    faults: list[str] = []
    if not VERSION.fullmatch(version):
        faults.append(
            "Nommez la version avec 2 à 40 lettres minuscules sans accent, chiffres, points ou tirets, par exemple « ademe-2027-01 »."
        )
    if len(source.strip()) < 5:
        faults.append("Indiquez d'où viennent ces chiffres : texte, délibération ou publication, avec sa date.")
    lines = _lines(kind, text, faults)
    read: Callable[[list[_Line], list[str], str, dt.date, str], Table | None] = {
        Kind.FACTORS: _factors,
        Kind.FARES: _fares,
        Kind.ALLOWANCES: _allowances,
    }[kind]
    table = read(lines, faults, version, since, source.strip()) if lines else None
    if faults or table is None:
        raise Faulty(faults)
    return table


def write_sheet(table: Table) -> str:
    """The table as a CSV sheet that `read_sheet` reads back."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    writer.writerow(COLUMNS[kind_of(table)])
    for row in rows_of(table):
        writer.writerow(row)
    return out.getvalue()


def kind_of(table: Table) -> Kind:
    if isinstance(table, FactorTable):
        return Kind.FACTORS
    return Kind.FARES if isinstance(table, FareTable) else Kind.ALLOWANCES


def rows_of(table: Table) -> list[tuple[str, ...]]:
    """The lines of the table's sheet, as COLUMNS."""
    if isinstance(table, FactorTable):
        return [
            (key, _told(f.use), _told(f.manufacturing), UNITS[f.per], f.source)
            for key, f in ((key, table.factors[key]) for key in KEYS)
        ]
    if isinstance(table, FareTable):
        values = {"ticket": table.ticket} | {f"car_{e}": v for e, v in table.car_km.items()} | dict(table.bike_km)
        return [(key, _told(values[key]), unit) for key, (unit, _low, _high) in FARE_KEYS.items()]
    return [("" if math.isinf(upto) else _told(upto), _told(rate), PER_KM) for upto, rate in table.bands]


def _told(value: float) -> str:
    return repr(int(value) if value == int(value) else value).replace(".", ",")


def _bare(text: str) -> str:
    """Without accents, case, spaces: what people type for the same column or unit."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return plain.strip().replace(" ", "").replace("€", "eur").replace("·", ".").replace("'", "_")


def _lines(kind: Kind, text: str, faults: list[str]) -> list[_Line]:
    columns = COLUMNS[kind]
    if len(text) > MOST_CHARACTERS or "\0" in text:
        faults.append("Ce fichier n'est pas un tableau de ce genre : envoyez un CSV de quelques lignes.")
        return []
    first = next((line for line in text.lstrip("\ufeff").splitlines() if line.strip()), "")
    if not first:
        faults.append("Le tableau est vide : partez de celui qui est en service.")
        return []
    delimiter = max(";\t,", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=delimiter))
    except csv.Error:
        faults.append("Ce fichier n'est pas un CSV : un guillemet n'y est pas refermé.")
        return []
    numbered = [(n, row) for n, row in enumerate(rows, 1) if any(cell.strip() for cell in row)]
    head = [_bare(cell) for cell in numbered[0][1]]
    if missing := [c for c in columns if c not in head]:
        faults.append(
            f"Ligne {numbered[0][0]} : il manque {_these('la colonne', 'les colonnes', missing)} ; "
            f"l'en-tête est {';'.join(columns)}."
        )
        return []
    found = []
    for number, row in numbered[1:]:
        if len(row) > len(head):
            faults.append(
                f"Ligne {number} : {len(row)} cases pour {len(head)} colonnes ; une valeur contient-elle « {delimiter} » ?"
            )
            continue
        cells = dict(zip(head, [c.strip() for c in row] + [""] * (len(head) - len(row)), strict=True))
        found.append(_Line(number, cells))
    if not found and not faults:
        faults.append("Le tableau n'a que son en-tête : partez de celui qui est en service.")
    return found


def _these(one: str, several: str, names: list[str]) -> str:
    return f"{one if len(names) == 1 else several} {', '.join(names)}"


def _value(line: _Line, column: str, faults: list[str]) -> float | None:
    text = line.cells[column].replace("\u202f", "").replace("\u00a0", "").replace(" ", "").replace(",", ".")
    if re.fullmatch(r"[+-]?\d+(\.\d+)?", text):
        return float(text)
    said = f"« {line.cells[column]} » n'est pas un nombre" if line.cells[column] else "la valeur manque"
    faults.append(f"Ligne {line.number}, {column} : {said}.")
    return None


def _unit(line: _Line, accepted: str, faults: list[str], why: str = "") -> bool:
    if _bare(line.cells["unite"]) == _bare(accepted):
        return True
    said = f"« {line.cells['unite']} »" if line.cells["unite"] else "rien"
    faults.append(f"Ligne {line.number}, unite : {accepted} est attendu, et non {said}{why}.")
    return False


def _keyed(lines: list[_Line], keys: tuple[str, ...], faults: list[str]) -> dict[str, _Line]:
    """Each key's line; unknown ones, doubles and missing ones are faults."""
    found: dict[str, _Line] = {}
    for line in lines:
        key = line.cells["cle"].lower()
        if key not in keys:
            faults.append(f"Ligne {line.number}, cle : « {line.cells['cle']} » est inconnue ; retirez la ligne.")
        elif key in found:
            faults.append(f"Ligne {line.number}, cle : {key} est déjà à la ligne {found[key].number}.")
        else:
            found[key] = line
    if missing := [key for key in keys if key not in found]:
        faults.append(f"Il manque {_these('la ligne', 'les lignes', missing)}.")
    return found


def _number(value: float) -> str:
    return f"{value:g}".replace(".", ",")


def _factors(lines: list[_Line], faults: list[str], version: str, since: dt.date, source: str) -> FactorTable | None:
    found: dict[str, Factor] = {}
    for key, line in _keyed(lines, KEYS, faults).items():
        is_car = key.startswith("car_")
        per = Per.VEHICLE if is_car else Per.PERSON
        why = " : les voitures se comptent par véhicule, avant tout partage entre occupants" if is_car else ""
        use, making = _value(line, "usage", faults), _value(line, "fabrication", faults)
        stated = _unit(line, UNITS[per], faults, why)
        if not line.cells["source"]:
            faults.append(f"Ligne {line.number}, source : dites d'où vient le facteur de {key}.")
        if use is None or making is None or not stated:
            continue
        if use < 0 or making < 0:
            faults.append(f"Ligne {line.number} : un facteur n'est pas négatif.")
            continue
        low, high = PLAUSIBLE_GRAMS[key]
        if not low <= use + making <= high:
            faults.append(
                f"Ligne {line.number}, {key} : {_number(use + making)} g en tout n'est pas vraisemblable "
                f"(entre {_number(low)} et {_number(high)}) ; les valeurs sont en grammes par kilomètre."
            )
        found[key] = Factor(use, making, per, line.cells["source"])
    return None if faults else FactorTable(version, since, source, MappingProxyType(found))


def _fares(lines: list[_Line], faults: list[str], version: str, since: dt.date, source: str) -> FareTable | None:
    found: dict[str, float] = {}
    for key, line in _keyed(lines, tuple(FARE_KEYS), faults).items():
        unit, low, high = FARE_KEYS[key]
        value, stated = _value(line, "valeur", faults), _unit(line, unit, faults)
        if value is None or not stated:
            continue
        if not low <= value <= high:
            faults.append(
                f"Ligne {line.number}, {key} : {_number(value)} € n'est pas vraisemblable "
                f"(entre {_number(low)} et {_number(high)} {unit})."
            )
        found[key] = value
    if faults:
        return None
    return FareTable(
        version,
        since,
        source,
        found["ticket"],
        MappingProxyType({energy: found[f"car_{energy}"] for energy in CAR_ENERGIES}),
        MappingProxyType({key: found[key] for key in ("bike", "ebike", "cargo_bike")}),
    )


def _allowances(
    lines: list[_Line], faults: list[str], version: str, since: dt.date, source: str
) -> AllowanceTable | None:
    bands: list[tuple[float, float]] = []
    low, high = PLAUSIBLE_RATE
    if len(lines) > MOST_BANDS:
        faults.append(f"Au plus {MOST_BANDS} tranches.")
        return None
    for line in lines:
        upto = _value(line, "jusqu_a_km", faults) if line.cells["jusqu_a_km"] else math.inf
        rate, stated = _value(line, "valeur", faults), _unit(line, PER_KM, faults)
        if upto is None or rate is None or not stated:
            continue
        if not low <= rate <= high:
            faults.append(
                f"Ligne {line.number} : {_number(rate)} € par kilomètre n'est pas vraisemblable "
                f"(entre {_number(low)} et {_number(high)})."
            )
        if upto <= (bands[-1][0] if bands else 0):
            faults.append(f"Ligne {line.number} : chaque tranche va plus loin que la précédente.")
        bands.append((upto, rate))
    if not faults and not math.isinf(bands[-1][0]):
        faults.append("La dernière tranche n'a pas de fin : laissez sa case jusqu_a_km vide.")
    return None if faults else AllowanceTable(version, since, source, tuple(bands))
