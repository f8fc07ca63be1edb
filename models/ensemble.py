"""Several detectors in one: the mean of how rare each of them finds a shot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.closed_form import Arrays, ClosedFormDetector, Floats
from models.gaussian_mixture import GaussianMixture
from models.mean_z2 import MeanZ2
from models.nearest_neighbours import NearestNeighbours
from models.pca import Pca
from models.robust_covariance import RobustCovariance
from models.score_formulas import NATS, rarity

MEMBERS: Mapping[str, type[ClosedFormDetector]] = {
    "mean_z2": MeanZ2,
    "robust_covariance": RobustCovariance,
    "pca": Pca,
    "nearest_neighbours": NearestNeighbours,
    "gaussian_mixture": GaussianMixture,
}
"""What an ensemble may be made of, by kind."""


class Ensemble(ClosedFormDetector):
    """Mean of the members' rarities, each minus the log of the share of normal shots that score higher.

    What is normal for a member is read off rows that it did not learn from: each of
    `folds` runs of rows is scored by members fitted on the others. Up to the 90 %
    quantile the share is counted; beyond, the tail is exponential, so that a rarity
    grows without end and two faulty shots never tie.

    Parameters
    ----------
    members : sequence of str
        Kinds, out of `MEMBERS`.
    parameters : mapping of str to mapping, optional
        Parameters of members that are not to have their own.
    folds : int
        Runs of rows for the calibration, at least 2.
    contamination : float
        Share of the training rows that `predict` calls outliers, in (0, 0.5].
    random_state : int, RandomState or None
        Seed of the members.

    Attributes
    ----------
    members_ : dict of str to detector
        Fitted on all rows.
    arrays_ : dict
        ``<kind>.<name>`` for each array of a member, and its calibration: ``<kind>.level``
        (L,), ``<kind>.rate`` () float64; see `models.score_formulas.rarity`.
    """

    whole_numbers = ("folds",)

    def __init__(
        self,
        members: Sequence[str] = ("nearest_neighbours", "gaussian_mixture"),
        *,
        parameters: Mapping[str, Mapping[str, Any]] | None = None,
        folds: int = 5,
        contamination: float = 0.1,
        random_state: Any = None,
    ) -> None:
        self.members = members
        self.parameters = parameters
        self.folds = folds
        self.contamination = contamination
        self.random_state = random_state

    def record(self) -> Mapping[str, float]:
        """Rows it learnt from and number of members."""
        return {**super().record(), "members": len(self.members_)}

    def _learn(self, rows: Floats, random: np.random.RandomState) -> Arrays:
        seed = int(random.randint(2**31 - 1))
        runs = np.array_split(np.arange(len(rows)), min(self.folds, len(rows) // 2))
        self.members_ = {}
        arrays: Arrays = {}
        for kind in self.members:
            scores = np.empty(len(rows))
            for run in runs:
                others = np.delete(rows, run, axis=0) if len(runs) > 1 else rows
                scores[run] = self._member(kind, seed).fit(others)._anomaly(rows[run])
            member = self._member(kind, seed).fit(rows)
            self.members_[kind] = member
            own = {**member.arrays_, **_calibration(scores)}
            arrays |= {f"{kind}.{name}": array for name, array in own.items()}
        return arrays

    def _formula(self, x: Floats) -> Floats:
        found = []
        for kind, member in self.members_.items():
            level, rate = self.arrays_[f"{kind}.level"][None], self.arrays_[f"{kind}.rate"][None]
            found.append(rarity(member._formula(x), level, NATS, rate))
        total: Floats = np.add.reduce(found, axis=0)
        return total / len(found)

    def _member(self, kind: str, seed: int) -> ClosedFormDetector:
        given = dict((self.parameters or {}).get(kind, {}))
        return MEMBERS[kind](**given, random_state=seed)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if self.folds < 2:
            msg = f"folds: expected at least 2, got {self.folds!r}"
            raise ValueError(msg)
        known = ", ".join(MEMBERS)
        if not self.members or len(set(self.members)) < len(self.members):
            msg = f"members: expected different kinds out of {known}, got {self.members!r}"
            raise ValueError(msg)
        for kind in (*self.members, *(self.parameters or {})):
            if kind not in MEMBERS:
                msg = f"members: expected kinds out of {known}, got {kind!r}"
                raise ValueError(msg)
        for kind in self.members:
            self._member(kind, 0)._check_parameters()


def _calibration(scores: Floats) -> Arrays:
    """The scores ``(LEVELS,)`` of these rarities, and nats a unit of score beyond the last."""
    level = np.quantile(scores, -np.expm1(-NATS))
    above = scores[scores > level[-1]] - level[-1]
    mean = float(above.mean()) if len(above) else 0.0
    # Without a tail to go by a unit is what lies below it.
    unit = mean or float(level[-1] - level[0]) or 1.0
    return {"level": level, "rate": np.array(1.0 / unit)}
