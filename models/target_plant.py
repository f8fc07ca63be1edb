"""A trained plant of a process that predicts: its predictor, and what missing inputs are filled with."""

from __future__ import annotations

from collections.abc import Callable

from core.profile import Profile
from ingest.target_table import TargetTable
from models.artifact import TrainedPlant
from models.target_training import train_targets
from models.typical import typical_values


def train_target_plant(
    table: TargetTable,
    profile: Profile,
    *,
    source: str,
    example: bool,
    seed: int,
    jobs: int = -1,
    progress: Callable[[int, int, float], object] | None = None,
) -> TrainedPlant:
    """Train a predictor and put all that judging needs beside it.

    Parameters
    ----------
    table : TargetTable
    profile : Profile
    source : str
        What the rows come from: name of a file or table. Noted.
    example : bool
        Whether they are the synthetic ones that ship with the profile. Noted, since what
        such a predictor says of real parts is worth nothing.
    seed, jobs, progress
        As for `models.target_training.train_targets`.
    """
    predictor = train_targets(table.inputs, table.targets, profile, seed=seed, jobs=jobs, progress=progress)
    return TrainedPlant(
        profile_name=profile.name,
        profile_sha256=profile.sha256,
        setting_names=tuple(v.name for v in profile.settings),
        production_names=tuple(v.name for v in profile.production),
        spaces=(),
        models=(),
        fills=typical_values(table.batch, profile),
        coverage=(),
        notes={
            "seed": seed,
            "source": source,
            "example": example,
            "rows": len(table.batch),
            "left_out": len(table.problems),
            "settings": len(predictor.settings),
            "choice": profile.prediction.choice,
        },
        predictor=predictor,
    )
