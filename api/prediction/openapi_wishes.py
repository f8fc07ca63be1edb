"""What may be asked about predictions, as the API's description has it: this process's own names."""

from __future__ import annotations

from typing import Any

from core.profile import Profile, Variable


def add_wishes(schemas: dict[str, Any], profile: Profile) -> None:
    """Write the inputs, targets and quantities of a profile into the schemas of requests.

    Fields of a document are taken as names, too; only the names are described.
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
    predictions["rows"]["items"] = {
        "type": "object",
        "title": "Inputs",
        "properties": {variable.name: _number(variable) for variable in profile.inputs},
        "required": [variable.name for variable in profile.inputs],
        "additionalProperties": False,
    }
    band = advice["within"]["additionalProperties"]
    advice["within"] |= {"properties": dict.fromkeys(names, band), "additionalProperties": False}
    advice["minimize"]["items"] = {"type": "string", "enum": names}
    for wish in (predictions, advice):
        wish["regressors"] = regressors


def _number(variable: Variable) -> dict[str, Any]:
    described: dict[str, Any] = {"type": "number", "description": variable.unit or "without unit"}
    if variable.limits is not None:
        described |= {"minimum": variable.limits[0], "maximum": variable.limits[1]}
    return described
