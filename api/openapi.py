"""The API's description, completed by what FastAPI cannot know: problems, keys, roles."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

from api.prediction.openapi_wishes import add_wishes
from api.problems import Problem
from core.profile import Profile

_EVERYWHERE = (401, 403, 413, 414, 421, 422, 431, 500, 503)
"""What any request may be answered with."""


def complete_openapi(app: FastAPI, profile: Profile, *, keys_needed: bool) -> None:
    """Make ``app.openapi`` say how every operation fails, which role it needs, and how a key is given.

    Parameters
    ----------
    app : FastAPI
    profile : Profile
        Where it predicts, its inputs, targets and regressors are what requests may name.
    keys_needed : bool
        Whether there is no operation without a key, as there is on loopback while no keys exist.
    """
    generate = app.openapi

    def openapi() -> Mapping[str, Any]:
        if app.openapi_schema:
            return app.openapi_schema
        schema = generate()
        _add_problems(schema)
        if profile.regressors:
            add_wishes(schema["components"]["schemas"], profile)
        schema["components"]["securitySchemes"] = {
            "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            "password": {"type": "http", "scheme": "basic", "description": "Any user; the key as password."},
        }
        security: list[dict[str, list[str]]] = [] if keys_needed else [{}]
        security += [{"key": []}, {"password": []}]
        answer = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        for operations in schema["paths"].values():
            for operation in operations.values():
                open_to_all = operation["x-role"] == "anyone"
                operation["security"] = [] if open_to_all else security
                for code in _EVERYWHERE:
                    if not (open_to_all and code in (401, 403)):
                        response = operation["responses"].setdefault(str(code), {})
                        response.setdefault("description", HTTPStatus(code).phrase)
                        response["content"] = answer
        return schema

    app.openapi = openapi  # type: ignore[method-assign, assignment]  # FastAPI's documented way


def _add_problems(schema: dict[str, Any]) -> None:
    """Put `Problem` where FastAPI has its own forms of error."""
    schemas = schema.setdefault("components", {}).setdefault("schemas", {})
    described = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(described.pop("$defs", {}))
    schemas["Problem"] = described
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
