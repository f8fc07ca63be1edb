"""What drift comes to for people: which group moved in what, and whether to train again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.beside import DriftLot
from core.profile import Profile
from inference.drift.flag_rate import FlagDrift, expected_share, flag_drift
from inference.drift.inputs import InputDrift, RecentLots, input_drift
from models.artifact import TrainedPlant

Floats = NDArray[np.float64]
Status = Literal["steady", "moved", "too_early", "no_reference"]

OLD_DAYS = 180
"""Days since the last training shot after which a model is called old."""
STRANGE_SHARE = 0.2
"""Share of shots judged by a substitute, or by no model, past which settings are called new."""
LEAST_STRANGE = 200
"""Shots without which that share says nothing."""
KEPT_LOTS = 8
"""Lots of a model that are looked at, the latest ones."""
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Drift:
    """The last lots of every model of one version, tested.

    Attributes
    ----------
    plant : TrainedPlant
    names : tuple of str
        Measured variables.
    inputs : InputDrift or None
        None where the version keeps no reference.
    flags : FlagDrift
    shots, substituted : (G,) int64
        Looked at in the lots kept: of the group's own setting, and of others.
    uncovered : int
        Looked at, and judged by no model.
    """

    plant: TrainedPlant
    names: tuple[str, ...]
    inputs: InputDrift | None
    flags: FlagDrift
    shots: NDArray[np.int64]
    substituted: NDArray[np.int64]
    uncovered: int

    def groups(self) -> list[dict[str, Any]]:
        """Every group with what became of it, those that moved first."""
        rows = [self._group(number) for number in range(len(self.plant.models))]
        return sorted(rows, key=lambda row: (row["status"] != "moved", -row["shots"]))

    def proposal(self, now: int) -> dict[str, Any]:
        """Whether to train again, and why: facts by name, for words in any language; `now` in ms UTC."""
        moved = int(self.inputs.drifted.any(axis=1).sum()) if self.inputs is not None else 0
        flagged = int(self.flags.drifted.sum())
        own, other = int(self.shots.sum()), int(self.substituted.sum()) + self.uncovered
        last = max((model.window[1] for model in self.plant.models), default=None)
        age = None if last is None else max(0, (now - last) // _DAY_MS)
        strange = other / (own + other) if own + other else 0.0
        reasons = []
        if moved:
            reasons.append({"why": "inputs", "groups": moved})
        if flagged:
            reasons.append({"why": "flags", "groups": flagged})
        if own + other >= LEAST_STRANGE and strange >= STRANGE_SHARE:
            reasons.append({"why": "settings", "share": strange})
        if age is not None and age >= OLD_DAYS:
            reasons.append({"why": "age", "days": age})
        return {
            "retrain": bool(reasons),
            "reasons": reasons,
            "age_days": age,
            "shots_looked_at": own + other,
            "substituted_share": strange if own + other else None,
        }

    def _group(self, number: int) -> dict[str, Any]:
        model, flags = self.plant.models[number], self.flags
        status, moved = self._status(number)
        return {
            **model.key._asdict(),
            "status": status,
            "lots": int(flags.lots[number]),
            "shots": int(self.shots[number]),
            "substituted": int(self.substituted[number]),
            "inputs": moved,
            "flags": {
                "moved": bool(flags.drifted[number]),
                "share": _finite(flags.share[number]),
                "expected": float(flags.expected[number]),
                "lots_with_too_many": int(flags.high[number]),
                "chance": _finite(flags.chance[number]),
            },
        }

    def _status(self, number: int) -> tuple[Status, list[dict[str, Any]]]:
        inputs, reference = self.inputs, self.plant.reference
        moved = []
        if inputs is not None and reference is not None:
            for at in np.flatnonzero(inputs.drifted[number]).tolist():
                moved.append(
                    {
                        "variable": self.names[at],
                        "mean": float(inputs.mean[number, at]),
                        "training_low": float(reference.lot_low[number, at]),
                        "training_high": float(reference.lot_high[number, at]),
                        "shift": _finite(inputs.shift[number, at]),
                        "chance": _finite(inputs.chance[number, at]),
                    }
                )
        if moved or self.flags.drifted[number]:
            return "moved", moved
        if inputs is None:
            return "no_reference", []
        return ("steady" if inputs.known[number] else "too_early"), []


def drift_of(lots: Sequence[DriftLot], plant: TrainedPlant, profile: Profile) -> Drift:
    """Test the lots that were kept of a version.

    Parameters
    ----------
    lots : sequence of DriftLot
        Of one version, ascending by model and day.
    plant : TrainedPlant
        What training made of that version.
    profile : Profile
    """
    groups, width = len(plant.models), len(profile.production)
    shots, flagged, substituted = np.zeros((3, groups, KEPT_LOTS), dtype=np.int64)
    measured = np.zeros((groups, KEPT_LOTS, 2, width))
    uncovered, place = 0, np.full(groups, KEPT_LOTS)
    for lot in reversed(lots):  # a few of each model
        if lot.group < 0:
            uncovered += lot.substituted
        elif lot.group < groups and place[lot.group] > 0:
            place[lot.group] -= 1
            at = lot.group, place[lot.group]
            shots[at], flagged[at], substituted[at] = lot.shots, lot.flagged, lot.substituted
            sums = np.frombuffer(lot.measured, dtype="<f8")
            if sums.size == 2 * width:
                measured[at] = sums.reshape(2, width)
    inputs = None
    if plant.reference is not None and len(plant.reference) == groups:
        counted, total = measured[:, :, 0], measured[:, :, 1]
        mean = np.divide(total, counted, out=np.full(total.shape, np.nan), where=counted > 0)
        looked_at = counted.max(axis=2, initial=0.0).astype(np.int64)
        inputs = input_drift(RecentLots(looked_at, mean), plant.reference)
    losses = np.array([model.losses.count for model in plant.models], dtype=np.int64)
    trimmed = np.array([model.losses.trimmed for model in plant.models], dtype=np.int64)
    flags = flag_drift(shots, flagged, expected_share(losses, trimmed))
    names = tuple(variable.name for variable in profile.production)
    return Drift(plant, names, inputs, flags, shots.sum(axis=1), substituted.sum(axis=1), uncovered)


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
