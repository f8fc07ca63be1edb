"""Units, names of the standards, physical limits and tweaks of a variable."""

from __future__ import annotations

import math
import re
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.profile_file import builtin_profiles, load_profile
from ingest.drafting.column import Column
from ingest.drafting.words import catalogue, in_list, words_of

_IN_BRACKETS = re.compile(r"[\[(（]\s*([^\])）]{1,12}?)\s*[\])）]")
_IN_SQUARE = re.compile(r"\[\s*([^\]\s]{1,12})\s*\]")
_COMMA_UNIT = re.compile(r",\s*([^\s,]{1,8})$")
TWO_KINDS = 5.0
"""Times a change must be larger than the next smaller one to be of another kind."""
NEARLY_ALL = 0.001
"""Share of the values at either end that may be a sensor's errors."""
USUAL = "as is usual for"
"""Begins the reason of a unit that the name does not tell."""
FAR = 20.0
"""Times the middle half's width that a known error code lies off where it is one."""


def unit_of(name: str) -> tuple[str, str]:
    """The unit and how it is known; both empty where it is not.

    >>> unit_of("Pressure [bar]"), unit_of("stroke_mm"), unit_of("Cycle_Time")[0], unit_of("IW")
    (('bar', 'stands in its name'), ('mm', 'stands at the end of its name'), 's', ('', ''))
    """
    for pattern in (_IN_BRACKETS, _COMMA_UNIT):
        for found in pattern.findall(name):
            known = _symbol(found.strip())
            if known is not None:
                return known, "stands in its name"
    for found in _IN_SQUARE.findall(name):
        return found.strip(), "stands in its name, as it is written there"
    last = _last_word(name)
    if last:
        known = _symbol(last)
        assert known is not None
        return known, "stands at the end of its name"
    for quantity in catalogue()["quantity"]:
        word = in_list(name, tuple(quantity["words"]))
        if word:
            unit: str = quantity["unit"]
            return unit, quantity.get("doubt", f"{USUAL} {word!r}")
    return "", ""


def title_of(name: str) -> str:
    """A column's name without its unit, as people say it.

    >>> title_of("Laser power W"), title_of("압력 [bar]"), title_of("Breite, mm"), title_of("IW")
    ('Laser power', '압력', 'Breite', 'IW')
    """
    bare = _IN_SQUARE.sub("", name)
    for pattern in (_IN_BRACKETS, _COMMA_UNIT):
        bare = pattern.sub(lambda found: "" if _symbol(found[1].strip()) else found[0], bare)
    if bare == name and (last := _last_word(name)):
        bare = name.strip()[: -len(last)]
    return " ".join(bare.strip(" _.,").split()) or name


def _symbol(text: str) -> str | None:
    """The unit that a text is, its letters' case counting where it must: N is no n."""
    exact: dict[str, str] = catalogue()["symbols"]
    units: dict[str, str] = catalogue()["units"]
    return exact.get(text) or units.get(text.lower())


def _last_word(name: str) -> str:
    """The unit at the end of a name, as it stands there; empty where there is none.

    One that could as well be a letter (`Zone A`) is believed beside a word of its quantity.
    """
    words = re.split(r"[_\s.]+", name.strip())
    if len(words) < 2:
        return ""
    first, last = name.strip()[: -len(words[-1])], words[-1]
    listed = catalogue()["suffixes"]
    if last in catalogue()["symbols"] or last.lower() in listed["units"]:
        return last
    beside: tuple[str, ...] = tuple(listed["beside"].get(last, ()))
    return last if beside and in_list(first, beside) else ""


def standard_of(name: str) -> str:
    """The name in OPC 40077 that means just this, empty where none surely does.

    >>> standard_of("Barrel_Temperature_3"), standard_of("Temp")
    ('BarrelTemperatureZone_3.ActualTemperature', '')
    """
    words = words_of(re.sub(_IN_BRACKETS, " ", name))
    number = next((word for word in words if word.isdigit()), "")
    key = tuple(sorted("{n}" if word.isdigit() else word for word in words))
    return _standards().get(key, "").replace("{n}", number)


@cache
def _standards() -> dict[tuple[str, ...], str]:
    known: dict[tuple[str, ...], str] = {}
    for profile in builtin_profiles():
        for variable in load_profile(profile).variables:
            if variable.standard and not any(word.isdigit() for word in words_of(variable.name)):
                known[tuple(sorted(words_of(variable.name)))] = variable.standard
    for entry in catalogue()["standard"]:
        known[tuple(sorted(entry["words"]))] = entry["name"]
    return known


def never_negative(name: str, unit: str) -> bool:
    """Whether what has this unit, or this name, cannot be below 0; so without both, where none was.

    >>> never_negative("Hold_Pressure", "bar"), never_negative("Oil_Temperature", "°C")
    (True, False)
    """
    sizes = (q for q in catalogue()["quantity"] if q.get("never_negative"))
    named = any(in_list(name, tuple(q["words"])) for q in sizes)
    return not unit or named or unit in catalogue()["never_negative"]["units"]


def limits_of(column: Column, unit: str) -> tuple[tuple[float, float], str]:
    """Physical limits by the data: their range, widened by its own width on either side.

    The range is that of all values but one in a thousand at either end. A range narrower than
    a tenth of the values counts as a tenth. What was never negative and cannot be
    (`never_negative`) keeps 0 as its bound.

    Returns
    -------
    limits : tuple of float
    reason : str
    """
    known, far = _without_codes(column.known)
    low, high = (float(edge) for edge in np.quantile(known, [NEARLY_ALL, 1 - NEARLY_ALL]))
    width = max(high - low, 0.1 * max(abs(low), abs(high))) or 1.0
    below, above = _rounded(low - width, width, math.floor), _rounded(high + width, width, math.ceil)
    reason = f"seen {low:g} to {high:g}, widened by its width"
    if low >= 0 and below < 0 and never_negative(column.name, unit):
        below, reason = 0.0, f"{reason}, not below 0"
    beyond = int(((known < below) | (known > above)).sum())
    if beyond:
        reason += f", though {beyond} values lie beyond: errors of a sensor?"
    if far:
        reason += f"; left out as error codes: {', '.join(f'{v:g}' for v in far[:3])}"
    return (below, above), reason


def _without_codes(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], list[float]]:
    """The values without those so far off that a device said `no value` with them."""
    low, high = np.quantile(values, [0.25, 0.75])
    width = high - low or 0.1 * max(abs(high), abs(low))
    middle = (low + high) / 2
    off = np.abs(values - middle) > FAR * max(width, 1e-12)
    # A rare event lies far off, too: only what devices are known to write is no value.
    off &= np.isin(values, catalogue()["values"]["none"])
    return values[~off], np.unique(values[off]).tolist()


def _rounded(value: float, width: float, how: Any) -> float:
    """Outward to two digits of the width."""
    step = 10.0 ** (math.floor(math.log10(width)) - 1)
    if not step > 0:  # a width so small that nothing can be said in its digits
        return value
    return float(f"{how(round(value / step, 6)) * step:.12g}")


def tweak_of(column: Column, sequence: NDArray[np.int64], *, experiment: bool) -> tuple[float, str] | None:
    """What a set value may differ by without being another setting; None where that is not to be seen.

    Where small changes from row to row and large ones are plainly two kinds, the largest small one:
    somebody trimmed the machine. In an experiment every level is meant: half of the smallest
    step between levels. Else the profile's own rule holds, 5 % of the usual size.
    """
    if experiment:
        steps = np.diff(column.levels)
        least = float(steps.min()) if len(steps) else 0.0
        half = float(f"{least / 2:.6g}")
        return (half, f"half the smallest step seen, {least:g}") if half > 0 else None
    steps = steps_of(column, sequence)
    ratios = steps[1:] / steps[:-1]
    if not len(ratios) or ratios.max() <= TWO_KINDS:
        return None
    small = float(f"{steps[int(ratios.argmax())]:.6g}")
    return small, f"changes up to {small:g} beside far larger ones"


def steps_of(column: Column, sequence: NDArray[np.int64]) -> NDArray[np.float64]:
    """The different sizes of the changes from row to row within a sequence, ascending.

    >>> import pandas as pd
    >>> from ingest.drafting.column import column_of
    >>> column = column_of("a", pd.Series([80.0, 80.0, 80.5, 95.0, 95.0]))
    >>> steps_of(column, np.zeros(5, dtype=int)).tolist()
    [0.5, 14.5]
    """
    rows = np.flatnonzero((sequence >= 0) & np.isfinite(column.numbers))
    rows = rows[np.argsort(sequence[rows], kind="stable")]
    changes = np.abs(np.diff(column.numbers[rows]))[sequence[rows][1:] == sequence[rows][:-1]]
    return np.unique(np.round(changes[changes > 0], 9))
