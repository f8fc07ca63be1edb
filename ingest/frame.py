"""Tables of records: a DataFrame becomes a batch and back, column by column.

The rules for what a field may hold are those of `ingest.value`, to the letter: a file
judged and the same records streamed give the same verdicts and the same refusals.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.batch import Batch, Floats
from core.profile import Profile, Variable
from ingest.frame_problem import FrameProblem
from ingest.frame_reader import FrameReader
from ingest.frame_time import timestamps


def batch_from_frame(
    frame: pd.DataFrame, profile: Profile, *, first_row: int = 0
) -> tuple[Batch, list[FrameProblem]]:
    """The readable rows as a batch, in their order, and the unreadable ones with their reason.

    A column is found by its field's dotted path in the document (``set.hold_pressure``)
    first, then by its name (``hold_pressure_set``, ``id``, ``lot_good``, ...). A column
    that is not there is missing in every row; columns the profile does not know are
    ignored. A missing maker, facility or item is what the profile says with ``otherwise``,
    and a table without identifiers has its rows numbered by it.

    Parameters
    ----------
    frame : DataFrame
    profile : Profile
    first_row : int
        Number of the frame's first row in the whole table, from 0.

    Raises
    ------
    HistoryError
        There is no column for the identifier or the facility, nor what is so otherwise; or a
        name occurs twice.
    """
    reader = FrameReader(frame, lenient=profile.fill.unreadable == "fill")
    n = len(frame)

    def table(variables: Sequence[Variable]) -> Floats:
        columns = [reader.numbers(v.path, v.name) for v in variables]
        return np.stack(columns, axis=1) if columns else np.empty((n, 0))

    # In the order in which a document is read: the first problem of a row is its reason.
    facility = reader.facilities(profile.facility)
    ids = reader.identifiers(profile.identifier, first_row=first_row)
    batch = Batch(
        ids=ids,
        facility=facility,
        time=reader.times(profile.time),
        maker=reader.keys(profile.maker),
        item=reader.keys(profile.item),
        lot_good=reader.numbers(profile.lot.good.path, "lot_good"),
        lot_bad=reader.numbers(profile.lot.bad.path, "lot_bad"),
        settings=table(profile.settings),
        production=table(profile.production),
    )
    problems = reader.problems
    if not problems:
        return batch, []
    readable = np.ones(n, dtype=bool)
    readable[list(problems)] = False
    found = [
        FrameProblem(row, "" if ids[row] is None else ids[row], p.column, p.reason, p.detail)
        for row, p in sorted(problems.items())
    ]
    return batch.take(readable), found


def frame_from_batch(batch: Batch, profile: Profile) -> pd.DataFrame:
    """The batch as a table by flat names; ``time`` as datetime64[ns, UTC], NaT where none."""
    return pd.DataFrame(
        {
            "id": batch.ids,
            "time": timestamps(batch.time),
            "maker": batch.maker,
            "facility": batch.facility,
            "item": batch.item,
            "lot_good": batch.lot_good,
            "lot_bad": batch.lot_bad,
            **{v.name: batch.settings[:, i] for i, v in enumerate(profile.settings)},
            **{v.name: batch.production[:, i] for i, v in enumerate(profile.production)},
        }
    )
