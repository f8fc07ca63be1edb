"""What training hands to judging: plain arrays and names, no estimator, no library object.

`models.training` makes a `TrainedPlant`, `models.registry` writes and reads it as
``manifest.json`` plus ``.npz`` files, `inference.plan` compiles it for scoring.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clustering.setting import SettingSpace
from core.profile import GroupKey
from ingest.typical_values import FillLevel as FillLevel  # part of what training hands over
from models.predictor import TrainedPredictor
from models.reference import Reference

Floats = NDArray[np.float64]

__all__ = ["QUANTILES", "Coverage", "FillLevel", "GroupModel", "LossSummary", "SettingSpace", "TrainedPlant"]

QUANTILES: tuple[float, ...] = (0.01, 0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999)
"""Levels at which a loss distribution is kept."""


@dataclass(frozen=True, slots=True)
class LossSummary:
    """Distribution of the training losses of one group (held-out shots where enough).

    Attributes
    ----------
    count : int
        Losses summarised, after trimming.
    mean, std, minimum, maximum : float
        `std` is the population standard deviation.
    quantiles : (len(QUANTILES),) float64
    cv : float
        Coefficient of variation ``std / mean``; 0 where the mean is 0.
    trimmed : int
        Highest losses left out because that many shots of the lots were counted bad.
    tail : (t,) float64
        The highest held-out losses of the `count`, ascending; all of them where they are few.
        Empty where too few shots were held out, and in versions of earlier releases.
    tail_lot : (t,) int32
        Which of the held-out lots each of them is from, counted in time order.
    lot_sizes : (l,) int64
        Losses of each held-out lot, after trimming.
    """

    count: int
    mean: float
    std: float
    minimum: float
    maximum: float
    quantiles: Floats
    cv: float
    trimmed: int = 0
    tail: Floats = field(default_factory=lambda: np.empty(0))
    tail_lot: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, dtype=np.int32))
    lot_sizes: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))


@dataclass(frozen=True, slots=True)
class GroupModel:
    """One group's model with all that judging needs beside it (IM-07).

    Attributes
    ----------
    key : GroupKey
    kind : str
        One of `inference.plan_kernels.KERNELS`.
    weights : mapping of str to array
        As the detector's ``export()`` gives them; see each detector's docstring.
    input_low, input_high : (p,) float64
        Training ranges of the inputs: MinMaxScaler(clip=True).
    band_low, band_centre, band_high : (p,) float64
        Normal band of each input: 0.5 %, 50 % and 99.5 % quantile of the training shots.
    losses : LossSummary
    fixed_threshold : float
        mean + fixed_sigmas * std of the losses.
    setting_centre : (s,) float64
        Mean set values of the group's shots, in the maker's scaled units.
    rows, lots : int
        Training shots and lots.
    defect_rate : float
        Counted bad / (good + bad) over the group's lots.
    window : tuple of int
        First and last training shot, ms since 1970 UTC.
    """

    key: GroupKey
    kind: str
    weights: Mapping[str, NDArray[Any]]
    input_low: Floats
    input_high: Floats
    band_low: Floats
    band_centre: Floats
    band_high: Floats
    losses: LossSummary
    fixed_threshold: float
    setting_centre: Floats
    rows: int
    lots: int
    defect_rate: float
    window: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Coverage:
    """One row of the facility–item–setting table (IM-04) and what training did with it.

    `status`: ``trained``, ``validate`` (defect rate too high), ``too_few``, ``refused``
    or ``failed``; `reason` says why in words when it is not trained. `good` and `bad` are
    its share of the lots' counts, not always whole: see `models.setting_table`.
    """

    key: GroupKey
    rows: int
    lots: int
    good: float
    bad: float
    first: int
    last: int
    status: str
    kind: str | None
    reason: str

    @property
    def defect_rate(self) -> float:
        """Counted bad / (good + bad); NaN when nothing was counted."""
        total = self.good + self.bad
        return self.bad / total if total else float("nan")


@dataclass(frozen=True, slots=True)
class TrainedPlant:
    """Everything one training run produced.

    `reference` is what drift is measured against, in the order of `models`; None in versions
    of earlier releases. `predictor` is what a process with targets has instead of models.
    """

    profile_name: str
    profile_sha256: str
    setting_names: tuple[str, ...]
    production_names: tuple[str, ...]
    spaces: tuple[SettingSpace, ...]
    models: tuple[GroupModel, ...]
    fills: tuple[FillLevel, ...]
    coverage: tuple[Coverage, ...]
    notes: Mapping[str, Any]
    reference: Reference | None = None
    predictor: TrainedPredictor | None = None
