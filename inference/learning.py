"""From a history to a trained plant: complete, cluster, select, train. No I/O but checkpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from clustering.makers import cluster_rows, fit_spaces
from clustering.setting import SettingSpace
from core.batch import Batch
from core.errors import ModelError
from core.profile import Profile
from inference.warm_up import warming_up
from ingest.fill import fill
from ingest.fill_memory import FillMemory
from ingest.lots import Lots, count_lots
from ingest.typical_values import TypicalValues
from models.artifact import TrainedPlant
from models.detector import Detector, Progress
from models.golden import Golden
from models.plant_training import train_plant
from models.selection import Selection, select
from models.typical import typical_values


@dataclass(frozen=True, slots=True)
class Learned:
    """What a history taught.

    Attributes
    ----------
    plant : TrainedPlant
    golden : Golden
        Shots and scores that prove later that judging still computes the same.
    selection : Selection
        Every group with what was decided about it.
    lots : Lots
        The history's lots and their counts.
    """

    plant: TrainedPlant
    golden: Golden
    selection: Selection
    lots: Lots


def learn(
    history: Batch,
    profile: Profile,
    detectors: Mapping[str, type[Detector]],
    *,
    seed: int,
    previous: Sequence[SettingSpace] = (),
    workdir: Path | None = None,
    progress: Progress | None = None,
) -> Learned:
    """Train every group of a history that is fit to be trained (IM-02 to IM-07).

    A missing maker, item or set value is completed as live records are, so that the shot
    finds its group; measured values are left as received, since training on filled ones
    would teach the models what was never measured.

    Parameters
    ----------
    previous : sequence of SettingSpace
        Of the version in use: clusters that still exist keep their numbers.

    Raises
    ------
    ModelError
        No group could be trained; the message says what became of them.
    """
    lots = count_lots(history, profile)
    fills = typical_values(history, profile)
    typical = TypicalValues(fills, len(profile.settings) + len(profile.production))
    completed = fill(history, typical, FillMemory(), profile).batch
    batch = replace(history, maker=completed.maker, item=completed.item, settings=completed.settings)
    spaces = fit_spaces(batch, previous, [variable.tweak for variable in profile.settings])
    cluster = cluster_rows(batch, spaces)
    skip = warming_up(batch, cluster, profile.warm_up) if profile.selection.skip_warm_up else None
    selection = select(batch, cluster, lots, profile, skip)
    plant, golden = train_plant(
        batch,
        selection,
        spaces,
        fills,
        profile,
        detectors,
        seed=seed,
        lots=lots,
        workdir=workdir,
        progress=progress,
    )
    if not plant.models:
        why = "; ".join(f"{'/'.join(map(str, c.key))}: {c.status}: {c.reason}" for c in plant.coverage[:5])
        msg = (
            f"expected a group to train on, got none out of {len(plant.coverage)} "
            f"({why or 'no record belongs to a group'}); see selection in the profile"
        )
        raise ModelError(msg)
    return Learned(plant, golden, selection, lots)
