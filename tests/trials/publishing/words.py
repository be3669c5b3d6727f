"""Reading a published archive as a stranger would: with what the standards say, not with our own code."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import re
import zipfile
from typing import Any

FIELD_TYPES = {"string", "integer", "number", "boolean", "date"}
CONSTRAINTS = {"required", "unique", "minimum", "maximum", "enum", "pattern", "minLength", "maxLength"}
NAME = re.compile(r"[a-z0-9._-]+")


def opened(package: bytes) -> dict[str, bytes]:
    """Files by name."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def faults_of_schema(schema: dict[str, Any]) -> list[str]:
    """What a descriptor of Table Schema (v1) must have, and schema.data.gouv.fr asks for beside."""
    found = [
        name for name in ("name", "title", "description", "version", "created", "homepage") if not schema.get(name)
    ]
    names = [f.get("name") for f in schema["fields"]]
    if len(set(names)) < len(names) or not names:
        found.append("fields")
    for field in schema["fields"]:
        if field.get("type") not in FIELD_TYPES or not field.get("title") or not field.get("description"):
            found.append(f"field {field.get('name')}")
        if not re.fullmatch(r"[a-z][a-z0-9_]*", str(field.get("name"))):
            found.append(f"name {field.get('name')}")
        if not set(field.get("constraints", {})) <= CONSTRAINTS:
            found.append(f"constraints {field.get('name')}")
    if not set(schema["primaryKey"]) <= set(names):
        found.append("primaryKey")
    if schema["missingValues"] != [""]:
        found.append("missingValues")
    return found


def rows_of(data: bytes, schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Each row with its values, typed as the schema says; a ValueError or AssertionError for one that is not."""
    reader = csv.reader(io.StringIO(data.decode(), newline=""))
    head = next(reader)
    assert head == [f["name"] for f in schema["fields"]]
    found = [{f["name"]: _typed(cell, f) for f, cell in zip(schema["fields"], line, strict=True)} for line in reader]
    keys = [tuple(row[name] for name in schema["primaryKey"]) for row in found]
    assert len(set(keys)) == len(keys)
    return found


def _typed(cell: str, field: dict[str, Any]) -> Any:
    rules = field.get("constraints", {})
    if cell == "":
        assert not rules.get("required"), field["name"]
        return None
    value: Any = cell
    match field["type"]:
        case "integer":
            value = int(cell)
        case "number":
            value = float(cell)
        case "boolean":
            value = {"true": True, "false": False}[cell]
        case "date":
            value = dt.datetime.strptime(cell, field["format"]).date()
    assert value in rules.get("enum", [value])
    assert re.fullmatch(rules.get("pattern", ".*"), cell, re.DOTALL)
    if "minimum" in rules:
        assert value >= rules["minimum"]
    return value


def read(package: bytes) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]], dict[str, bytes]]:
    """The description, each table's rows by name, and the files; every promise of the description is checked."""
    files = opened(package)
    described = json.loads(files["datapackage.json"])
    assert NAME.fullmatch(described["name"])
    assert described["licenses"][0]["name"] == "etalab-2.0"
    dt.datetime.strptime(described["created"], "%Y-%m-%dT%H:%M:%SZ")
    found = {}
    for resource in described["resources"]:
        data = files[resource["path"]]
        assert len(data) == resource["bytes"]
        assert resource["hash"] == "sha256:" + hashlib.sha256(data).hexdigest()
        assert NAME.fullmatch(resource["name"])
        schema = json.loads(files[resource["schema"]])
        assert faults_of_schema(schema) == []
        found[resource["name"]] = rows_of(data, schema)
    listed = {r["path"] for r in described["resources"]} | {r["schema"] for r in described["resources"]}
    assert set(files) == listed | {"datapackage.json", "LISEZ-MOI.txt", "protocole.json"}
    return described, found, files
