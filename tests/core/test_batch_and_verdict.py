"""Columns keep their records; verdict rows are plain values."""

from __future__ import annotations

import numpy as np

from core.batch import NO_TIME, Batch, concatenate
from core.profile_file import load_profile
from core.verdict import VERDICT_FIELDS, Verdicts

PROFILE = load_profile("injection_molding")


def test_what_a_record_lacks_is_missing_and_not_zero() -> None:
    batch = Batch.of(PROFILE, [{"id": "a", "facility": "P1", "cycle_time": 21.5}])

    assert batch.time[0] == NO_TIME
    assert batch.item[0] is None
    assert np.isnan(batch.settings).all()
    assert np.isfinite(batch.production).sum() == 1
    assert batch.production.shape == (1, len(PROFILE.production))


def test_taking_and_joining_gives_the_same_batch_back() -> None:
    batch = Batch.of(PROFILE, [{"id": str(i), "facility": "P1", "cycle_time": i} for i in range(5)])
    joined = concatenate([batch.take(slice(0, 2)), Batch.empty(PROFILE), batch.take(np.arange(5) >= 2)])

    assert list(joined.ids) == list(batch.ids)
    np.testing.assert_array_equal(joined.production, batch.production)


def test_verdict_rows_have_every_column_once_and_null_as_none() -> None:
    nothing: dict[str, object] = {"text": None, "integer": -1, "number": np.nan, "time": NO_TIME, "json": []}
    verdicts = Verdicts({f.name: [nothing[f.kind]] * 2 for f in VERDICT_FIELDS})

    rows = list(verdicts.rows())

    assert len(verdicts) == len(rows) == 2
    assert list(rows[0]) == [f.name for f in VERDICT_FIELDS]
    assert all(v is None or v == [] for v in rows[0].values())


def test_column_names_are_unique() -> None:
    names = [f.name for f in VERDICT_FIELDS]

    assert len(set(names)) == len(names)
