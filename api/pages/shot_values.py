"""Every measured value of a shot as a row: value, normal band, where it lies, what it did to the score."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

from api.explanation import quantity
from api.words import Language, number, say, variable_name

_BAND_WIDTH, _EFFECT_WIDTH, _HEIGHT = 180, 140, 18
_SHOWN = 3.0
"""Half bands to each side of the middle that a band's drawing shows; beyond, an arrow points out."""


class MeasuredValue(NamedTuple):
    """One row.

    Attributes
    ----------
    variable, unit : str
    value, low, high : float or None
        Value and normal band; None where it is missing or unknown.
    effect : float or None
        By how many thousandths of itself the score falls with the usual value in its place; None:
        no model scored.
    unseen : bool
        Far outside the range of training.
    filled : str or None
        The way it was filled where it was not measured.
    """

    variable: str
    unit: str
    value: float | None
    low: float | None
    high: float | None
    effect: float | None
    unseen: bool
    filled: str | None

    @property
    def state(self) -> str:
        """``unseen``, ``outside`` or ``inside`` its band; ``unknown`` where nothing can be said."""
        if self.unseen:
            return "unseen"
        if self.value is None or self.low is None or self.high is None:
            return "unknown"
        return "inside" if self.low <= self.value <= self.high else "outside"


def values_table(rows: Sequence[MeasuredValue], language: Language, called: Mapping[str, str]) -> str:
    """The table as HTML, in the order of `rows`; `called`: see `api.explanation.labels`."""
    greatest = max((abs(row.effect) for row in rows if row.effect is not None), default=0.0)
    names = ("variable", "value", "band", "effect") if greatest > 0 else ("variable", "value", "band")
    head = "".join(f'<th scope="col">{escape(say("shot", name, language))}</th>' for name in names)
    body = "".join(_row(row, greatest, language, called.get(row.variable, "")) for row in rows)
    note = f'<p class="note">{escape(say("shot", "effect_help", language))}</p>' if greatest > 0 else ""
    return f'<table class="values"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}'


def _row(row: MeasuredValue, greatest: float, language: Language, label: str) -> str:
    value = quantity(row.value, row.unit, language)
    if row.value is None:
        value = say("shot", "missing", language)
    notes = []
    if row.unseen:
        notes.append(say("shot", "beyond", language))
    if row.filled:
        notes.append(say("reason", "filled", language, way=say("way", row.filled, language)))
    under = "".join(f'<span class="note">{escape(text)}</span>' for text in notes)
    band = "–"
    if row.low is not None and row.high is not None:
        band = f"{number(row.low, language)} … {quantity(row.high, row.unit, language)}"
    effect = ""
    if greatest > 0:
        effect = f'<td class="effect">{_effect(row.effect, greatest, language)}</td>'
    return (
        f'<tr class="{row.state}"><th scope="row">{escape(variable_name(row.variable, language, label))}</th>'
        f'<td class="value"><b>{escape(value)}</b>{under}</td>'
        f'<td class="band">{_band(row)}<span class="of">{escape(band)}</span></td>{effect}</tr>'
    )


def _band(row: MeasuredValue) -> str:
    """The normal band as a bar and the value on it; an arrow where it lies beyond the drawing."""
    if row.low is None or row.high is None:
        return ""
    middle, half = _BAND_WIDTH / 2, _BAND_WIDTH / 2 / _SHOWN
    # The drawing says with its shape what the words beside it say: hidden from readers.
    drawn = (
        f'<rect class="room" x="0" y="7" width="{_BAND_WIDTH}" height="4" rx="2"/>'
        f'<rect class="normal" x="{middle - half:g}" y="4" width="{2 * half:g}" height="10" rx="2"/>'
    )
    if row.value is not None:
        place = _half_bands(row.value, row.low, row.high)
        x = middle + max(-_SHOWN, min(place, _SHOWN)) * half
        if abs(place) > _SHOWN:
            tip = 1 if place > 0 else -1
            drawn += f'<path class="at" d="M{x:g} 9l{-9 * tip} -7v14z"/>'
        else:
            left = min(max(x - 2, 0.0), _BAND_WIDTH - 4.0)
            drawn += f'<rect class="at" x="{left:.4g}" y="1" width="4" height="16" rx="1"/>'
    return _svg("position", _BAND_WIDTH, drawn)


def _half_bands(value: float, low: float, high: float) -> float:
    """How far a value lies from the middle of its band, in half widths of it.

    >>> _half_bands(4.0, 1.0, 3.0), _half_bands(2.0, 2.0, 2.0), _half_bands(3.0, 2.0, 2.0)
    (2.0, 0.0, inf)
    """
    apart, half = value - (low + high) / 2, (high - low) / 2
    if half > 0:
        return apart / half
    return math.copysign(math.inf, apart) if apart else 0.0


def _effect(effect: float | None, greatest: float, language: Language) -> str:
    """What a value did to the score: to the right it pushes it up, to the left it holds it down."""
    if effect is None:
        return "–"
    middle = _EFFECT_WIDTH / 2
    length = abs(effect) / greatest * (middle - 1)
    kind = "up" if effect > 0 else "down"
    x = middle if effect > 0 else middle - length
    drawn = f'<rect class="{kind}" x="{x:.4g}" y="4" width="{length:.4g}" height="10"/>'
    drawn += f'<path class="zero" d="M{middle:g} 1v16"/>'
    sign = "+" if effect > 0 else "−" if effect < 0 else ""
    figure = f'<span class="of">{sign}{escape(number(abs(effect) / 10, language))} %</span>'
    return _svg("push", _EFFECT_WIDTH, drawn) + figure


def _svg(kind: str, width: int, drawn: str) -> str:
    return f'<svg class="{kind}" viewBox="0 0 {width} {_HEIGHT}" aria-hidden="true">{drawn}</svg>'


def measured_values(
    verdict: Mapping[str, Any],
    measured: Mapping[str, float | None],
    effects: Mapping[str, float | None],
    bands: Mapping[str, tuple[float | None, float | None]],
    units: Mapping[str, str],
) -> list[MeasuredValue]:
    """Rows of a shot: what its reasons name first, in their order, then by the size of the effect.

    Parameters
    ----------
    verdict : mapping
    measured, effects : mapping of str to float
        By variable.
    bands : mapping of str to (float, float)
        Normal bands by variable, where they are known.
    units : mapping of str to str
    """
    reasons = [one for one in verdict["reasons"] if isinstance(one, Mapping)]
    named = {str(one.get("variable")): one for one in reversed(reasons)}
    order = {str(one.get("variable")): place for place, one in reversed(list(enumerate(reasons)))}
    filled = verdict["filled"] if isinstance(verdict["filled"], Mapping) else {}
    # A broken limit may be that of a set value, which is not among the measured ones.
    values = {name: one.get("value") for name, one in named.items()} | dict(measured)
    rows = []
    for name, value in values.items():
        reason = named.get(name, {})
        low, high = bands.get(name, (reason.get("low"), reason.get("high")))
        way = filled.get(name)
        unseen = reason.get("evidence") in ("range", "limits")
        rows.append(
            MeasuredValue(
                name,
                units.get(name, ""),
                value,
                low,
                high,
                effects.get(name),
                unseen,
                None if way is None else str(way),
            )
        )
    return sorted(rows, key=lambda row: (order.get(row.variable, len(order)), -(row.effect or 0.0)))
