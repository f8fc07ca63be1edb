from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from core.verdict import VERDICT_FIELDS


def _operations(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in schema["paths"].items():
        for operation in methods.values():
            yield path, operation


def test_every_verdict_field_is_described_with_an_example(served: Any) -> None:
    schema = served.get("/api/v1/openapi.json").json()["components"]["schemas"]["Verdict"]

    for field in VERDICT_FIELDS:
        described = schema["properties"][field.name]
        assert described["description"], field.name
        assert len(described["examples"]) == 1, field.name
        assert (field.name in schema["required"]) is True
        null_allowed = any(one.get("type") == "null" for one in described.get("anyOf", []))
        assert null_allowed is field.nullable, field.name


def test_every_field_of_every_answer_is_described(served: Any) -> None:
    schemas = served.get("/api/v1/openapi.json").json()["components"]["schemas"]

    bare = [
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, described in schema.get("properties", {}).items()
        if not described.get("description") and "$ref" not in json.dumps(described)
    ]
    assert bare == []
    assert len(schemas) > 15


def test_every_operation_says_what_it_does_and_how_it_fails(served: Any) -> None:
    schema = served.get("/api/v1/openapi.json").json()

    found = list(_operations(schema))
    assert len(found) >= 12
    for path, operation in found:
        assert operation["description"], path
        assert {"200", "422", "500"} <= set(operation["responses"]), path
        assert ({"401", "403"} <= set(operation["responses"])) is (operation["x-role"] != "anyone"), path
        for parameter in operation.get("parameters", []):
            assert parameter.get("description"), (path, parameter["name"])
        for code, response in operation["responses"].items():
            if int(code) >= 400:
                (media,) = response["content"]
                assert media == "application/problem+json", (path, code)
    assert "HTTPValidationError" not in schema["components"]["schemas"]


def test_references_lead_somewhere(served: Any) -> None:
    schema = served.get("/api/v1/openapi.json").json()

    text = json.dumps(schema)
    used = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert used <= set(schema["components"]["schemas"])
    assert "Problem" in used


def test_examples_of_parameters_are_accepted(served: Any) -> None:
    schema = served.get("/api/v1/openapi.json").json()

    tried = 0
    for path, operation in _operations(schema):
        if "{" in path:
            continue
        for parameter in operation.get("parameters", []):
            for example in parameter.get("examples", parameter["schema"].get("examples", [])):
                answer = served.get(path, params={parameter["name"]: example})
                assert answer.status_code == 200, (path, parameter["name"], answer.text)
                tried += 1
    assert tried >= 10
