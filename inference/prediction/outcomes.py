"""The outcome of predictions that are no records: asked by hand, over REST or for the rows of a file."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.verdict import OUTCOMES, Outcome
from inference.prediction.judging import NEVER_RUN, Sizes, deviations
from inference.prediction.predicted import Placed, Predicted

Floats = NDArray[np.float64]
_OK, _WARN, _NG = (OUTCOMES.index(name) for name in ("OK", "WARN", "NG"))


class Outcomes(NamedTuple):
    """How n predictions come out.

    Attributes
    ----------
    outcome : list of str or None
        None where no size is wanted.
    margin : (n,) float64
        What is left of the tolerance, in tolerances; NaN without a score.
    """

    outcome: list[Outcome | None]
    margin: Floats


def judge_predicted(predicted: Predicted, placed: Placed, sizes: Sizes) -> Outcomes:
    """Judge predictions as `inference.judge` judges records of the same inputs.

    Where nothing is known, outside the trained ranges or far from all that was trained, it is
    WARN: there is no score. Physical limits of inputs are for whoever reads them.

    Parameters
    ----------
    predicted : Predicted
        Of n inputs.
    placed : Placed
        Of the same.
    sizes : Sizes
        What is wanted; of a single target, NaN for the others.
    """
    if not np.isfinite(sizes.nominal).any():
        return Outcomes([None] * len(predicted.mean), np.full(len(predicted.mean), np.nan))
    score, reach = deviations(predicted, sizes)
    known = (placed.standing <= NEVER_RUN) & np.isfinite(score)
    code = np.where(score > 1, _NG, np.where(reach > 1, _WARN, _OK))
    code = np.where(known, code, _WARN)
    return Outcomes([OUTCOMES[one] for one in code.tolist()], np.where(known, 1.0 - score, np.nan))
