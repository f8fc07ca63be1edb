"""From a selected history to a trained plant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from clustering.setting import SettingSpace
from core.batch import Batch
from core.profile import Profile
from ingest.lots import Lots
from ingest.typical_values import FillLevel
from models.artifact import GroupModel, TrainedPlant
from models.detector import Detector, Progress
from models.golden import Golden, no_golden
from models.group import label
from models.group_data import group_data
from models.reference import reference_of
from models.selection import Selection
from models.training import GroupOutcome, train_groups


def train_plant(
    batch: Batch,
    selection: Selection,
    spaces: Sequence[SettingSpace],
    fills: Sequence[FillLevel],
    profile: Profile,
    detectors: Mapping[str, type[Detector]],
    *,
    seed: int,
    lots: Lots | None = None,
    workdir: Path | None = None,
    progress: Progress | None = None,
) -> tuple[TrainedPlant, Golden]:
    """Train every group that was selected and put all that judging needs together.

    Parameters
    ----------
    batch : Batch
        The history that `selection` counts the rows of.
    selection : Selection
        Which groups train, on which rows.
    spaces, fills
        Setting clusters by maker; typical values of the plant.
    detectors : mapping of str to type
        Kind to estimator class.
    lots : Lots, optional
        Of the same history: evidence to choose detectors by, where the profile asks for it.
    seed, workdir, progress
        As for `models.training.train_groups`.

    Returns
    -------
    TrainedPlant
        Its notes hold, by group, what training recorded (loss, memory health, ...), and
        where detectors were chosen by evidence what every candidate came to.
    Golden
        A few shots of every model with the detector's own scores.
    """
    by_evidence = profile.selection.choice == "by_evidence"
    groups = group_data(batch, selection, spaces, fills, profile, lots if by_evidence else None)
    outcomes = train_groups(groups, profile, detectors, seed=seed, workdir=workdir, progress=progress)
    by_key = {group.key: outcome for group, outcome in zip(groups, outcomes, strict=True)}
    coverage = []
    for selected in selection.groups:
        outcome = by_key.get(selected.key)
        if outcome is None:
            coverage.append(selected.coverage())
        else:
            kind = outcome.model.kind if outcome.model is not None else None
            coverage.append(selected.coverage(outcome.status, kind, outcome.reason))
    trained = [(outcome.model, outcome) for outcome in outcomes if outcome.model is not None]
    rows_of = {selected.key: selected.rows for selected in selection.groups}
    plant = TrainedPlant(
        profile_name=profile.name,
        profile_sha256=profile.sha256,
        setting_names=tuple(variable.name for variable in profile.settings),
        production_names=tuple(variable.name for variable in profile.production),
        spaces=tuple(spaces),
        models=tuple(model for model, _ in trained),
        fills=tuple(fills),
        coverage=tuple(coverage),
        notes={
            "seed": seed,
            "rows": len(batch),
            "ungrouped": dict(selection.ungrouped),
            "groups": {label(model.key): dict(outcome.record) for model, outcome in trained},
            "choice": profile.selection.choice,
            "evidence": {label(model.key): dict(outcome.evidence) for model, outcome in trained}
            if by_evidence
            else {},
        },
        reference=reference_of(batch, [rows_of[model.key] for model, _ in trained], profile),
    )
    return plant, _golden(trained, spaces, profile)


def _golden(
    trained: Sequence[tuple[GroupModel, GroupOutcome]], spaces: Sequence[SettingSpace], profile: Profile
) -> Golden:
    if not trained:
        return no_golden(len(profile.settings), len(profile.production))
    space_of = {space.maker: space for space in spaces}
    counts = [len(outcome.golden_scores) for _, outcome in trained]
    settings = [
        space_of[model.key.maker].offset + model.setting_centre * space_of[model.key.maker].scale
        for model, _ in trained
    ]
    return Golden(
        model=np.repeat(np.arange(len(trained)), counts).astype(np.int64),
        settings=np.repeat(np.array(settings), counts, axis=0),
        production=np.concatenate([outcome.golden_production for _, outcome in trained]),
        scores=np.concatenate([outcome.golden_scores for _, outcome in trained]),
    )
