"""One detector fitted to many prepared groups, those already on disk first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.profile import GroupKey
from models.checkpoint import Checkpoints, FittedGroup
from models.detector import Detector, Progress, Task
from models.evidence import Evidence
from models.group import PreparedGroup, seed_of


@dataclass(frozen=True, slots=True)
class Wanted:
    """A group that is to be fitted.

    Attributes
    ----------
    key : GroupKey
    prepared : PreparedGroup
    evidence : Evidence or None
        What the fitted detector is tried on, where it is one of several.
    """

    key: GroupKey
    prepared: PreparedGroup
    evidence: Evidence | None = None


def fit_groups(
    wanted: Sequence[Wanted],
    kind: str,
    parameters: Mapping[str, Any],
    detector: type[Detector],
    seed: int,
    checkpoints: Checkpoints,
    progress: Progress | None = None,
) -> Iterator[tuple[int, FittedGroup]]:
    """Yield ``(position, what fitting gave)`` of every group as it is done, in any order."""
    missing: list[tuple[int, str]] = []
    tasks: list[Task] = []
    for i, one in enumerate(wanted):
        own = seed_of(seed, one.key)
        name = checkpoints.name(one.prepared, kind, parameters, own, tried=one.evidence is not None)
        found = checkpoints.get(name)
        if found is not None:
            yield i, found
        else:
            missing.append((i, name))
            tasks.append(Task(one.prepared.train, one.prepared.held_out, own))
    for number, fitted in detector.fit_many(tasks, parameters, progress):
        i, name = missing[number]
        one = wanted[i]
        losses = -fitted.score_samples(one.prepared.judged_scaled)
        refusal = fitted.refusal()
        measured = None
        if one.evidence is not None and refusal is None and np.isfinite(losses).all():
            measured = one.evidence.measure(fitted)
        result = FittedGroup(fitted.export(), losses, refusal, fitted.record(), measured)
        checkpoints.put(name, result)
        yield i, result
