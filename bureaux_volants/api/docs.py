"""The documentation of the API as a page: made from its description, readable without a script."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bureaux_volants.booking.rules import codes

from .application import api
from .problems import PROBLEMS

#: Told once for all operations.
EVERYWHERE = (401, 403)


def _name(schema: dict[str, Any]) -> str:
    """A type in a word or two."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " | ".join(_name(s) for s in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(str(v) for v in schema["enum"])
    kind = str(schema.get("type", ""))
    if kind == "array":
        return f"[{_name(schema.get('items', {}))}]"
    if kind == "object":
        values = schema.get("additionalProperties")
        return f"{{{_name(values)}}}" if isinstance(values, dict) else kind
    return str(schema.get("format", kind))


def _fields(schema: dict[str, Any], components: dict[str, Any]) -> list[dict[str, Any]]:
    if "$ref" in schema:
        schema = components[_name(schema)]
    required = schema.get("required", [])
    return [
        {"name": n, "type": _name(s), "required": n in required, "description": s.get("description", "")}
        for n, s in schema.get("properties", {}).items()
    ]


def _content(part: dict[str, Any]) -> dict[str, Any]:
    contents = list(part.get("content", {}).values())
    return dict(contents[0]["schema"]) if contents else {}


def _operations(schema: dict[str, Any]) -> list[dict[str, Any]]:
    components = schema["components"]["schemas"]
    found = []
    for path, methods in schema["paths"].items():
        for method, said in methods.items():
            body = _content(said.get("requestBody", {}))
            found.append(
                {
                    "id": said["operationId"],
                    "method": method.upper(),
                    "path": path,
                    "summary": said["summary"],
                    "description": said.get("description", ""),
                    "parameters": [
                        {
                            "name": p["name"],
                            "place": p["in"],
                            "type": _name(p["schema"]),
                            "required": p["required"],
                            "description": p.get("description", ""),
                        }
                        for p in said["parameters"]
                    ],
                    "body": _fields(body, components),
                    "responses": [
                        {"status": status, "description": r["description"], "type": _name(_content(r))}
                        for status, r in said["responses"].items()
                        if status not in EVERYWHERE
                    ],
                }
            )
    return found


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Every operation, every shape, every code."""
    schema = api.get_openapi_schema()
    components = schema["components"]["schemas"]
    context = {
        "base": request.build_absolute_uri("/api/v1"),
        "operations": _operations(schema),
        "shapes": [
            {"name": name, "fields": _fields(shape, components)}
            for name, shape in sorted(components.items())
            if shape.get("properties")
        ],
        "problems": [{"code": code, "status": int(status), "title": t} for code, (status, t) in PROBLEMS.items()],
        "rules": codes(),
    }
    return render(request, "api/docs.html", context)
