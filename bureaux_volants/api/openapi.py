"""The OpenAPI 3.1 description: what ninja derives, with the problems that every operation may answer."""

from __future__ import annotations

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import REF_TEMPLATE, OpenAPISchema

from .problems import CONTENT_TYPE
from .schemas import ProblemOut

_MEANINGS = {
    400: "Requête illisible",
    401: "Jeton absent, inconnu, expiré ou révoqué",
    403: "Portée insuffisante",
    404: "Introuvable",
    409: "Complet, ou état qui ne le permet pas",
    413: "Requête trop volumineuse",
    415: "Type de contenu non accepté",
    422: "Demande refusée : forme ou règles",
}
#: What any operation may answer.
_ALWAYS = (401, 403, 422)


def problems(*statuses: int) -> dict[str, Any]:
    """The `openapi_extra` of an operation that may answer these problems besides the usual ones."""
    return {
        "responses": {
            status: {
                "description": _MEANINGS[status],
                "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
            for status in statuses
        }
    }


class DescribedAPI(NinjaAPI):
    """A NinjaAPI whose description names the problems."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        problem = ProblemOut.model_json_schema(ref_template=REF_TEMPLATE)
        schemas = schema["components"]["schemas"]
        schemas.update(problem.pop("$defs", {}))
        schemas["Problem"] = problem
        for path in schema["paths"].values():
            for operation in path.values():
                for parameter in operation["parameters"]:
                    if parameter["schema"].get("default", ...) is None:  # it may be left out; it is never null
                        del parameter["schema"]["default"]
                operation["responses"].update(problems(*_ALWAYS)["responses"])
                operation["responses"] = dict(sorted(operation["responses"].items()))
        return schema
