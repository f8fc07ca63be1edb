"""The reverse question: which settings come to least of something within what is allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigError
from inference.prediction.allowed import Exclusion, Limit, excluded_by, known_name, read_limits
from inference.prediction.candidates import Axis, grid, neighbours, settable_step
from inference.prediction.predicted import STANDINGS, Placed, Predicted
from inference.prediction.predictor import Predictor
from inference.prediction.tried import Tried

Floats = NDArray[np.float64]

MOST: Final = 50
"""Rows of an answer."""
MOST_PLACED: Final = 200_000
"""Most points of a grid ..."""
MOST_PREDICTED: Final = 10_000
"""... of which so many at most are near enough to what was trained on to be predicted."""
_LOOKS: Final = 3
"""Looks around the front at the finest steps; it has hardly moved after the second."""
_AROUND: Final = 60
"""Settings around which is looked."""


@dataclass(frozen=True, slots=True)
class Advice:
    """Settings that no other setting tried beats in everything minimized.

    Ordered by what is minimized first. Every target's whole interval keeps its limits, not
    only the predicted middle: what is promised holds as often as the intervals do.

    Attributes
    ----------
    predictor : Predictor
    minimized : tuple of str
    settings : (k, d) float64
    predicted : Predicted
    quantities : mapping of str to (k,) float64
    placed : Placed
    rows : (k,) int64
        How often each was run before; 0: never.
    tried : int
        Settings looked at.
    excluded : Exclusion or None
        Why there is none.
    """

    predictor: Predictor
    minimized: tuple[str, ...]
    settings: Floats
    predicted: Predicted
    quantities: Mapping[str, Floats]
    placed: Placed
    rows: NDArray[np.int64]
    tried: int
    excluded: Exclusion | None = None

    def __len__(self) -> int:
        return len(self.settings)

    def plain(self) -> list[dict[str, Any]]:
        """Each row as plain Python values.

        ``settings`` and ``quantities`` by name; ``targets`` by name with ``predicted``, ``low`` and
        ``high``; ``standing``, ``rows`` (run before), ``distance`` to the nearest trained setting.
        """
        names, targets = self.predictor.input_names, self.predictor.target_names
        sizes = np.stack([self.predicted.mean, self.predicted.low, self.predicted.high], axis=-1)
        return [
            {
                "settings": dict(zip(names, self.settings[k].tolist(), strict=True)),
                "targets": {
                    target: dict(zip(("predicted", "low", "high"), size, strict=True))
                    for target, size in zip(targets, sizes[k].tolist(), strict=True)
                },
                "quantities": {name: float(column[k]) for name, column in self.quantities.items()},
                "standing": STANDINGS[int(self.placed.standing[k])],
                "rows": int(self.rows[k]),
                "distance": float(self.placed.distance[k]),
            }
            for k in range(len(self))
        ]


def advise(
    predictor: Predictor,
    within: Mapping[str, tuple[float, float]],
    minimize: Sequence[str],
    *,
    far: bool = False,
    regressors: Mapping[str, str] | None = None,
    most: int = MOST,
) -> Advice:
    """Search settings run before, and others inside the trained ranges, for the Pareto front.

    The same question gets the same answer. Values tried are those somebody can set: steps as
    of `candidates.settable_step`. Nothing outside the trained ranges is tried.

    Parameters
    ----------
    predictor : Predictor
    within : mapping of str to (low, high)
        Limits on inputs, quantities, and on targets, whose whole interval must lie inside;
        an end may be infinite.
    minimize : sequence of str
        Inputs, targets (as predicted) or quantities, the first one orders the answer.
    far : bool
        Whether settings may be far from all that was trained on.
    regressors : mapping, optional
        As of `Predictor.predict`.
    most : int
        Rows of the answer at most; of a longer front those run before and an even choice.

    Raises
    ------
    ConfigError
        Nothing is to be minimized, or a name or a limit means nothing.
    """
    names = tuple(dict.fromkeys(known_name(predictor, text, "minimize") for text in minimize))
    if not names:
        msg = "minimize: expected at least one input, target or quantity to make small, got none"
        raise ConfigError(msg)
    if most < 1:
        msg = f"expected at least one row of an answer, got {most}"
        raise ConfigError(msg)
    limits = read_limits(predictor, within)
    tried = Tried(predictor, limits, names, far=far, regressors=regressors)
    axes = _axes(predictor, limits)
    if isinstance(axes, Exclusion):
        return _answer(tried, np.empty(0, dtype=np.intp), axes)
    _search(tried, axes)
    front = tried.front()
    if len(front):
        return _answer(tried, _some(tried, front, most), None)
    if not len(tried):
        return _answer(tried, front, Exclusion("far", "", np.nan, np.nan))
    return _answer(tried, front, excluded_by(limits, tried.reached()))


def _axes(predictor: Predictor, limits: Sequence[Limit]) -> list[Axis] | Exclusion:
    """What each input may take: the trained range within the limits."""
    around, given = predictor.surroundings, {limit.name: limit for limit in limits}
    axes: list[Axis] = []
    for k, variable in enumerate(predictor.profile.inputs):
        low, high = float(around.low[k]), float(around.high[k])
        limit = given.get(variable.name, Limit(variable.name, low, high))
        if limit.low > high or limit.high < low:
            return Exclusion("untrained", *limit, low, high)
        step = settable_step(predictor.trained.settings[:, k], variable)
        axes.append(Axis(max(low, limit.low), min(high, limit.high), step))
    return axes


def _search(tried: Tried, axes: Sequence[Axis]) -> None:
    """Settings run before; then all there are, or a grid of them and around the best in finer steps."""
    tried.add(tried.predictor.trained.settings)
    most = MOST_PLACED
    points, coarser = grid(axes, most)
    while len(points := tried.wanted(points)) > MOST_PREDICTED:
        most //= 2
        points, coarser = grid(axes, most)
    tried.add(points)
    if len(points) and max(coarser) == 1:
        return
    looks = 0
    while looks < _LOOKS:
        coarser = [max(1, many // 2) for many in coarser]
        looks += max(coarser) == 1
        before = len(tried)
        tried.add(neighbours(tried.settings[tried.best(_AROUND)], axes, coarser))
        if looks and len(tried) == before:
            return


def _some(tried: Tried, front: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    """At most so many of the front, in its order: the ends, those run before, an even choice."""
    if len(front) <= most:
        return front
    objectives = tried.objectives[front]
    wanted = [*objectives.argmin(axis=0).tolist(), *np.flatnonzero(tried.rows[front]).tolist()]
    kept = set(list(dict.fromkeys(wanted))[:most])
    others = [k for k in range(len(front)) if k not in kept]
    even = np.linspace(0, len(others) - 1, most - len(kept)).round().astype(np.intp)
    return front[sorted(kept | {others[k] for k in even.tolist()})]


def _answer(tried: Tried, rows: NDArray[np.intp], excluded: Exclusion | None) -> Advice:
    predicted, placed = tried.predicted, tried.placed
    return Advice(
        predictor=tried.predictor,
        minimized=tried.minimized,
        settings=tried.settings[rows],
        predicted=Predicted(
            predicted.mean[rows], predicted.low[rows], predicted.high[rows], predicted.regressors
        ),
        quantities={name: column[rows] for name, column in tried.quantities.items()},
        placed=Placed(*(getattr(placed, name)[rows] for name in Placed.__slots__)),
        rows=tried.rows[rows],
        tried=len(tried),
        excluded=excluded,
    )
