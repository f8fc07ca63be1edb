"""A field for a number, written as the page's language writes numbers; both decimal marks are read."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from nicegui import ui

from api.words import Language, number, say

_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?", re.IGNORECASE)


def read_number(text: str) -> float | None:
    """The number in a text; None: there is none, or none that means one thing.

    >>> read_number(" 4,5 "), read_number("1e3"), read_number("1,234,5"), read_number("nan")
    (4.5, 1000.0, None, None)
    """
    text = text.strip()
    value = float(text.replace(",", ".")) if _NUMBER.fullmatch(text) else math.inf
    return value if math.isfinite(value) else None


class NumberField:
    """A field that tells a number once it is entered, or says why it cannot.

    Parameters
    ----------
    label : str
        What screen readers call it.
    language : {"en", "ko", "ru"}
    tell : callable
        Gets the number; None for an emptied field, where `optional`.
    low, high : float
        Ends of what is taken.
    value : float or None
        What it holds at first.
    optional : bool
        Whether it may be empty.
    """

    def __init__(
        self,
        label: str,
        language: Language,
        tell: Callable[[float | None], None],
        *,
        low: float = -math.inf,
        high: float = math.inf,
        value: float | None = None,
        optional: bool = False,
    ) -> None:
        self._language, self._tell = language, tell
        self._low, self._high, self._optional = low, high, optional
        self._problem: str | None = None
        self._field = ui.input(value=self._text(value)).props(
            "dense outlined hide-bottom-space inputmode=decimal autocomplete=off"
        )
        self._field.props["aria-label"] = label
        self._field.classes("number")
        self._field.on("blur", self.commit).on("keydown.enter", self.commit)

    def show(self, value: float | None) -> None:
        """Put a value into the field."""
        if self._field.value != self._text(value):
            self._field.set_value(self._text(value))
        self._say(None)

    def _text(self, value: float | None) -> str:
        return "" if value is None else number(value, self._language)

    def commit(self) -> bool:
        """Tell what stands in the field; False where it cannot be used, which the field then says.

        A browser tells a click beside the field before it tells that the field was left.
        """
        text = str(self._field.value or "")
        value = None if not text.strip() and self._optional else read_number(text)
        problem = None
        if value is None and (text.strip() or not self._optional):
            problem = say("predict", "not_number", self._language)
        elif value is not None and not self._low <= value <= self._high:
            low, high = number(self._low, self._language), number(self._high, self._language)
            problem = say("predict", "not_within", self._language, low=low, high=high)
        self._say(problem)
        if problem is None:
            self._tell(value)
        return problem is None

    def _say(self, problem: str | None) -> None:
        if problem == self._problem:
            return
        self._problem = problem
        self._field.props["error"] = problem is not None
        self._field.props["error-message"] = problem or ""
