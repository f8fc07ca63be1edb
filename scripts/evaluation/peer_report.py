"""A version beside other libraries on the same shots: trained on what it saw, tested on what it did not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import HistoryError
from core.profile import Profile
from inference.evaluation.resampling import clusters_of, estimates
from inference.evaluation.twins import any_of, first_row, twins, worst_of
from ingest.lots import count_lots
from models.artifact import TrainedPlant
from scripts.evaluation.judged_table import JudgedTable, seen_in_training
from scripts.evaluation.methods import PEERS, Floor, Method, Peer, peers_installed
from scripts.evaluation.report import estimate
from scripts.evaluation.sections import seen_with_lots
from scripts.evaluation.trial import Fold, Trial

Plain = dict[str, Any]
Ints = NDArray[np.int64]

LEAST_ROWS = 100
HELD_OUT = 0.2
"""Of the shots seen in training, the last in time: they make scores of groups comparable."""
OURS = "this version"


def peer_report(
    table: JudgedTable, plant: TrainedPlant, profile: Profile, wanted: NDArray[np.bool_], seed: int
) -> Plain:
    """Rankings of the version and of every other detector on the same shots, judged by own models.

    The others learn, group by group, from the shots of the version's training that the
    table holds, on z-scores; their scores are made comparable between groups by the last
    of these, as the version's are by its limits.

    Raises
    ------
    HistoryError
        The table does not hold both, shots of training and labelled ones after it.
    """
    rows = table.rows
    shot = twins(rows.facility, rows.time)
    first = first_row(shot)
    lots = count_lots(table.keys, profile)
    lot = lots.of_row[first]
    trained_on = any_of(shot, seen_in_training(rows, plant))
    seen, _ = seen_with_lots(trained_on, lot, len(lots))
    label, score = worst_of(shot, rows.bad), worst_of(shot, rows.severity)
    own = any_of(shot, rows.route == "trained")
    test = ~seen & own & any_of(shot, wanted) & np.isfinite(label)
    keys = pd.MultiIndex.from_arrays([rows.maker, rows.facility, rows.item, rows.cluster])[first]
    number, names = pd.factorize(keys)
    folds, tested = [], []
    for group in (i for i, name in enumerate(names) if tuple(name) in {tuple(m.key) for m in plant.models}):
        learnt = np.flatnonzero((number == group) & trained_on)
        asked = np.flatnonzero((number == group) & test)
        if len(learnt) >= LEAST_ROWS and len(asked):
            learnt = learnt[np.argsort(rows.time[first[learnt]], kind="stable")]
            folds.append(_fold(table, first[learnt], first[asked]))
            tested.append(asked)
    shots = np.concatenate(tested) if tested else np.empty(0, dtype=np.int64)
    bad = label[shots] == 1
    if not bad.any() or bad.all():
        msg = (
            "--peers: expected a table with the shots of training and labelled good and bad ones after it, "
            f"got {len(shots)} labelled shots of groups that have both, {int(bad.sum())} of them bad; "
            "give the whole history"
        )
        raise HistoryError(msg)
    cluster = clusters_of(lot[shots], np.arange(len(shots)))
    trial = Trial(folds, np.arange(len(shots)), bad, cluster, int(cluster.max()) + 1, calibrated=True)
    methods: list[Method] = [Floor(), *(Peer(name) for name in PEERS if peers_installed())]
    scores = {OURS: score[shots]}
    for method in methods:
        (found,) = method.scores([(seed, trial)])
        scores[method.name] = trial.unit_scores([f.held_out for f in found], [f.test for f in found])
    return {
        "shots": len(shots),
        "bad": int(bad.sum()),
        "groups": len(folds),
        "methods": {
            name: {
                figure: estimate(value)
                for figure, value in estimates(given, bad, cluster, np.random.default_rng(seed)).items()
            }
            for name, given in scores.items()
        },
    }


def _fold(table: JudgedTable, learnt: Ints, asked: Ints) -> Fold:
    """A missing value becomes the median of the rows to fit."""
    cut = len(learnt) - round(HELD_OUT * len(learnt))
    parts = [table.production[rows] for rows in (learnt[:cut], learnt[cut:], asked)]
    seen = ~np.isnan(parts[0]).all(axis=0)
    median = np.zeros(parts[0].shape[1])
    median[seen] = np.nanmedian(parts[0][:, seen], axis=0)
    return Fold(*(np.where(np.isnan(part), median, part) for part in parts))
