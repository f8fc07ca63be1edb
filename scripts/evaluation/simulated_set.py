"""Groups of a simulated plant, trained on its history and tested on its live shots."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustering.makers import cluster_rows, fit_spaces
from core.batch import Batch, concatenate
from core.profile_file import load_profile
from ingest.fill import fill
from ingest.fill_memory import FillMemory
from ingest.frame import batch_from_frame
from ingest.lots import count_lots
from ingest.plant import Plant
from ingest.typical_values import TypicalValues
from models.selection import select
from models.typical import typical_values
from scripts.evaluation.trial import DataSet, Fold, Trial

Ints = NDArray[np.int64]

HISTORY_SHOTS, LIVE_SHOTS = 40_000, 20_000
MOST_GROUPS = 8


def simulated_set() -> DataSet:
    """The plant of `ingest.plant`; another plant for each seed."""
    protocol = (
        f"the {MOST_GROUPS} groups with most live shots of a simulated plant: trained on lots of the history "
        "under the defect limit, tested on live shots; scores made comparable by held-out shots"
    )
    return DataSet("simulated_plant", protocol, 2, simulated_trial)


def simulated_trial(seed: int) -> Trial:
    """The groups that training would train, with the live shots they would judge."""
    profile = load_profile("injection_molding")
    plant = Plant(seed)
    past, live = list(plant.history(HISTORY_SHOTS)), list(plant.live(LIVE_SHOTS))
    history, coming = (
        concatenate([batch_from_frame(chunk.frame, profile)[0] for chunk in chunks])
        for chunks in (past, live)
    )
    truth = pd.concat([chunk.truth for chunk in live], ignore_index=True)
    lots = count_lots(history, profile)
    typical = TypicalValues(typical_values(history, profile), len(profile.settings) + len(profile.production))
    history, coming = (
        _completed(fill(b, typical, FillMemory(), profile).batch, b) for b in (history, coming)
    )
    spaces = fit_spaces(history, ())
    groups = select(history, cluster_rows(history, spaces), lots, profile).of_status("train")
    keys = pd.MultiIndex.from_arrays(
        [coming.maker, coming.facility, coming.item, cluster_rows(coming, spaces)]
    )
    tests = [np.flatnonzero(keys == tuple(group.key)) for group in groups]
    largest = sorted(range(len(groups)), key=lambda number: -len(tests[number]))[:MOST_GROUPS]
    folds = [_fold(history, coming, groups[n].train_rows, groups[n].held_out_rows, tests[n]) for n in largest]
    rows = np.concatenate([tests[n] for n in largest])
    bad = truth["bad"].to_numpy(dtype=bool)[rows]
    clusters = count_lots(coming, profile).of_row[rows]
    names, cluster = np.unique(clusters, return_inverse=True)
    return Trial(folds, np.arange(len(rows)), bad, cluster, len(names), calibrated=True)


def _completed(filled: Batch, received: Batch) -> Batch:
    """Keys and set values filled, measured values as received: as training does."""
    return replace(received, maker=filled.maker, item=filled.item, settings=filled.settings)


def _fold(history: Batch, live: Batch, fit: Ints, held_out: Ints, test: Ints) -> Fold:
    """A missing value becomes the median of the rows to fit."""
    parts = [history.production[fit], history.production[held_out], live.production[test]]
    median = np.nan_to_num(np.nanmedian(parts[0], axis=0))
    return Fold(*(np.where(np.isnan(part), median, part) for part in parts))
