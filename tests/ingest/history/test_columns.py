"""Tables that lack columns, hold other ones, or are not there at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import HistoryError
from ingest.history import collect
from tests.ingest.history.shot_table import PROFILE, Table, rows_of


def test_a_missing_table_names_those_there_are(table: Table, tmp_path: Path) -> None:
    table.make(rows_of(1))
    for name in ("shots", "public.shots"):
        with pytest.raises(HistoryError, match=f"'{name}': not found .* found public.shot_history"):
            collect(table.url, name, PROFILE, tmp_path)


def test_missing_columns_are_named_with_what_is_there(table: Table, tmp_path: Path) -> None:
    table.make(rows_of(1).drop(columns=["cycle_time", "facility", "lot_bad"]))
    with pytest.raises(
        HistoryError, match=r"expected columns facility, cycle_time \(or .*\), found id, time"
    ):
        collect(table.url, "shot_history", PROFILE, tmp_path)


def test_a_table_without_lot_totals_is_collected_and_says_so(table: Table, tmp_path: Path) -> None:
    table.make(rows_of(2).drop(columns=["lot_good", "lot_bad"]))
    history = collect(table.url, "shot_history", PROFILE, tmp_path)
    assert history.absent == ("lot_good", "lot_bad")
    assert np.isnan(history.load().batch.lot_good).all()


def test_a_time_that_is_no_timestamp_is_refused(table: Table, tmp_path: Path) -> None:
    table.make(rows_of(1), time="text")
    with pytest.raises(HistoryError, match="'time': expected timestamp with time zone, got text"):
        collect(table.url, "shot_history", PROFILE, tmp_path)
