"""Collecting that was interrupted or is called again; folders that do not fit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from filelock import FileLock

from core.errors import ConfigError, HistoryError
from ingest.history import collect
from tests.ingest.history.shot_table import PROFILE, ROWS, START, Table, rows_of


class Stopped(Exception):
    """Somebody pulled the plug."""


def stop_after(parts: int) -> Callable[[int], None]:
    seen: list[int] = []

    def progress(rows: int) -> None:
        seen.append(rows)
        if len(seen) == parts:
            raise Stopped

    return progress


@pytest.mark.parametrize("chunk_rows", [1, 4])
def test_interrupted_after_any_part_the_next_run_goes_on(
    table: Table, tmp_path: Path, chunk_rows: int
) -> None:
    table.make(rows_of())
    for stop in range(1, (ROWS - 1) // chunk_rows + 1):
        folder = tmp_path / str(stop)
        with pytest.raises(Stopped):
            collect(
                table.url, "shot_history", PROFILE, folder, chunk_rows=chunk_rows, progress=stop_after(stop)
            )
        seen: list[int] = []
        history = collect(
            table.url, "shot_history", PROFILE, folder, chunk_rows=chunk_rows, progress=seen.append
        )
        assert seen[0] > stop * chunk_rows  # what was safe is not read again
        ids = pd.concat(history.frames())["id"].tolist()
        assert ids == rows_of().sort_values(["time", "id"])["id"].tolist()


def test_interrupted_at_every_part_in_turn_loses_and_doubles_nothing(table: Table, tmp_path: Path) -> None:
    table.make(rows_of())
    for _ in range(ROWS):
        with pytest.raises(Stopped):
            collect(table.url, "shot_history", PROFILE, tmp_path, chunk_rows=1, progress=stop_after(1))
    history = collect(table.url, "shot_history", PROFILE, tmp_path, chunk_rows=1, progress=stop_after(1))
    assert history.rows == ROWS
    assert pd.concat(history.frames())["id"].is_unique


def test_a_part_without_its_progress_is_written_again(table: Table, tmp_path: Path) -> None:
    table.make(rows_of())
    with pytest.raises(Stopped):
        collect(table.url, "shot_history", PROFILE, tmp_path, chunk_rows=5, progress=stop_after(2))
    (folder,) = tmp_path.iterdir()
    (folder / "part-000002.parquet").write_bytes(b"half a part")
    (folder / "progress.unfinished").write_bytes(b"{")
    history = collect(table.url, "shot_history", PROFILE, tmp_path, chunk_rows=5)
    assert len(history.load().batch) == ROWS


def test_called_again_it_adds_what_has_come_since(table: Table, tmp_path: Path) -> None:
    table.make(rows_of(10))
    collect(table.url, "shot_history", PROFILE, tmp_path)
    table.add(rows_of().iloc[10:])  # its first rows have the time of the last ones collected
    history = collect(table.url, "shot_history", PROFILE, tmp_path)
    assert pd.concat(history.frames())["id"].tolist() == rows_of().sort_values(["time", "id"])["id"].tolist()


def test_called_again_it_reads_the_last_day_anew_and_nothing_older(table: Table, tmp_path: Path) -> None:
    days = rows_of(8).assign(time=[START + timedelta(hours=9 * i) for i in range(8)])
    table.make(days.drop(index=[1, 6]))
    collect(table.url, "shot_history", PROFILE, tmp_path, chunk_rows=1)
    table.add(days.iloc[[1, 6]])
    again: list[int] = []
    history = collect(table.url, "shot_history", PROFILE, tmp_path, chunk_rows=1, progress=again.append)
    assert again == [5, 6, 7]
    assert pd.concat(history.frames())["id"].tolist() == days["id"].drop(index=1).tolist()
    fresh = collect(table.url, "shot_history", PROFILE, tmp_path, fresh=True)
    assert pd.concat(fresh.frames())["id"].tolist() == days["id"].tolist()


def test_a_folder_of_another_query_is_refused(table: Table, tmp_path: Path) -> None:
    table.make(rows_of())
    folder = collect(table.url, "shot_history", PROFILE, tmp_path).folder
    progress = folder / "progress.json"
    text = progress.read_text(encoding="utf-8")
    progress.write_text(text.replace('"makers": []', '"makers": ["A"]'), encoding="utf-8")
    with pytest.raises(HistoryError, match=r"another query \(different: makers\)"):
        collect(table.url, "shot_history", PROFILE, tmp_path)


@pytest.mark.parametrize(
    ("file", "message"), [("part-000000.parquet", "expected 13 rows"), ("progress.json", "progress file")]
)
def test_a_damaged_folder_is_refused(table: Table, tmp_path: Path, file: str, message: str) -> None:
    table.make(rows_of())
    folder = collect(table.url, "shot_history", PROFILE, tmp_path).folder
    (folder / file).write_bytes(b"damaged")
    with pytest.raises(HistoryError, match=message):
        collect(table.url, "shot_history", PROFILE, tmp_path)


def test_two_runs_at_once_do_not_share_a_folder(table: Table, tmp_path: Path) -> None:
    table.make(rows_of())
    folder = collect(table.url, "shot_history", PROFILE, tmp_path).folder
    with FileLock(folder / ".lock"), pytest.raises(ConfigError, match="another run is collecting"):
        collect(table.url, "shot_history", PROFILE, tmp_path)


@pytest.mark.parametrize(
    "types",
    [
        {"id": "uuid", "time": "timestamp", "maker": "char(8)"},
        {"id": "integer", "item": "integer", "cycle_time": "numeric"},
        {"id": "numeric", "cycle_time": "real", "lot_good": "smallint"},
        {"cycle_time": "text", "hold_time_set": "varchar"},
    ],
    ids=str,
)
def test_column_types_of_every_kind_are_read_and_resumed(
    table: Table, tmp_path: Path, types: dict[str, str]
) -> None:
    frame = rows_of()
    if types.get("id") == "uuid":
        frame["id"] = [f"00000000-0000-0000-0000-{i * 7919 % 1000:012}" for i in range(ROWS)]
    elif types.get("id") in ("integer", "numeric"):
        frame["id"] = [i * 7919 % 1000 - 500 for i in range(ROWS)]
    table.make(frame, **types)
    with pytest.raises(Stopped):
        collect(table.url, "shot_history", PROFILE, tmp_path, chunk_rows=4, progress=stop_after(2))
    loaded = collect(table.url, "shot_history", PROFILE, tmp_path, chunk_rows=4).load()
    assert loaded.findings.empty
    assert loaded.batch.ids.tolist() == frame.sort_values(["time", "id"])["id"].astype(str).tolist()
    assert set(loaded.batch.maker) == {"A", "B"}
    np.testing.assert_allclose(loaded.batch.production.min(axis=0)[0], 1.0 + len(PROFILE.settings) / 10)
    assert loaded.batch.time.min() == START.timestamp() * 1000
