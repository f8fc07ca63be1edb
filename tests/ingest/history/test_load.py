"""Rows that break the history's promises are found, listed, left out or repaired."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.errors import HistoryError
from core.profile_file import load_profile
from ingest.history_load import SHOWN, load_frames
from ingest.history_schema import FINDING_COLUMNS

PROFILE = load_profile("injection_molding")
CYCLE = [v.name for v in PROFILE.production].index("cycle_time")
HOLD = [v.name for v in PROFILE.settings].index("hold_pressure_set")


def frame_of(**columns: list[Any]) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    return pd.DataFrame(
        {
            "id": [f"s{i}" for i in range(n)],
            "time": pd.date_range("2026-01-01", periods=n, freq="min", tz="UTC"),
            "facility": ["F"] * n,
            **columns,
        }
    )


def test_a_fit_history_has_no_findings() -> None:
    loaded = load_frames([frame_of(cycle_time=[20.0, None])], PROFILE)
    assert loaded.findings.empty
    assert tuple(loaded.findings.columns) == FINDING_COLUMNS
    assert loaded.summary() == "2 rows read, 0 left out, 0 values made missing"


def test_each_broken_promise_is_one_finding_with_row_column_and_what_came() -> None:
    frame = frame_of(
        cycle_time=[20.0, "fast", 901.0, 20.0, 20.0, 20.0],
        hold_pressure_set=[500.0, 500.0, -1.0, 500.0, 500.0, 500.0],
        lot_bad=[0, 0, 0, -2, 0, 0],
    ).astype({"time": object})
    frame.loc[4, "time"] = None
    frame.loc[5, "facility"] = None
    loaded = load_frames([frame], PROFILE)
    found = loaded.findings[["row", "id", "column", "reason", "got", "consequence"]].to_numpy().tolist()
    assert sorted(found) == [
        [1, "s1", "actual.cycle_time", "not_a_number", "'fast'", "row left out"],
        [2, "s2", "cycle_time", "beyond_limits", "901.0", "value made missing"],
        [2, "s2", "hold_pressure_set", "beyond_limits", "-1.0", "value made missing"],
        [3, "s3", "lot_bad", "negative_total", "-2.0", "value made missing"],
        [4, "s4", "time", "missing_time", "NaT", "row left out"],
        [5, "s5", "facility", "missing_facility", "None", "row left out"],
    ]
    assert loaded.findings.set_index("column").loc["cycle_time", "expected"] == "0 to 900 s"
    assert (loaded.left_out, loaded.made_missing) == (3, 3)
    assert loaded.batch.ids.tolist() == ["s0", "s2", "s3"]
    np.testing.assert_array_equal(loaded.batch.production[:, CYCLE], [20.0, np.nan, 20.0])
    np.testing.assert_array_equal(loaded.batch.settings[:, HOLD], [500.0, np.nan, 500.0])
    np.testing.assert_array_equal(loaded.batch.lot_bad, [0.0, 0.0, np.nan])


def test_limits_themselves_are_still_possible() -> None:
    loaded = load_frames([frame_of(cycle_time=[0.0, 900.0])], PROFILE)
    assert loaded.findings.empty


def test_an_identifier_counts_once_in_the_whole_history() -> None:
    first = frame_of(id=["a", "b", "a"])
    second = frame_of(id=["b", "c"], cycle_time=["x", "20"])
    third = frame_of(id=["b", "c"])
    loaded = load_frames([first, second, third], PROFILE)
    assert loaded.batch.ids.tolist() == ["a", "b", "c"]
    doubled = loaded.findings.query("reason == 'duplicate_id'")
    assert doubled["row"].tolist() == [2, 5, 6]
    assert loaded.findings["row"].tolist() == [2, 3, 5, 6]
    assert len(loaded.batch) == loaded.rows - loaded.left_out


def test_the_message_is_capped_and_the_report_file_is_complete(tmp_path: Path) -> None:
    frame = frame_of(cycle_time=["x"] * 25)
    with pytest.raises(HistoryError) as caught:
        load_frames([frame], PROFILE, unfit="fail", report_file=tmp_path / "report.csv")
    lines = str(caught.value).splitlines()
    assert lines[0] == "history: 25 rows read, 25 left out, 0 values made missing"
    assert sum(line.startswith("  row ") for line in lines) == SHOWN
    assert "and 15 more" in lines[-1]
    assert "report.csv" in lines[-1]
    report = pd.read_csv(tmp_path / "report.csv")
    assert (tuple(report.columns), len(report)) == (FINDING_COLUMNS, 25)


def test_values_beyond_limits_alone_do_not_fail() -> None:
    loaded = load_frames([frame_of(cycle_time=[901.0])], PROFILE, unfit="fail")
    assert loaded.made_missing == 1


def test_a_history_without_rows_is_an_error() -> None:
    with pytest.raises(HistoryError, match="expected rows, found none"):
        load_frames([frame_of(cycle_time=[1.0]).iloc[:0]], PROFILE)
    with pytest.raises(HistoryError, match="expected rows, found none"):
        load_frames([], PROFILE)


def test_a_range_without_rows_is_an_error() -> None:
    with pytest.raises(HistoryError, match="makers and range asked for, found none in 2"):
        load_frames(
            [frame_of(cycle_time=[1.0, 2.0])], PROFILE, wanted=lambda batch: np.zeros(len(batch), dtype=bool)
        )
