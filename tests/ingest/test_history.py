"""History out of a real PostgreSQL: complete, restartable, never another query's."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psycopg2
import pytest
from filelock import FileLock
from psycopg2 import sql

from core.errors import ConfigError, HistoryError, SourceUnavailable
from core.profile_file import load_profile
from ingest.history import collect
from ingest.history_file import file_history

PROFILE = load_profile("injection_molding")
VARIABLES = [v.name for v in (*PROFILE.settings, *PROFILE.production)]
TYPES = {
    "id": "text",
    "time": "timestamptz",
    "maker": "text",
    "facility": "text",
    "item": "text",
    "lot_good": "bigint",
    "lot_bad": "numeric",
}
START = datetime(2026, 1, 1, tzinfo=UTC)
ROWS = 13


class Stopped(Exception):
    """Somebody pulled the plug."""


def rows_of(n: int = ROWS) -> pd.DataFrame:
    """Shots of which always three share one time stamp, identifiers in no useful order."""
    return pd.DataFrame(
        {
            "id": [f"{'zyx'[i % 3]}{i:03}" for i in range(n)],
            "time": [START + timedelta(seconds=i // 3, microseconds=7) for i in range(n)],
            "maker": np.where(np.arange(n) % 2, "A", "B"),
            "facility": "F",
            "item": "007",
            "lot_good": np.arange(n),
            "lot_bad": 0,
            **{name: np.linspace(1.0, 2.0, n) + k / 10 for k, name in enumerate(VARIABLES)},
        }
    )


class Table:
    """The history table of one test."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.connection = psycopg2.connect(url)
        self.connection.autocommit = True

    def run(self, statement: str | sql.Composed, *parameters: Any) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(statement, parameters or None)

    def make(self, frame: pd.DataFrame, **types: str) -> None:
        declared = sql.SQL(", ").join(
            sql.SQL("{} " + {**TYPES, **types}.get(c, "double precision")).format(sql.Identifier(c))
            for c in frame.columns
        )
        self.run(sql.SQL("CREATE TABLE shot_history ({})").format(declared))
        self.add(frame)

    def add(self, frame: pd.DataFrame) -> None:
        buffer = io.StringIO(frame.to_csv(index=False, header=False))
        with self.connection.cursor() as cursor:
            cursor.copy_expert("COPY shot_history FROM STDIN (FORMAT csv)", buffer)


@pytest.fixture
def table(fresh_postgres_url: str) -> Iterator[Table]:
    table = Table(fresh_postgres_url)
    yield table
    table.connection.close()


def stop_after(parts: int) -> Callable[[int], None]:
    seen: list[int] = []

    def progress(rows: int) -> None:
        seen.append(rows)
        if len(seen) == parts:
            raise Stopped

    return progress


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


def test_rows_that_cannot_be_placed_are_counted(table: Table, tmp_path: Path) -> None:
    table.make(rows_of(3))
    table.run("INSERT INTO shot_history (id, time, facility) VALUES ('a', NULL, 'F')")
    table.run("INSERT INTO shot_history (id, time, facility) VALUES ('b', 'infinity', 'F')")
    table.run("INSERT INTO shot_history (id, time, facility) VALUES ('c', '0044-03-15 BC', 'F')")
    table.run("INSERT INTO shot_history (id, time, facility) VALUES (NULL, '2026-01-01', 'F')")
    history = collect(table.url, "shot_history", PROFILE, tmp_path)
    assert (history.rows, history.unplaced) == (3, 4)


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
