"""Typical values by level."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.batch import Batch
from core.profile_file import load_profile
from models.artifact import FillLevel
from models.typical import typical_values

PROFILE = load_profile("injection_molding")
HOLD = [v.name for v in PROFILE.settings].index("hold_pressure_set")
CYCLE = [v.name for v in PROFILE.production].index("cycle_time")

record = st.fixed_dictionaries(
    {
        "maker": st.sampled_from(["M", "N", None]),
        "facility": st.sampled_from(["F", "G"]),
        "item": st.sampled_from(["I", "J", None]),
        "hold_pressure_set": st.sampled_from([500.0, 510.0, 520.0, float("nan")]),
        "cycle_time": st.sampled_from([20.0, 21.0, float("nan")]),
    }
)


def levels_of(records: list[dict[str, Any]]) -> tuple[FillLevel, ...]:
    return typical_values(Batch.of(PROFILE, [{"id": str(i), **r} for i, r in enumerate(records)]), PROFILE)


@given(st.lists(record, max_size=25))
def test_each_level_holds_mean_and_mode_of_its_own_records(records: list[dict[str, Any]]) -> None:
    for level in levels_of(records):
        mine = [
            r
            for r in records
            if all(
                getattr(level, key) is None or r[key] == getattr(level, key)
                for key in ("maker", "facility", "item")
            )
        ]
        assert level.rows == len(mine)
        for name, mean in (
            ("hold_pressure_set", level.setting_mean[HOLD]),
            ("cycle_time", level.production_mean[CYCLE]),
        ):
            values = [r[name] for r in mine if not np.isnan(r[name])]
            np.testing.assert_allclose(mean, np.mean(values) if values else np.nan)
        counts = Counter(r["hold_pressure_set"] for r in mine if not np.isnan(r["hold_pressure_set"]))
        expected = min(counts, key=lambda v: (-counts[v], v)) if counts else np.nan
        np.testing.assert_equal(level.setting_mode[HOLD], expected)


@given(st.lists(record, min_size=1, max_size=25))
def test_every_level_is_there_once_and_the_whole_plant_is_last(records: list[dict[str, Any]]) -> None:
    levels = levels_of(records)
    keys = [(v.maker, v.facility, v.item) for v in levels]
    assert len(set(keys)) == len(keys)
    assert keys[-1] == (None, None, None)
    assert levels[-1].rows == len(records)
    for r in records:
        if r["maker"] is not None and r["item"] is not None:
            assert (r["maker"], r["facility"], r["item"]) in keys


def test_a_mode_nobody_fills_by_is_not_searched() -> None:
    (level,) = [v for v in levels_of([{"facility": "F", "cycle_time": 20.0}]) if v.maker is None]
    assert np.isnan(level.production_mode).all()
    assert level.production_mean[CYCLE] == 20.0
