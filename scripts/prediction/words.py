"""Sentences about an answer of `scripts.prediction.answer`, and sizes with their units."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from core.profile import Profile
from scripts.listing import printable

_STANDS = {
    "run_before": "Run before",
    "never_run": "Never run",
    "far": "Never run, and far from anything that was",
    "outside": "Outside what was trained on",
}


class Sizes:
    """Writes values of a process with their units.

    Parameters
    ----------
    profile : Profile
    """

    def __init__(self, profile: Profile) -> None:
        self._units = {v.name: v.unit for v in profile.variables} | {
            q.name: q.unit for q in profile.quantities
        }

    def exact(self, name: str, value: float) -> str:
        """As it was given, or stands in the profile."""
        return f"{value:.6g} {self._units[name]}".rstrip()

    def rounded(self, name: str, value: float | None, half: float | None = None) -> str:
        """To two figures of the half width of its interval, without one to three of its own."""
        if value is None:
            return "-"
        return f"{value:.{_decimals(value, half)}f} {self._units[name]}".rstrip()

    def figures(self, name: str, value: float | None) -> str:
        """To two figures of its own, the same wherever it stands."""
        if value is None:
            return "-"
        return f"{value:.{_decimals(value, abs(value))}f} {self._units[name]}".rstrip()

    def between(self, name: str, low: float | None, high: float | None) -> str:
        """Both ends of an interval."""
        if low is None or high is None:
            return "-"
        half = (high - low) / 2
        return f"{low:.{_decimals(low, half)}f} ... {self.rounded(name, high, half)}"


def half_of(target: Mapping[str, Any]) -> float | None:
    """Half the width of a target's interval."""
    return None if target["low"] is None else (target["high"] - target["low"]) / 2


def standing(answer: Mapping[str, Any], sizes: Sizes) -> str:
    """Where the inputs lie beside what was trained on."""
    said, near = _STANDS[answer["standing"]], answer["nearest"]
    if answer["standing"] == "run_before":
        return f"{said}, {counted(near['rows'], 'time')} in what was learned from."
    beyond = []
    for name, side in answer["outside"].items():
        edge = answer["trained"][name][0 if side == "below" else 1]
        beyond.append(f"{name} {answer['inputs'][name]:.6g} is {side} {sizes.exact(name, edge)}")
    if beyond:
        said += f" ({', '.join(beyond)})"
    if near is not None:
        setting = ", ".join(f"{name} {value:.6g}" for name, value in near["inputs"].items())
        said += f". Nearest run before: {setting}; {answer['distance']:.2g} trained ranges away"
    return f"{said}."


def error(target: Mapping[str, Any], sizes: Sizes) -> str:
    """What a regressor's predictions are worth on settings that it never saw."""
    trial, anew = target["validation"], target["validation_as_chosen"]
    if trial is None:
        return "never tried on settings left out of training"
    off = sizes.figures(target["name"], trial["mae"])
    said = f"on settings left out of training off by {off} on average, R2 {share(trial['r2'])}"
    if anew is not None and share(anew["r2"]) != share(trial["r2"]):
        said += f" (choice counted in: R2 {share(anew['r2'])})"
    if trial["coverage"] is None:
        return said
    inside = round(trial["coverage"] * trial["rows"])
    return f"{said}, {inside:,} of {counted(trial['rows'], 'row')} inside their intervals"


def learned(from_what: Mapping[str, Any]) -> str:
    """What the predictor knows; a synthetic example is said to be one."""
    said = f"{counted(from_what['rows'], 'row')} at {counted(from_what['settings'], 'setting')}"
    source = f" of {printable(str(from_what['source']))}" if from_what["source"] else ""
    if from_what["example"]:
        return f"Learned from {said}{source}: a SYNTHETIC example to try with, nothing that was measured."
    return f"Learned from {said}{source}."


def counted(number: int, what: str) -> str:
    """A number and what it counts.

    >>> counted(1, "row"), counted(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def per_hundred(part: float) -> str:
    """A share as so many of a hundred.

    >>> per_hundred(0.9), per_hundred(0.986)
    ('90 of 100', '98.6 of 100')
    """
    return f"{100 * part:.3g} of 100"


def share(value: float | None) -> str:
    """An R2."""
    return "-" if value is None else f"{value:.2f}"


def _decimals(value: float, half: float | None) -> int:
    """Places after the point.

    >>> _decimals(1.5712, 0.42), _decimals(208.4, None), _decimals(0.0123, None), _decimals(1234.5, 40.0)
    (2, 0, 4, 0)
    """
    figures, size = (2, half) if half else (3, abs(value))
    if not size:
        return 0
    return max(0, figures - 1 - math.floor(math.log10(size)))
