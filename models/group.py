"""One group on its way into training: its shots, completed and scaled."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelRefused
from core.profile import GroupKey
from models.lot_evidence import LotShots
from models.scaling import InputRange

Floats = NDArray[np.float64]

LEAST_HELD_OUT = 100
"""With fewer held-out shots than this the losses of the training shots are summarised."""


@dataclass(frozen=True, slots=True)
class GroupData:
    """One facility–item–setting group chosen for training.

    Attributes
    ----------
    key : GroupKey
    kind : str
        Detector wanted, by the amount of data.
    train : (n, p) float64
        Measured values of the training shots, unscaled; NaN = missing.
    held_out : (m, p) float64
        Later shots: early stopping and, where enough, the loss distribution.
    typical : (p,) float64
        Values for variables that no training shot of the group has; the ones with
        which judging fills them.
    setting_centre : (s,) float64
        Mean set values in the maker's scaled units.
    rows, lots : int
        All shots (training and held out) and lots.
    defect_rate : float
        Counted bad / (good + bad) of the lots; NaN where nothing was counted.
    window : tuple of int
        First and last shot, ms since 1970 UTC.
    held_out_lot : (m,) int64
        Lot of each held-out shot, numbers that grow with time; empty where nobody knows.
    validation : LotShots or None
        Counted lots to choose a detector by, unscaled; NaN = missing.
    """

    key: GroupKey
    kind: str
    train: Floats
    held_out: Floats
    typical: Floats
    setting_centre: Floats
    rows: int
    lots: int
    defect_rate: float
    window: tuple[int, int]
    held_out_lot: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    validation: LotShots | None = None


@dataclass(frozen=True, slots=True)
class PreparedGroup:
    """A group's shots ready to train on.

    Attributes
    ----------
    limits : InputRange
        Of the completed training shots.
    train, held_out : (n, p), (m, p) float64
        Completed and scaled to [0, 1].
    judged : (k, p) float64
        Completed, unscaled shots whose losses are summarised.
    judged_scaled : (k, p) float64
    judged_lot : (k,) int64 or None
        Lot of each of them; None where they are training shots, or the lots are not known.
    band : (3, p) float64
        0.5 %, 50 % and 99.5 % quantile of the training shots, unscaled.
    validation : LotShots or None
        Completed and scaled as `train`; shots that say too little are left out.
    """

    limits: InputRange
    train: Floats
    held_out: Floats
    judged: Floats
    judged_scaled: Floats
    judged_lot: NDArray[np.int64] | None
    band: Floats
    validation: LotShots | None = None


def prepare(group: GroupData, max_filled_share: float) -> PreparedGroup:
    """Complete and scale a group's shots.

    A missing value becomes the median of the group's training shots: near the middle it
    widens no range and makes no shot look strange. Shots with more than
    `max_filled_share` missing say too little and are left out.

    Raises
    ------
    ModelRefused
        No training shot is left.
    """
    measured, lot = _measured(group.held_out, max_filled_share), group.held_out_lot
    train = group.train[_measured(group.train, max_filled_share)]
    held_out = group.held_out[measured]
    if len(train) == 0:
        msg = (
            f"group {label(group.key)}: expected shots with at most {max_filled_share:.0%} missing values, "
            f"got none among {len(group.train)}; look for the missing variables in the history"
        )
        raise ModelRefused(msg)
    seen = ~np.isnan(train).all(axis=0)
    medians = np.array(np.nan_to_num(group.typical), dtype=np.float64)
    medians[seen] = np.nanmedian(train[:, seen], axis=0)
    train, held_out = (np.where(np.isnan(table), medians, table) for table in (train, held_out))
    limits = InputRange.fit(train)
    validation = group.validation
    if validation is not None:
        told = _measured(validation.rows, max_filled_share)
        rows = validation.rows[told]
        rows = limits.scale(np.where(np.isnan(rows), medians, rows))
        validation = replace(validation, rows=rows, lot=validation.lot[told])
    apart = len(held_out) >= LEAST_HELD_OUT
    judged = held_out if apart else train
    return PreparedGroup(
        limits=limits,
        train=limits.scale(train),
        held_out=limits.scale(held_out),
        judged=judged,
        judged_scaled=limits.scale(judged),
        judged_lot=lot[measured] if apart and len(lot) else None,
        band=np.quantile(train, [0.005, 0.5, 0.995], axis=0),
        validation=validation,
    )


def _measured(table: Floats, max_filled_share: float) -> NDArray[np.bool_]:
    """Which rows say enough."""
    if not table.shape[1]:
        return np.ones(len(table), dtype=np.bool_)
    share: Floats = np.isnan(table).mean(axis=1)
    return share <= max_filled_share


def label(key: GroupKey) -> str:
    """A group's key in one line, for messages.

    >>> label(GroupKey("A", "A-01", "cap", 2))
    'A / A-01 / cap / setting 2'
    """
    return f"{key.maker} / {key.facility} / {key.item} / setting {key.cluster}"


def seed_of(seed: int, key: GroupKey) -> int:
    """Seed of one group, whatever other groups are trained with it.

    >>> key = GroupKey("A", "A-01", "cap", 2)
    >>> seed_of(1, key) == seed_of(1, key), seed_of(1, key) == seed_of(2, key)
    (True, False)
    """
    name = json.dumps([seed, *key]).encode()
    return int.from_bytes(hashlib.sha256(name).digest()[:4], "big") >> 1
