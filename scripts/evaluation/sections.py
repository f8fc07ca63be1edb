"""What a judged table says: shots, lots, groups and fault kinds, seen in training and not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.batch import Strings
from core.profile import Profile
from core.verdict import ROUTES
from inference.evaluation.lots import JudgedLots, LotFigures, lot_figures
from inference.evaluation.resampling import REPLICATES, clusters_of
from inference.evaluation.shots import (
    FLAGGED,
    WARNED,
    JudgedShots,
    Part,
    ShotFigures,
    parts,
    shot_figures,
)
from inference.evaluation.twins import any_of, first_row, twins, worst_of
from ingest.lots import count_lots
from models.artifact import TrainedPlant
from scripts.evaluation.judged_table import JudgedTable, seen_in_training

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

NO_CAUSE = "no fault"
LIMITS = "static limits"


@dataclass(frozen=True, slots=True)
class Section:
    """One side of the division.

    Attributes
    ----------
    shots : JudgedShots
        Every shot, labelled or not.
    labelled : (n,) bool
    figures : dict of str to ShotFigures
        ``all`` and, where there are several, each route; empty where no shot is labelled.
        Limits of different routes are of different kind: a ranking over all of them mixes that in.
    route : (n,) object
    lots : JudgedLots
    lot_names : list of str
    lot_figures : LotFigures or None
        None where no lot was counted.
    groups, routes, kinds, causes : list of Part
        `causes` is empty where no kind of fault is named.
    """

    shots: JudgedShots
    labelled: Flags
    figures: dict[str, ShotFigures]
    route: Strings
    lots: JudgedLots
    lot_names: list[str]
    lot_figures: LotFigures | None
    groups: list[Part]
    routes: list[Part]
    kinds: list[Part]
    causes: list[Part]


@dataclass(frozen=True, slots=True)
class Sections:
    """The whole evaluation: `unseen` is the one that counts.

    `rows` had a verdict and made `shots` shots, twins being one.
    """

    unseen: Section
    seen: Section
    rows: int
    shots: int


def evaluate_table(
    table: JudgedTable,
    plant: TrainedPlant,
    profile: Profile,
    wanted: Flags,
    seed: int,
    *,
    replicates: int = REPLICATES,
) -> Sections:
    """Divide into what training saw and what it did not, and figure both.

    A lot of which training saw a shot counts as seen with all its shots: they were made
    under the same conditions. Twins are merged before anything is counted.

    Parameters
    ----------
    wanted : (rows,) bool
        Rows to evaluate. Lots are counted over all rows: a counter goes on from before.
    seed : int
        Of the resamples.
    """
    rows = table.rows
    shot = twins(rows.facility, rows.time)
    first = first_row(shot)
    lots = count_lots(table.keys, profile)
    lot = lots.of_row[first]
    seen, seen_lot = seen_with_lots(any_of(shot, seen_in_training(rows, plant)), lot, len(lots))
    asked = any_of(shot, wanted)
    asked_lot = np.zeros(len(lots), dtype=bool)
    asked_lot[lot[asked & (lot >= 0)]] = True
    flagged = any_of(shot, rows.outcome == FLAGGED)
    label = worst_of(shot, rows.bad)
    whole = JudgedShots(
        severity=worst_of(shot, rows.severity),
        bad=label == 1,
        flagged=flagged,
        warned=any_of(shot, rows.outcome == WARNED) & ~flagged,
        cluster=clusters_of(lot, np.arange(len(first))),
    )
    names = _Names(
        group=_joined(rows.maker, rows.facility, rows.item, rows.cluster)[first],
        route=rows.route[first],
        kind=np.where(pd.isna(rows.model_kind[first]), LIMITS, rows.model_kind[first]),
        cause=_causes(shot, rows.cause, len(first)),
    )
    lot_name = _joined(lots.facility, lots.item, lots.day.astype("datetime64[D]").astype(str))

    def section(mask: Flags, lot_mask: Flags) -> Section:
        shots = whole.of(mask)
        labelled = np.isfinite(label[mask])
        known = shots.of(labelled)
        counted = lot[mask]
        judged = JudgedLots(
            shots=np.bincount(counted[counted >= 0], minlength=len(lots)).astype(np.float64)[lot_mask],
            flagged=np.bincount(counted[(counted >= 0) & shots.flagged], minlength=len(lots)).astype(
                np.float64
            )[lot_mask],
            good=lots.good[lot_mask],
            bad=lots.bad[lot_mask],
        )
        own = names.of(mask)
        rng = np.random.default_rng(seed)
        return Section(
            shots=shots,
            labelled=labelled,
            figures=_by_route(known, own.route[labelled], seed, replicates),
            route=own.route,
            lots=judged,
            lot_names=[str(name) for name in lot_name[lot_mask]],
            lot_figures=lot_figures(judged, profile.selection.max_defect_rate, rng, replicates=replicates)
            if len(judged.counted)
            else None,
            groups=parts(shots, own.group),
            routes=parts(shots, own.route),
            kinds=parts(shots, own.kind),
            causes=parts(known, own.cause[labelled]) if (own.cause[labelled] != NO_CAUSE).any() else [],
        )

    return Sections(
        section(asked & ~seen, asked_lot & ~seen_lot),
        section(asked & seen, asked_lot & seen_lot),
        int(wanted.sum()),
        int(asked.sum()),
    )


def _by_route(known: JudgedShots, route: Strings, seed: int, replicates: int) -> dict[str, ShotFigures]:
    if not len(known):
        return {}
    masks = {"all": np.ones(len(known), dtype=bool)}
    present = [name for name in ROUTES if (route == name).any()]
    if len(present) > 1:
        masks |= {name: route == name for name in present}
    return {
        name: shot_figures(known.of(mask), np.random.default_rng(seed), replicates=replicates)
        for name, mask in masks.items()
    }


def seen_with_lots(seen: Flags, lot: Ints, lots: int) -> tuple[Flags, Flags]:
    """Shots and lots that count as seen in training, given the shots that were.

    >>> shots, lots = seen_with_lots(np.array([True, False, False]), np.array([0, 0, -1]), 1)
    >>> shots.tolist(), lots.tolist()
    ([True, True, False], [True])
    """
    seen_lot = np.zeros(lots, dtype=bool)
    seen_lot[lot[seen & (lot >= 0)]] = True
    of_lot = np.append(seen_lot, False)[lot]  # -1, without a lot, is the last
    return seen | of_lot, seen_lot


@dataclass(frozen=True, slots=True)
class _Names:
    """What each shot is counted under."""

    group: Strings
    route: Strings
    kind: Strings
    cause: Strings

    def of(self, mask: Flags) -> _Names:
        return _Names(self.group[mask], self.route[mask], self.kind[mask], self.cause[mask])


def _joined(*columns: NDArray[np.object_] | Ints) -> Strings:
    names = np.empty(len(columns[0]), dtype=object)
    names[:] = [" / ".join("?" if v is None else str(v) for v in row) for row in zip(*columns, strict=True)]
    return names


def _causes(shot: Ints, cause: Strings, shots: int) -> Strings:
    """The first kind of fault that any row of a shot names."""
    out = np.full(shots, NO_CAUSE, dtype=object)
    named = np.flatnonzero(cause != "")[::-1]
    out[shot[named]] = cause[named]
    return out
