"""What may be asked about predictions, as the API's description has it: this process's own names."""

from __future__ import annotations

from typing import Any

from core.profile import Profile, Variable


def add_wishes(schemas: dict[str, Any], profile: Profile) -> None:
    """Write the inputs, targets and quantities of a profile into the schemas of requests.

    A row calls each input by its name or by its field of a document. Letters of another case are
    taken, too; a schema has no words for that.
    """
    names = [v.name for v in (*profile.inputs, *profile.targets)] + [q.name for q in profile.quantities]
    regressors = {
        "type": "object",
        "properties": {
            target.name: {"type": "string", "enum": [rule.name for rule in profile.regressors]}
            for target in profile.targets
        },
        "additionalProperties": False,
        "default": {},
        "description": "Target to the regressor to ask instead of the chosen one.",
    }
    predictions, advice = schemas["PredictionWish"]["properties"], schemas["AdviceWish"]["properties"]
    fields = {".".join(variable.path): _number(variable) for variable in profile.inputs}
    predictions["rows"]["items"] = {
        "type": "object",
        "title": "Inputs",
        "description": "Each input once: by its name or by its field of a document, in any case of letters.",
        "properties": fields | {variable.name: _number(variable) for variable in profile.inputs},
        "additionalProperties": False,
        "allOf": [_once(variable) for variable in profile.inputs],
        "examples": _rows(profile),
    }
    band = advice["within"]["additionalProperties"]
    advice["within"] |= {"properties": dict.fromkeys(names, band), "additionalProperties": False}
    advice["within"]["examples"] = [_within(profile)]
    advice["minimize"] |= {"items": {"type": "string", "enum": names}, "examples": [names[-1:]]}
    for wish in (predictions, advice):
        wish["regressors"] = regressors


def _once(variable: Variable) -> dict[str, Any]:
    """The input stands in the row: as its name or as its field, not as both."""
    called = dict.fromkeys((variable.name, ".".join(variable.path)))
    return {"oneOf": [{"required": [name]} for name in called]}


def _rows(profile: Profile) -> list[dict[str, float]]:
    """The same row by fields and by names."""
    values = [1.0 if one.limits is None else sum(one.limits) / 2 for one in profile.inputs]
    called = [[".".join(one.path) for one in profile.inputs], [one.name for one in profile.inputs]]
    return [dict(zip(names, values, strict=True)) for names in called]


def _within(profile: Profile) -> dict[str, dict[str, float]]:
    """A limit on the first target."""
    first = profile.targets[0]
    if first.nominal is None or first.tolerance is None:
        return {first.name: {"low": 0.0}}
    low, high = first.nominal - first.tolerance, first.nominal + first.tolerance
    return {first.name: {"low": round(low, 6), "high": round(high, 6)}}


def _number(variable: Variable) -> dict[str, Any]:
    described: dict[str, Any] = {"type": "number", "description": variable.unit or "without unit"}
    if variable.limits is not None:
        described |= {"minimum": variable.limits[0], "maximum": variable.limits[1]}
    return described
