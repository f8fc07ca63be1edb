"""Reads what somebody typed or sent as inputs; every value that cannot be used is named."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray

from core.errors import InputsRefused
from core.profile import Profile, Variable

Floats = NDArray[np.float64]


class InputReader:
    """Takes inputs by their name or by their field in a document, in any case of letters.

    Parameters
    ----------
    profile : Profile
    """

    def __init__(self, profile: Profile) -> None:
        self._inputs = profile.inputs
        self._targets = {v.name for v in profile.targets}
        self._known = _by_name((*profile.inputs, *profile.targets))

    def name_of(self, text: str) -> str | None:
        """The variable, an input or a target, that goes by this text; None: there is none."""
        return self._known.get(text.strip().casefold())

    def read(self, values: Mapping[str, object]) -> Floats:
        """One row of inputs ``(1, d)``.

        Parameters
        ----------
        values : mapping
            Numbers, or texts of numbers, by name or document path.

        Raises
        ------
        InputsRefused
            Names every value that cannot be used, and every input that is missing.
        """
        problems: dict[str, str] = {}
        found: dict[str, float] = {}
        by_name = {variable.name: variable for variable in self._inputs}
        for text, value in values.items():
            name = self.name_of(text)
            variable = by_name.get(name or "")
            if variable is None:
                problems[text] = self._unknown(text, name)
            elif variable.name in found or variable.name in problems:
                problems[variable.name] = f"expected one value, got another one as {text!r}: leave one out"
            else:
                try:
                    found[variable.name] = _number(variable, value)
                except ValueError as error:
                    problems[variable.name] = str(error)
        for variable in self._inputs:
            if variable.name not in found and variable.name not in problems:
                problems[variable.name] = f"expected a number{_unit(variable)}, got nothing"
        if problems:
            raise InputsRefused(problems)
        return np.array([[found[variable.name] for variable in self._inputs]])

    def _unknown(self, text: str, name: str | None) -> str:
        names = ", ".join(_called(variable) for variable in self._inputs)
        if name in self._targets:
            return f"expected an input out of {names}; {name} is what is predicted, leave it out"
        near = get_close_matches(text.strip().casefold(), self._known, n=1, cutoff=0.6)
        hint = f": did you mean {self._known[near[0]]!r}?" if near else ""
        return f"expected an input out of {names}, got {text!r}{hint}"


def _by_name(variables: tuple[Variable, ...]) -> dict[str, str]:
    """What each variable is called; a field that several share calls none of them."""
    known = {variable.name.casefold(): variable.name for variable in variables}
    for last in (False, True):
        fields: dict[str, list[str]] = {}
        for variable in variables:
            field = variable.path[-1] if last else ".".join(variable.path)
            fields.setdefault(field.casefold(), []).append(variable.name)
        for field, names in fields.items():
            if len(names) == 1:
                known.setdefault(field, names[0])
    return known


def _number(variable: Variable, value: object) -> float:
    """The value as a number within the physical limits; ValueError says what it is not."""
    number = None
    if isinstance(value, (str, int, float, np.integer, np.floating)) and not isinstance(value, bool):
        with suppress(ValueError, OverflowError):
            number = float(value)
    if number is None:
        hint = "; write the decimals after a point" if isinstance(value, str) and "," in value else ""
        msg = f"expected a number{_unit(variable)}, got {value!r}{hint}"
        raise ValueError(msg)
    if not math.isfinite(number):
        msg = f"expected a finite number{_unit(variable)}, got {value!r}"
        raise ValueError(msg)
    low, high = variable.limits or (-math.inf, math.inf)
    if not low <= number <= high:
        unit = _unit(variable)
        msg = f"expected a value between the physical limits {low:g} and {high:g}{unit}, got {value!r}"
        raise ValueError(msg)
    return number


def _called(variable: Variable) -> str:
    path = ".".join(variable.path)
    return variable.name if path.casefold() == variable.name.casefold() else f"{variable.name} ({path})"


def _unit(variable: Variable) -> str:
    return f" [{variable.unit}]" if variable.unit else ""
