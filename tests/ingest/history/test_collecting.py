"""History out of a real PostgreSQL: every row once, in order, and those chosen."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from core.errors import ConfigError, HistoryError, SourceUnavailable
from ingest.history import collect
from tests.ingest.history.shot_table import PROFILE, START, Table, rows_of


def test_every_row_is_collected_once_in_order(table: Table, tmp_path: Path) -> None:
    table.make(rows_of().sample(frac=1.0, random_state=1))
    seen: list[int] = []
    history = collect(table.url, "shot_history", PROFILE, tmp_path, chunk_rows=5, progress=seen.append)
    assert seen == [5, 10, 13]
    frame = pd.concat(history.frames(), ignore_index=True)
    expected = rows_of().sort_values(["time", "id"], ignore_index=True)
    expected[["lot_good", "lot_bad"]] = expected[["lot_good", "lot_bad"]].astype(float)
    expected["time"] = expected["time"].astype("datetime64[ns, UTC]")
    pd.testing.assert_frame_equal(frame, expected)
    loaded = history.load()
    assert (loaded.left_out, loaded.made_missing) == (0, 0)
    assert loaded.batch.ids.tolist() == expected["id"].tolist()
    assert loaded.batch.item[0] == "007"


def test_makers_and_range_choose_rows_and_have_their_own_folder(table: Table, tmp_path: Path) -> None:
    table.make(rows_of())
    everything = collect(table.url, "shot_history", PROFILE, tmp_path)
    some = collect(
        table.url,
        "shot_history",
        PROFILE,
        tmp_path,
        makers=["A"],
        start=START + timedelta(seconds=1),
        end=START + timedelta(seconds=3),
    )
    assert some.folder != everything.folder
    batch = some.load().batch
    expected = rows_of().query("maker == 'A'").iloc[2 - 1 :]
    inside = (expected["time"] >= START + timedelta(seconds=1)) & (
        expected["time"] < START + timedelta(seconds=3)
    )
    assert sorted(batch.ids.tolist()) == sorted(expected["id"][inside])
    other = replace(PROFILE, sha256="another")
    assert collect(table.url, "shot_history", other, tmp_path).folder != everything.folder


def test_a_table_made_anew_is_another_history(table: Table, tmp_path: Path) -> None:
    table.make(rows_of())
    before = collect(table.url, "shot_history", PROFILE, tmp_path)
    table.run("DROP TABLE shot_history")
    table.make(rows_of(3))
    after = collect(table.url, "shot_history", PROFILE, tmp_path)
    assert after.folder != before.folder
    assert after.rows == 3


def test_rows_that_cannot_be_placed_are_counted(table: Table, tmp_path: Path) -> None:
    table.make(rows_of(3))
    table.run("INSERT INTO shot_history (id, time, facility) VALUES ('a', NULL, 'F')")
    table.run("INSERT INTO shot_history (id, time, facility) VALUES ('b', 'infinity', 'F')")
    table.run("INSERT INTO shot_history (id, time, facility) VALUES ('c', '0044-03-15 BC', 'F')")
    table.run("INSERT INTO shot_history (id, time, facility) VALUES (NULL, '2026-01-01', 'F')")
    history = collect(table.url, "shot_history", PROFILE, tmp_path)
    assert (history.rows, history.unplaced) == (3, 4)


def test_collecting_cannot_write(table: Table, tmp_path: Path) -> None:
    table.make(rows_of(1))
    table.run("CREATE FUNCTION meddle() RETURNS text LANGUAGE sql AS 'DELETE FROM shot_history RETURNING id'")
    columns = ", ".join(c for c in rows_of(1).columns if c != "item")
    table.run(f"CREATE VIEW bad AS SELECT {columns}, meddle() AS item FROM shot_history")  # noqa: S608
    with pytest.raises(HistoryError, match="read-only transaction"):
        collect(table.url, "bad", PROFILE, tmp_path)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://judge:s3cret@127.0.0.1:1/plant",
        "postgresql:/judge:s3cret@127.0.0.1/plant",
        "judge s3cret",
    ],
)
def test_a_wrong_connection_string_never_shows_its_password(url: str, tmp_path: Path) -> None:
    with pytest.raises((ConfigError, SourceUnavailable)) as caught:
        collect(url, "shot_history", PROFILE, tmp_path)
    shown = f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__suppress_context__}"
    assert "s3cret" not in shown
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    "arguments",
    [
        {"start": datetime(2026, 1, 1)},  # noqa: DTZ001  (the mistake that is tested)
        {"start": START, "end": START},
        {"chunk_rows": 0},
    ],
)
def test_impossible_arguments_are_refused(arguments: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        collect("postgresql://127.0.0.1:1/plant", "shot_history", PROFILE, tmp_path, **arguments)
