"""Which rows are left out together: those of one setting, which are twins, or a group of settings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import HistoryError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST_SETTINGS = 4
"""Of a training: with two of them left out, two remain to learn from."""
MOST_ONE_BY_ONE = 40
"""Settings that are left out one by one; of more, groups of settings are."""
MOST_PAIRS = 16
"""Settings of which every two are left out together; of more, every two groups of settings."""
GROUPS = 10


@dataclass(frozen=True, slots=True)
class Settings:
    """The distinct inputs of rows.

    Attributes
    ----------
    values : (u, d) float64
        In ascending order, unscaled.
    of_row : (n,) int64
        The setting of each row.
    rows : (u,) int64
        Rows of each.
    """

    values: Floats
    of_row: Ints
    rows: Ints

    @classmethod
    def of(cls, inputs: Floats) -> Settings:
        """Of the inputs ``(n, d)`` of rows.

        Raises
        ------
        HistoryError
            Too few to leave any out.
        """
        # -0.0 is 0.0 here; without it a setting could be its own twin.
        values, of_row, rows = np.unique(inputs + 0.0, axis=0, return_inverse=True, return_counts=True)
        if len(values) < LEAST_SETTINGS:
            msg = (
                f"expected rows of at least {LEAST_SETTINGS} different settings, so that some can be left "
                f"out to see how well they are predicted, got {len(values)} in {len(inputs)} rows; "
                "measure at more settings"
            )
            raise HistoryError(msg)
        return cls(values, of_row.reshape(-1).astype(np.int64), rows.astype(np.int64))

    def weights(self) -> Floats:
        """Weight of each row ``(n,)``, sum 1: every setting counts the same."""
        return 1.0 / (len(self.rows) * self.rows[self.of_row])

    def one_by_one(self, seed: int) -> Ints:
        """Fold of each row ``(n,)``: its setting, or of more than `MOST_ONE_BY_ONE` a group of them."""
        if len(self.rows) <= MOST_ONE_BY_ONE:
            return self.of_row
        return self._grouped(seed)

    def pairwise(self, seed: int) -> Ints:
        """Fold of each row ``(n,)`` where every two folds are left out together."""
        return self.of_row if len(self.rows) <= MOST_PAIRS else self._grouped(seed)

    def _grouped(self, seed: int) -> Ints:
        return random_folds(len(self.rows), seed)[self.of_row]


def random_folds(count: int, seed: int) -> Ints:
    """Fold of each of so many ``(count,)``: `GROUPS` of the same size, give or take one, by the seed."""
    order = np.random.default_rng(seed).permutation(count)
    return (order % min(GROUPS, count)).astype(np.int64)
