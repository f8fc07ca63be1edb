"""Settings that a search has looked at, with what they come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from inference.prediction.allowed import Limit, Reached
from inference.prediction.pareto import non_dominated
from inference.prediction.predicted import STANDINGS, Placed, Predicted
from inference.prediction.predictor import Predictor

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

_DIGITS = 9  # objectives that agree to so many are equal


class Tried:
    """Columns over the settings looked at; each is predicted once.

    Settings outside the trained ranges are left out, and far ones unless they are wanted.

    Parameters
    ----------
    predictor : Predictor
    limits : sequence of Limit
    minimized : tuple of str
    far : bool
    regressors : mapping, optional

    Attributes
    ----------
    settings : (n, d) float64
    predicted : Predicted
    placed : Placed
    quantities : mapping of str to (n,) float64
    rows : (n,) int64
        How often each was run before.
    objectives : (n, m) float64
        What is minimized.
    beyond : (n,) float64
        By how much each breaks its limits, in sizes of these; 0: it keeps all.
    """

    def __init__(
        self,
        predictor: Predictor,
        limits: Sequence[Limit],
        minimized: tuple[str, ...],
        *,
        far: bool = False,
        regressors: Mapping[str, str] | None = None,
    ) -> None:
        self.predictor, self.limits, self.minimized = predictor, tuple(limits), minimized
        self._regressors = regressors
        self._worst = STANDINGS.index("far" if far else "never_run")
        self._known: set[bytes] = set()
        self._take(np.empty((0, len(predictor.input_names))))

    def __len__(self) -> int:
        return len(self.settings)

    def add(self, settings: Floats) -> None:
        """Look at these settings ``(n, d)``, as far as they are new."""
        fresh = []
        new = self.wanted(settings) + 0.0  # -0.0 and 0.0 are one
        for k, row in enumerate(np.ascontiguousarray(new)):
            if (key := row.tobytes()) not in self._known:
                self._known.add(key)
                fresh.append(k)
        if fresh:
            self._take(np.concatenate([self.settings, new[fresh]]), self.predicted)

    def wanted(self, settings: Floats) -> Floats:
        """Those of settings ``(n, d)`` that are neither outside nor, unless wanted, far."""
        return settings[self.predictor.place(settings).standing <= self._worst]

    def reached(self) -> dict[str, Reached]:
        """What every setting comes to, by name of input, target and quantity."""
        own = {name: Reached(column, column) for name, column in self.quantities.items()}
        for k, name in enumerate(self.predictor.input_names):
            own[name] = Reached(self.settings[:, k], self.settings[:, k])
        for k, name in enumerate(self.predictor.target_names):
            own[name] = Reached(self.predicted.low[:, k], self.predicted.high[:, k])
        return own

    def front(self) -> Codes:
        """The Pareto front of those that keep all limits, in the order of what is minimized.

        Of settings that come to the same the one nearest to what was run before stands for all.
        """
        rows = np.flatnonzero((self.beyond == 0) & np.isfinite(self.objectives).all(axis=1))
        values = _rounded(self.objectives[rows])
        order = np.lexsort((*self.settings[rows].T[::-1], self.placed.distance[rows], *values.T[::-1]))
        rows, values = rows[order], values[order]
        first = np.ones(len(rows), dtype=np.bool_)
        first[1:] = (values[1:] != values[:-1]).any(axis=1)
        rows, values = rows[first], values[first]
        return rows[non_dominated(values)]

    def best(self, most: int) -> Codes:
        """What to look around: some of the front, or those that break the limits least."""
        front = self.front()
        if len(front):
            return front[np.unique(np.linspace(0, len(front) - 1, most).round().astype(np.intp))]
        order = np.lexsort((*self.settings.T[::-1], self.beyond))
        return order[: most // 2]

    def _take(self, settings: Floats, before: Predicted | None = None) -> None:
        """Settings with what the first of them were predicted to be before."""
        predictor, known = self.predictor, 0 if before is None else len(before.mean)
        new = predictor.predict(settings[known:], self._regressors)
        placed = predictor.place(settings[known:])
        if before is not None:
            columns = ((getattr(self.placed, name), getattr(placed, name)) for name in Placed.__slots__)
            placed = Placed(*map(np.concatenate, columns))
            pairs = ((before.mean, new.mean), (before.low, new.low), (before.high, new.high))
            mean, low, high = (np.concatenate(pair) for pair in pairs)
            new = Predicted(mean, low, high, new.regressors)
        self.settings, self.predicted = settings, new
        self.placed: Placed = placed
        self.quantities = predictor.quantities(settings, new.mean)
        run = self.placed.standing == STANDINGS.index("run_before")
        self.rows = np.where(run, predictor.trained.setting_rows[self.placed.nearest], 0)
        middle = {name: reached.low for name, reached in self.reached().items()}
        middle |= dict(zip(predictor.target_names, new.mean.T, strict=True))
        self.objectives = np.stack([middle[name] for name in self.minimized], axis=1)
        self.beyond = self._broken()

    def _broken(self) -> Floats:
        reached, total = self.reached(), np.zeros(len(self.settings))
        for limit in self.limits:
            mine = reached[limit.name]
            size = limit.high - limit.low
            if not 0 < size < np.inf:
                known = mine.low[np.isfinite(mine.low)]
                size = float(np.ptp(known)) if len(known) else 1.0
            with np.errstate(over="ignore"):  # a limit of 1e308 is broken infinitely
                total += mine.beyond(limit) / (size or 1.0)
        return total


def _rounded(values: Floats) -> Floats:
    """To so many digits of the largest of each column: rounding beats nobody."""
    if not len(values):
        return values
    unit = np.abs(values).max(axis=0) * 10.0**-_DIGITS
    unit[unit == 0] = 1.0
    rounded: Floats = np.rint(values / unit) * unit
    return rounded
