"""The archive that is published: tables, their schemas, the protocol, a description for machines and one to read. Pure.

Data Package (Frictionless, v1): https://specs.frictionlessdata.io/data-package/ . The same tables give the same bytes.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .bundle import as_json, zipped
from .schema import Table

#: Raised when a table gains, loses or changes a column.
VERSION = "1.0.0"
LICENCE = {
    "name": "etalab-2.0",
    "title": "Licence Ouverte / Open Licence 2.0",
    "path": "https://www.etalab.gouv.fr/licence-ouverte-open-licence",
}


#: Above all that a demonstration gives away: it may be passed on without the page that says so.
INVENTED = (
    "DÉMONSTRATION : les personnes, les trajets et les réponses sont inventés. À ne pas diffuser comme des données."
)


@dataclass(frozen=True, slots=True)
class About:
    """What is said of the whole. `protocol`: the frozen design, in canonical JSON; `notes`: what else a reader must know (French);
    `is_invented`: the territory is a demonstration's.
    """

    slug: str
    title: str
    question: str
    publisher: str
    design: str
    outcome: str
    unit: str
    ended: dt.date
    end_reason: str
    seed: int
    digest: str
    protocol: str
    code_version: str
    homepage: str
    is_invented: bool = False
    notes: tuple[str, ...] = ()


def packed(about: About, tables: Sequence[Table]) -> bytes:
    """The zip."""
    files: dict[str, bytes] = {"protocole.json": about.protocol.encode()}
    resources = []
    for table in tables:
        data = table.written()
        schema = table.schema(version=VERSION, created=about.ended, homepage=about.homepage)
        files[f"donnees/{table.name}.csv"] = data
        files[f"schemas/{table.name}.json"] = as_json(schema)
        resources.append(_resource(table, data))
    files["datapackage.json"] = as_json(_description(about, resources))
    files["LISEZ-MOI.txt"] = _to_read(about, tables).encode()
    return zipped(files)


def _resource(table: Table, data: bytes) -> dict[str, Any]:
    return {
        "profile": "tabular-data-resource",
        "name": table.name,
        "path": f"donnees/{table.name}.csv",
        "title": table.title,
        "description": table.description,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(data),
        "hash": f"sha256:{hashlib.sha256(data).hexdigest()}",
        "schema": f"schemas/{table.name}.json",
    }


def _description(about: About, resources: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "profile": "data-package",
        "name": about.slug,
        "title": about.title,
        "description": about.question,
        "version": VERSION,
        "created": f"{about.ended.isoformat()}T00:00:00Z",
        "homepage": about.homepage,
        "licenses": [LICENCE],
        "contributors": [{"title": about.publisher, "role": "publisher"}],
        "keywords": ["bureaux volants", "mobilité", "évaluation", "télétravail"],
        "resources": resources,
    }


def _to_read(about: About, tables: Sequence[Table]) -> str:
    is_drawn = any(row[-1] for table in tables if table.name == "ouvertures" for row in table.rows)
    parts = [
        *((INVENTED, "") if about.is_invented else ()),
        about.title,
        "=" * len(about.title),
        "",
        about.question,
        "",
        f"Publié par : {about.publisher}",
        f"Plan de l'essai : {about.design}",
        f"Critère principal : {about.outcome} ({about.unit})",
        f"Essai terminé le : {about.ended.isoformat()}" + (f" ({about.end_reason})" if about.end_reason else ""),
        f"Licence : {LICENCE['title']}, {LICENCE['path']}",
        "",
        "Fichiers",
        "--------",
        *(f"- donnees/{t.name}.csv : {t.title}. {t.description} Colonnes : schemas/{t.name}.json." for t in tables),
        "- protocole.json : le protocole tel qu'il a été figé avant la première ouverture. Son empreinte SHA-256 est",
        f"  {about.digest}.",
        *(
            [f"- La graine des tirages est {about.seed} : avec elle, l'ordre d'ouverture se refait à la main."]
            if is_drawn
            else []
        ),
        "",
        "Les CSV sont en UTF-8, séparés par des virgules, avec un point décimal et des dates AAAA-MM-JJ. Une case vide est une",
        "valeur qui n'est pas dite. Les schémas suivent Table Schema, la description d'ensemble Data Package (Frictionless).",
        "",
        "Ce qui protège les personnes",
        "----------------------------",
        "- Aucune ligne n'est celle d'une personne. On a promis à celles qui ont répondu que leurs réponses ne seraient lues que par",
        "  groupes de cinq au moins : un fichier ligne à ligne, même anonymisé, romprait cette promesse, et dans des communes où",
        "  quelques agents ont participé, leurs collègues les reconnaîtraient.",
        "- Aucun groupe de moins de cinq personnes n'est montré, et aucun ne se déduit en soustrayant un chiffre d'un autre, d'un",
        "  tableau à l'autre non plus : des chiffres de plus sont masqués pour cela (suppression secondaire, vérifiée par",
        "  programmation linéaire : Fischetti et Salazar, 2001).",
        "- Le tableau des profils, s'il est là, est k-anonyme (k = 5, généralisation de Samarati et Sweeney) et chaque groupe contient au",
        "  moins deux évolutions différentes (l-diversité, l = 2) : savoir qu'une personne en fait partie ne dit pas ce qu'elle a vécu.",
        "- Un essai se publie une seule fois, une fois terminé : deux versions côte à côte montreraient ce que quelqu'un a retiré.",
        "",
        "À savoir avant d'en tirer une conclusion",
        "----------------------------------------",
        "- Comparer « ouvert » et « pas ouvert », ou avant et après, ne donne pas l'effet : la saison et les communes diffèrent. Le",
        "  rapport de l'essai donne l'effet estimé, son incertitude et ce que les données ne permettent pas de dire.",
        "- Une semaine qui manque n'a pas été inventée ; qui n'a pas rempli son carnet n'y figure pas.",
        *(f"- {note}" for note in about.notes),
        "",
        f"Calculé par Bureaux Volants, version {about.code_version}.",
        "",
    ]
    return "\n".join(parts)
