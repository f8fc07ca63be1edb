"""What a user allows of settings, targets and quantities, and which limit excludes everything."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigError
from inference.prediction.predictor import Predictor

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Why = Literal["untrained", "far", "unreachable", "together"]
_ROUNDING: Final = 1e-9


class Limit(NamedTuple):
    """A range that a setting, a quantity or the whole interval of a target must lie in."""

    name: str
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.name} {self.low:g}..{self.high:g}"


class Reached(NamedTuple):
    """What candidates come to, for one name: ``low`` and ``high`` ``(n,)``, equal but of targets."""

    low: Floats
    high: Floats

    def beyond(self, limit: Limit) -> Floats:
        """By how much each lies outside the limit; 0 inside, infinite where nothing is known."""
        slack = _ROUNDING * max(1.0, *(abs(end) for end in limit[1:] if math.isfinite(end)), 0.0)
        beyond = np.maximum(np.maximum(limit.low - self.low, self.high - limit.high), 0.0)
        return np.where(np.isnan(beyond), np.inf, np.where(beyond <= slack, 0.0, beyond))


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Why no setting is left.

    Attributes
    ----------
    why : str
        ``untrained``: the limit lies outside the trained range; ``far``: all settings within
        the limits are far from what was trained; ``unreachable``: this limit alone excludes
        every setting tried; ``together``: only all of them do.
    name : str
        Of the limit; empty with ``far``. With ``together`` the one whose absence leaves most.
    low, high : float
        What was asked.
    nearest_low, nearest_high : float
        The trained range; or what comes nearest to the limit, of a target its whole interval.
    left : int
        Settings tried that would be left without this limit.
    """

    why: Why
    name: str
    low: float
    high: float
    nearest_low: float = math.nan
    nearest_high: float = math.nan
    left: int = 0

    def __str__(self) -> str:
        near = f"{self.nearest_low:g}..{self.nearest_high:g}"
        return self.told(f"{self.nearest_low:g}" if self.nearest_low == self.nearest_high else near)

    def told(self, near: str) -> str:
        """In words, with the nearest ends written so."""
        asked = f"{self.name} {self.low:g}..{self.high:g}"
        if self.why == "untrained":
            return f"{asked} lies outside the trained range {near}: nothing is known there"
        if self.why == "far":
            return "every setting within the limits is far from all that was trained on; widen them"
        if self.why == "unreachable":
            wide = self.nearest_high - self.nearest_low > self.high - self.low
            hint = ", whose interval is wider than the limits" if wide else ""
            return f"{asked} excludes every setting; the nearest comes to {near}{hint}"
        return f"the limits exclude each other; without {asked} {self.left} of the settings tried are left"


def read_limits(predictor: Predictor, within: Mapping[str, tuple[float, float]]) -> tuple[Limit, ...]:
    """The limits by the names the predictor knows.

    Raises
    ------
    ConfigError
        A name means nothing or stands there twice, or an end is no number or below the other.
    """
    limits: dict[str, Limit] = {}
    for text, (low, high) in within.items():
        name = known_name(predictor, text, "within")
        if name in limits:
            msg = f"within: expected one range of {name}, got another one as {text!r}"
            raise ConfigError(msg)
        if not low <= high:
            msg = f"within: {name}: expected a range such as 1..2, its lower end first, got {low:g}..{high:g}"
            raise ConfigError(msg)
        limits[name] = Limit(name, float(low), float(high))
    return tuple(limits.values())


def known_name(predictor: Predictor, text: str, where: str) -> str:
    """The input, target or quantity called so; ConfigError names those there are."""
    name = predictor.name_of(text)
    if name is None:
        own = (quantity.name for quantity in predictor.profile.quantities)
        known = (*predictor.input_names, *predictor.target_names, *own)
        near = get_close_matches(text.strip().casefold(), known, n=1, cutoff=0.6)
        hint = f": did you mean {near[0]!r}?" if near else ""
        raise ConfigError(f"{where}: expected one of {', '.join(known)}, got {text!r}{hint}")
    return name


def excluded_by(limits: tuple[Limit, ...], reached: Mapping[str, Reached]) -> Exclusion:
    """Which limit is the reason that no candidate keeps them all.

    Parameters
    ----------
    limits : tuple of Limit
        At least one.
    reached : mapping
        What the n candidates come to, by name; n at least 1.
    """
    beyond = [reached[limit.name].beyond(limit) for limit in limits]
    for limit, far in zip(limits, beyond, strict=True):
        if (far > 0).all():
            low, high = (float(end[int(far.argmin())]) for end in reached[limit.name])
            return Exclusion("unreachable", *limit, low, high)
    kept = np.array([far == 0 for far in beyond])
    others = [int(np.delete(kept, k, axis=0).all(axis=0).sum()) for k in range(len(limits))]
    most = int(np.argmax(others))
    low, high = (float(end[int(beyond[most].argmin())]) for end in reached[limits[most].name])
    return Exclusion("together", *limits[most], low, high, others[most])
