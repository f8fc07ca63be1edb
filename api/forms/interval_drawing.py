"""A target as drawn: its interval against the size wanted and what was measured in training."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from api.prediction.names import Names
from api.words import say
from core.profile import Variable


def drawing(one: Mapping[str, Any], variable: Variable, measured: tuple[float, float], names: Names) -> str:
    """The HTML of one target's drawing; all positions are shares of its width.

    Parameters
    ----------
    one : mapping
        As of `api.prediction.schemas.SizeOut`.
    variable : Variable
        The target.
    measured : (low, high)
        Least and largest size measured in training.
    names : Names
    """
    low, high = domain(variable, measured)

    def at(value: float) -> float:
        return min(100.0, max(0.0, (value - low) / (high - low) * 100))

    def part(kind: str, first: float, last: float) -> str:
        return f'<i class="{kind}" style="left:{at(first):.2f}%;width:{at(last) - at(first):.2f}%"></i>'

    parts = [part("measured", *measured)]
    marks = []
    if variable.nominal is not None and variable.tolerance is not None:
        ends = variable.nominal - variable.tolerance, variable.nominal + variable.tolerance
        parts.insert(0, part("wanted", *ends))
        parts.append(f'<i class="nominal" style="left:{at(variable.nominal):.2f}%"></i>')
        marks = [ends[0], variable.nominal, ends[1]]
    said = f"{names.of(variable.name)}: –"
    if one["mean"] is not None:
        parts.append(part("interval" + _cut(one, low, high), one["low"], one["high"]))
        parts.append(f'<i class="mean" style="left:{at(one["mean"]):.2f}%"></i>')
        words = {key: names.value(variable.name, one[key]) for key in ("low", "high")}
        name, value = names.of(variable.name), names.value(variable.name, one["mean"])
        said = say("predict", "drawn", names.language, name=name, value=value, **words)
    labels = "".join(
        f'<span style="left:{at(value):.2f}%">{escape(names.number(value))}</span>' for value in marks
    )
    return (
        f'<div class="drawing" role="img" aria-label="{escape(said)}">{"".join(parts)}</div>'
        f'<div class="scale" aria-hidden="true">{labels}</div>'
    )


def domain(variable: Variable, measured: tuple[float, float]) -> tuple[float, float]:
    """The ends of a drawing: what is wanted and what was measured, with room on both sides."""
    ends = list(measured)
    if variable.nominal is not None and variable.tolerance is not None:
        ends += [variable.nominal - 1.5 * variable.tolerance, variable.nominal + 1.5 * variable.tolerance]
    room = 0.08 * (max(ends) - min(ends)) or 0.5
    return min(ends) - room, max(ends) + room


def legend(names: Names, coverage: float, *, wanted: bool) -> str:
    """What the parts of the drawings mean, as HTML; `wanted`: a size is wanted of some target."""
    share = names.number(100 * coverage)
    words = (
        ("interval", say("predict", "drawn_interval", names.language, share=share)),
        ("wanted", say("predict", "drawn_wanted", names.language)),
        ("measured", say("predict", "drawn_measured", names.language)),
    )
    items = "".join(
        f'<li><i class="{kind}"></i>{escape(text)}</li>' for kind, text in words if wanted or kind != "wanted"
    )
    return f'<ul class="legend">{items}</ul>'


def _cut(one: Mapping[str, Any], low: float, high: float) -> str:
    """Class names for an interval that goes on beyond the drawing."""
    return (" on-left" if one["low"] < low else "") + (" on-right" if one["high"] > high else "")
