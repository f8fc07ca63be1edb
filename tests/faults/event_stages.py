"""The stages after ``$changeStream`` that the fake primary knows: ``$match`` and ``$project``.

What it does not know it refuses aloud, rather than let a test pass on a guess.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import bson
from bson.raw_bson import RawBSONDocument

from tests.faults.server_error import ServerError

Event = dict[str, Any]
_MISSING = object()


@dataclass(frozen=True, slots=True)
class EventStages:
    """``$match`` and ``$project`` stages in their order, and whether large events are split."""

    stages: Sequence[tuple[str, Mapping[str, Any]]]
    splits: bool

    def apply(self, event: Event) -> Event | None:
        """The event as these stages leave it; None where one keeps it back."""
        for name, option in self.stages:
            if name == "$match":
                if not matches(event, option):
                    return None
            else:
                event = projected(event, option)
        return event


def read_stages(stages: Sequence[Mapping[str, Any]]) -> EventStages:
    """Check the stages that follow ``$changeStream``.

    Raises
    ------
    ServerError
        40324, as an older server has it, for one that is not known.
    """
    known: list[tuple[str, Mapping[str, Any]]] = []
    splits = False
    for stage in stages:
        [(name, option)] = stage.items()
        if name == "$changeStreamSplitLargeEvent":
            splits = True
        elif name in ("$match", "$project"):
            known.append((name, option))
        else:
            raise ServerError(40324, f"Unrecognized pipeline stage name: {name!r}")
    return EventStages(known, splits)


def matches(event: Mapping[str, Any], query: Mapping[str, Any]) -> bool:
    """Whether an event fits a query of equalities and the operators below."""
    return all(_fits(event, name, wanted) for name, wanted in query.items())


def _fits(event: Mapping[str, Any], name: str, wanted: Any) -> bool:
    if name == "$and":
        return all(matches(event, one) for one in wanted)
    if name == "$or":
        return any(matches(event, one) for one in wanted)
    if name == "$nor":
        return not any(matches(event, one) for one in wanted)
    if name == "$expr":
        return _short_enough(event, wanted)
    value = _at(event, name)
    if not (isinstance(wanted, Mapping) and any(key.startswith("$") for key in wanted)):
        return bool(value == wanted)
    return all(_holds(value, operator, operand) for operator, operand in wanted.items())


def _short_enough(event: Mapping[str, Any], wanted: Any) -> bool:
    """The one expression known: a limit to the token's length."""
    most: Any = wanted["$lte"][1] if isinstance(wanted, Mapping) and "$lte" in wanted else None
    if wanted != {"$lte": [{"$strLenBytes": "$_id._data"}, most]}:
        raise ServerError(168, f"expected a limit to the length of _id._data in $expr, got {wanted!r}")
    return bool(len(event["_id"]["_data"]) <= most)


def _holds(value: Any, operator: str, operand: Any) -> bool:
    match operator:
        case "$eq":
            return bool(value == operand)
        case "$ne":
            return bool(value != operand)
        case "$in":
            return value in operand
        case "$nin":
            return value not in operand
        case "$exists":
            return (value is not _MISSING) == bool(operand)
        case "$regex":
            return isinstance(value, str) and re.search(operand, value) is not None
    raise ServerError(2, f"unknown operator: {operator}")


def _at(event: Mapping[str, Any], path: str) -> Any:
    value: Any = event
    for name in path.split("."):
        if isinstance(value, RawBSONDocument):
            value = bson.decode(value.raw)
        if not isinstance(value, Mapping) or name not in value:
            return _MISSING
        value = value[name]
    return value


def projected(event: Event, fields: Mapping[str, Any]) -> Event:
    """Only the fields named 1 and the token, or all but those named 0."""
    if any("." in name for name in fields) or any(value not in (0, 1) for value in fields.values()):
        raise ServerError(2, f"expected whole fields with 0 or 1 in $project, got {dict(fields)!r}")
    kept = {name for name, value in fields.items() if value}
    if kept:
        return {name: value for name, value in event.items() if name in kept or name == "_id"}
    return {name: value for name, value in event.items() if name not in fields}
