"""A file is the same history as the table."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import HistoryError
from ingest.history import collect
from ingest.history_file import file_history
from tests.ingest.history.shot_table import PROFILE, START, Table, rows_of


@pytest.mark.parametrize("name", ["h.csv", "h.csv.gz", "h.parquet"])
def test_a_file_is_the_same_history_as_the_table(table: Table, tmp_path: Path, name: str) -> None:
    table.make(rows_of())
    path = tmp_path / name
    rows_of().to_parquet(path) if name == "h.parquet" else rows_of().to_csv(path, index=False)
    limits: dict[str, Any] = {"makers": ["B"], "start": START, "end": START + timedelta(seconds=5)}
    from_table = collect(table.url, "shot_history", PROFILE, tmp_path / "parts", **limits).load()
    from_file = file_history(path, PROFILE, **limits).load()
    order = np.lexsort((from_file.batch.ids.astype(str), from_file.batch.time))
    batch = from_file.batch.take(order)
    for field in batch.__slots__:
        np.testing.assert_array_equal(getattr(batch, field), getattr(from_table.batch, field))


def test_a_file_without_a_variable_is_refused(tmp_path: Path) -> None:
    rows_of().drop(columns="cycle_time").to_csv(tmp_path / "h.csv", index=False)
    with pytest.raises(HistoryError, match=r"h\.csv: expected columns cycle_time"):
        file_history(tmp_path / "h.csv", PROFILE).load()
