"""Finished groups of a training run on disk, so that an interrupted run goes on where it was."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelCorrupt
from models.choice import Measured
from models.group import PreparedGroup
from models.npz import read_npz, write_npz

Floats = NDArray[np.float64]

FORMAT = 1
EVIDENCE_FORMAT = 2
"""One more when candidates are tried in another way."""
LIBRARIES = ("numpy", "scikit-learn", "tensorflow")
_WEIGHT = "weight."


@dataclass(frozen=True, slots=True)
class FittedGroup:
    """What fitting one group with one detector gave.

    Attributes
    ----------
    weights : mapping of str to array
    losses : (k,) float64
        Anomaly scores of the group's judged shots, in their order.
    refusal : str or None
        Why the detector must not judge.
    record : mapping of str to float
        Figures about the training.
    measured : Measured or None
        What it found, where it was tried as one of several candidates.
    """

    weights: Mapping[str, NDArray[Any]]
    losses: Floats
    refusal: str | None
    record: Mapping[str, float]
    measured: Measured | None = None


def library_versions() -> dict[str, str]:
    """Versions of the libraries that training results depend on."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found


class Checkpoints:
    """Fitted groups by what they were fitted on.

    A changed shot, parameter, seed or library gives another name, so nothing stale is
    ever taken. Files of earlier data stay until the folder is deleted.

    Parameters
    ----------
    folder : Path or None
        None keeps nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def name(
        self,
        group: PreparedGroup,
        kind: str,
        parameters: Mapping[str, Any],
        seed: int,
        *,
        tried: bool = False,
    ) -> str:
        """Hash of everything that decides the result; `tried` as one of several candidates."""
        about = [FORMAT, kind, dict(parameters), seed, library_versions()]
        tables: list[NDArray[Any]] = [group.train, group.held_out, group.judged_scaled]
        if tried:
            about.append(EVIDENCE_FORMAT)
            lots = group.validation
            tables += [] if lots is None else [lots.rows, lots.lot, lots.rate, lots.block]
        digest = hashlib.sha256(json.dumps(about, sort_keys=True, default=str).encode())
        for table in tables:
            digest.update(repr(table.shape).encode())
            digest.update(np.ascontiguousarray(table).tobytes())
        return digest.hexdigest()[:32]

    def get(self, name: str) -> FittedGroup | None:
        """The result of this name; None where there is none or it cannot be read."""
        if self._folder is None:
            return None
        try:
            arrays = read_npz((self._folder / f"{name}.npz").read_bytes(), name)
            about = json.loads(str(arrays["about"]))
            return FittedGroup(
                {key.removeprefix(_WEIGHT): a for key, a in arrays.items() if key.startswith(_WEIGHT)},
                arrays["losses"],
                about["refusal"],
                about["record"],
                Measured(arrays["faults"], arrays["lots"]) if "faults" in arrays else None,
            )
        except (FileNotFoundError, ModelCorrupt, KeyError, json.JSONDecodeError):
            return None  # trained again, which is always right

    def put(self, name: str, fitted: FittedGroup) -> None:
        """Keep a result; the file appears whole or not at all."""
        if self._folder is None:
            return
        about = json.dumps({"refusal": fitted.refusal, "record": dict(fitted.record)})
        arrays = {_WEIGHT + key: array for key, array in fitted.weights.items()}
        if fitted.measured is not None:
            arrays |= {"faults": fitted.measured.faults, "lots": fitted.measured.lots}
        temporary = self._folder / f"{name}.{os.getpid()}.tmp"
        write_npz(temporary, {**arrays, "losses": fitted.losses, "about": np.array(about)})
        os.replace(temporary, self._folder / f"{name}.npz")
