"""Distance to the most similar normal shots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from models.closed_form import Arrays, ClosedFormDetector, Floats
from models.score_formulas import mean_of_nearest, squared_distances


class NearestNeighbours(ClosedFormDetector):
    """Mean distance to the nearest of the reference shots, a sample of the training rows.

    Assumes nothing about the form of what is normal; several ways of being normal side
    by side are as good as one.

    Parameters
    ----------
    neighbours : int
        How many nearest reference shots count.
    references : int
        Most reference shots kept, drawn without repetition.
    contamination : float
        Share of the training rows that `predict` calls outliers, in (0, 0.5]; reference
        shots find themselves, so it is the share among all training rows.
    random_state : int, RandomState or None
        Seed of the draw.

    Attributes
    ----------
    arrays_ : dict
        ``references`` (R, p) float32, ``neighbours`` () float32.
    """

    whole_numbers = ("neighbours", "references")

    def __init__(
        self,
        *,
        neighbours: int = 10,
        references: int = 512,
        contamination: float = 0.1,
        random_state: Any = None,
    ) -> None:
        self.neighbours = neighbours
        self.references = references
        self.contamination = contamination
        self.random_state = random_state

    def record(self) -> Mapping[str, float]:
        """Rows it learnt from and reference shots kept."""
        return {**super().record(), "references": len(self.arrays_["references"])}

    def _learn(self, rows: Floats, random: np.random.RandomState) -> Arrays:
        drawn = rows
        if len(rows) > self.references:
            drawn = rows[np.sort(random.choice(len(rows), self.references, replace=False))]
        count = min(self.neighbours, len(drawn))
        return {"references": drawn.astype(np.float32), "neighbours": np.array(count, dtype=np.float32)}

    def _formula(self, x: Floats) -> Floats:
        columns = self.arrays_["references"].T.astype(np.float64)[None]
        return mean_of_nearest(squared_distances(x, columns), int(self.arrays_["neighbours"]))
