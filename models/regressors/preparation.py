"""How inputs enter a regressor: plain, inverse or logarithmic, then scaled. Fitting and serving share it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.prediction import RegressorRule

Floats = NDArray[np.float64]

PLAIN, INVERSE, LOGARITHMIC = 0, 1, 2
_WANTED = {
    PLAIN: "a finite number",
    INVERSE: "a number whose inverse is finite",
    LOGARITHMIC: "a number above 0",
}


def enters_of(rule: RegressorRule, inputs: Sequence[str]) -> NDArray[np.int8]:
    """How each of these inputs enters ``(d,)``, by the profile's rule.

    >>> enters_of(RegressorRule("linear_regression", "line", inverse=("speed",)), ("current", "speed"))
    array([0, 1], dtype=int8)
    """
    ways = {**dict.fromkeys(rule.inverse, INVERSE), **dict.fromkeys(rule.logarithmic, LOGARITHMIC)}
    return np.array([ways.get(name, PLAIN) for name in inputs], dtype=np.int8)


@dataclass(frozen=True, slots=True)
class Preparation:
    """From inputs as measured to what the regressor sees: ``(entered - offset) / scale``.

    Attributes
    ----------
    enters : (d,) int8
        0 as it is, 1 as its inverse, 2 as its logarithm.
    offset : (d,) float64
        Mean of the entered training rows.
    scale : (d,) float64
        Their standard deviation; infinite where an input never varied: nothing was learnt
        about it, so it is 0 whatever it is later.
    names : tuple of str
        Of the inputs, for errors; their numbers where there are none.
    """

    enters: NDArray[np.int8]
    offset: Floats
    scale: Floats
    names: tuple[str, ...] = ()

    @classmethod
    def learnt(cls, inputs: ArrayLike, enters: NDArray[np.int8], names: Sequence[str]) -> Preparation:
        """From training rows ``(n, d)``, n at least 1.

        Raises
        ------
        ValueError
            As `of`, or there is no row.
        """
        plain = cls(enters, np.zeros(len(enters)), np.ones(len(enters)), tuple(names))
        entered = plain.entered(inputs)
        if len(entered) == 0:
            msg = "expected at least one row to learn from, got none"
            raise ValueError(msg)
        offset, scale = entered.mean(axis=0), entered.std(axis=0)
        steady = np.ptp(entered, axis=0) == 0
        scale = np.where(steady | (scale == 0), np.inf, scale)
        # The mean of equal numbers may be rounded off them.
        return cls(enters, np.where(steady, entered[0], offset), scale, tuple(names))

    def of(self, inputs: ArrayLike) -> Floats:
        """What the regressor sees ``(n, d)`` of rows ``(n, d)``; they stay as they are.

        Raises
        ------
        ValueError
            Rows of another width, or a number that cannot enter; the message names the row
            (from 0) and the input.
        """
        return (self.entered(inputs) - self.offset) / self.scale

    def entered(self, inputs: ArrayLike) -> Floats:
        """The same before scaling."""
        rows = np.array(inputs, dtype=np.float64, order="C")
        width = len(self.enters)
        if rows.ndim != 2 or rows.shape[1] != width:
            found = f"{rows.shape[1]} inputs" if rows.ndim == 2 else f"shape {rows.shape}"
            msg = f"expected rows of {width} inputs{self._listed()}, got {found}"
            raise ValueError(msg)
        before = rows.copy() if self.enters.any() else rows
        inverse, logarithmic = self.enters == INVERSE, self.enters == LOGARITHMIC
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            if inverse.any():
                rows[:, inverse] = 1.0 / rows[:, inverse]
            if logarithmic.any():
                rows[:, logarithmic] = np.log(rows[:, logarithmic])
        wrong = ~(np.isfinite(rows) & np.isfinite(before))
        if wrong.any():
            i, k = np.argwhere(wrong)[0].tolist()
            name = self.names[k] if self.names else f"number {k}"
            more = f" (the first of {wrong.sum()} such values)" if wrong.sum() > 1 else ""
            wanted = _WANTED[int(self.enters[k])]
            msg = (
                f"row {i}, input {name}: expected {wanted}, got {before[i, k]}{more}; "
                "correct the value or leave out the row"
            )
            raise ValueError(msg)
        return rows

    def _listed(self) -> str:
        return f" ({', '.join(self.names)})" if self.names else ""
