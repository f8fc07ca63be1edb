"""What is guessed of a column, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from core.profile import Role

Confidence = Literal["sure", "likely", "unsure"]
ORDER: Mapping[Confidence, int] = {"unsure": 0, "likely": 1, "sure": 2}
"""The least sure first: that is what to look at."""
Place = Literal["variable", "id", "time", "maker", "facility", "item", "lot_good", "lot_bad"]


@dataclass(frozen=True, slots=True)
class Guess:
    """A column's place in the profile.

    Attributes
    ----------
    column : str
        Its name as it came.
    name : str
        Its name in the profile.
    place : str
        A key, or "variable".
    role : {"setting", "production", "target", "ignored"}
        Of a variable; "ignored" for a key.
    confidence : {"sure", "likely", "unsure"}
    reasons : tuple of str
    what : str
        Of an ignored one: "label", "constant", "index", "lot", "text" ...
    unit, standard : str
    unit_by_word : bool
        Whether the unit is only what is usual for a word of the name.
    limits : tuple of float or None
    tweak : float or None
    """

    column: str
    place: Place = "variable"
    role: Role = "ignored"
    confidence: Confidence = "likely"
    reasons: tuple[str, ...] = ()
    name: str = ""
    what: str = ""
    unit: str = ""
    unit_by_word: bool = False
    standard: str = ""
    limits: tuple[float, float] | None = None
    tweak: float | None = None

    def because(self, *reasons: str, confidence: Confidence | None = None) -> Guess:
        """The same with more reasons, and perhaps less sure."""
        least = self.confidence
        if confidence is not None and ORDER[confidence] < ORDER[least]:
            least = confidence
        return replace(self, reasons=(*self.reasons, *reasons), confidence=least)


@dataclass(frozen=True, slots=True)
class Absent:
    """A key that no column has: what counts instead."""

    place: Place
    otherwise: str
    reason: str
