"""Detectors of groups chosen by evidence: every candidate fitted to every group, the best one kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import ModelRefused
from core.profile import CandidateRule, GroupKey
from models.checkpoint import Checkpoints, FittedGroup
from models.choice import Choice, Measured, choose
from models.detector import Detector, Progress
from models.evidence import gather
from models.fitting import Wanted, fit_groups
from models.group import LEAST_HELD_OUT, PreparedGroup, seed_of


@dataclass(frozen=True, slots=True)
class Chosen:
    """What became of one group.

    Attributes
    ----------
    kind : str
    fitted : FittedGroup or None
        None where nothing could be chosen; the number of records decides then.
    choice : Choice or None
    reason : str
        Why this kind, or why none.
    """

    kind: str
    fitted: FittedGroup | None
    choice: Choice | None
    reason: str


def choose_detectors(
    groups: Sequence[tuple[GroupKey, PreparedGroup]],
    candidates: Sequence[CandidateRule],
    detectors: Mapping[str, type[Detector]],
    seed: int,
    checkpoints: Checkpoints,
    progress: Progress,
) -> Iterator[Chosen]:
    """Yield what was chosen for every group, in their order.

    Candidate after candidate, each for all groups at once, as networks train fastest so.
    The choice of a group depends on its own shots, the candidates and `seed` alone.
    """
    wanted: dict[int, Wanted] = {}
    for number, (key, prepared) in enumerate(groups):
        if len(prepared.held_out) < LEAST_HELD_OUT:
            continue  # its losses would be those of training shots, which flatter some candidates
        evidence = gather(prepared.train, prepared.held_out, prepared.validation, seed_of(seed, key))
        if evidence is not None:
            wanted[number] = Wanted(key, prepared, evidence)
    numbers = list(wanted)
    fitted: dict[int, list[FittedGroup | None]] = {number: [None] * len(candidates) for number in numbers}
    for place, rule in enumerate(candidates):

        def overall(done: int, total: int, loss: float, place: int = place) -> None:
            share = (place + done / max(total, 1)) / len(candidates)
            progress(int(share * len(groups)), len(groups), loss)

        detector = detectors[rule.kind]
        found = fit_groups(
            list(wanted.values()), rule.kind, rule.parameters, detector, seed, checkpoints, overall
        )
        for i, result in found:
            fitted[numbers[i]][place] = result
    for number, (_, prepared) in enumerate(groups):
        if number in fitted:
            yield _chosen(candidates, [one for one in fitted[number] if one is not None])
        else:
            reason = f"{len(prepared.held_out)} held-out shots, fewer than {LEAST_HELD_OUT} to choose by"
            yield Chosen("", None, None, f"{reason}: by number of records")


def _chosen(candidates: Sequence[CandidateRule], fitted: Sequence[FittedGroup]) -> Chosen:
    try:
        choice = choose(candidates, [_measured(one) for one in fitted])
    except ModelRefused as error:
        return Chosen("", None, None, str(error))
    return Chosen(candidates[choice.number].kind, fitted[choice.number], choice, choice.reason)


def _measured(fitted: FittedGroup) -> Measured | str:
    if fitted.measured is not None:
        return fitted.measured
    if fitted.refusal is not None:
        return fitted.refusal
    strange = int((~np.isfinite(fitted.losses)).sum())
    return f"{strange} of {fitted.losses.size} training losses are not finite"
