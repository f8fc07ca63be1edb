"""A field for a number, written as the page's language writes numbers; both decimal marks are read."""

from __future__ import annotations

import math
from collections.abc import Callable

from nicegui import ui

from api.words import Language, number, say
from core.typed_number import readings

_PAUSE_MS = 250
"""Of typing, after which what stands in the field counts."""


class NumberField:
    """A field that tells the number in it, as it is typed, or says why there is none.

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
    refuse : callable, optional
        Gets what is wrong with what was entered and says it; otherwise the field does.
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
        refuse: Callable[[str], None] | None = None,
    ) -> None:
        self._language, self._tell = language, tell
        self._low, self._high, self._optional = low, high, optional
        self._refuse, self._problem = refuse, ""
        self._shown = value
        self._field = ui.input(value=self._text(value), on_change=self.commit).props(
            "dense outlined hide-bottom-space no-error-icon inputmode=decimal autocomplete=off"
            f" debounce={_PAUSE_MS}"
        )
        self._field.without_auto_validation().props["aria-label"] = label
        self._field.classes("number")
        self._field.on("blur", self.commit).on("keydown.enter", self.commit)

    def show(self, value: float | None) -> None:
        """Put a value into the field."""
        self._shown = value
        if not self._means(value):
            self._field.set_value(self._text(value))
        self._say("")

    def _means(self, value: float | None) -> bool:
        """Whether the field says this already, in whichever way: nobody's typing is overwritten."""
        text = str(self._field.value or "")
        found = readings(text)
        return text == self._text(value) or (len(found) == 1 and float(found[0]) == value)

    def _text(self, value: float | None) -> str:
        return "" if value is None else number(value, self._language)

    def commit(self) -> bool:
        """Tell what stands in the field; False where it cannot be used, which the field then says.

        A browser tells a click beside the field before it tells that the field was left.
        """
        text = str(self._field.value or "").strip()
        if text == self._text(self._shown):  # as it was written here, rounded: the value stays whole
            self._say("")
            self._tell(self._shown)
            return True
        found = readings(text)
        problem = self._wrong(text, found)
        self._say(problem)
        if not problem:
            self._shown = float(found[0]) if found else None
            self._tell(self._shown)
        return not problem

    def _wrong(self, text: str, found: tuple[str, ...]) -> str:
        """What is wrong with a text of these readings; empty: nothing."""
        if len(found) > 1:
            return say("predict", "two_numbers", self._language, one=found[0], other=found[1])
        if not found:
            return "" if self._optional and not text else say("predict", "not_number", self._language)
        if not self._low <= float(found[0]) <= self._high:
            low, high = number(self._low, self._language), number(self._high, self._language)
            return say("predict", "not_within", self._language, low=low, high=high)
        return ""

    def _say(self, problem: str) -> None:
        if problem == self._problem:
            return
        self._problem = problem
        self._field.props["error"] = bool(problem)
        if self._refuse is None:
            self._field.props["error-message"] = problem
        elif problem:
            self._refuse(problem)
