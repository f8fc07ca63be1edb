"""Table files in pieces."""

from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
import pytest

from core.errors import HistoryError
from core.profile_file import load_profile
from ingest.frame import batch_from_frame
from ingest.table import read_table

PROFILE = load_profile("injection_molding")
CSV = "id,time,facility,item,hold_pressure_set\na,2026-01-01T00:00:00Z,F,007,500\nb,,F,NA,\nc,,F,,abc\n"


def write(path: Path, text: str) -> Path:
    data = text.encode("utf-8")
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize("name", ["h.csv", "h.csv.gz", "H.CSV"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_csv_is_read_in_pieces_and_keys_stay_text(tmp_path: Path, name: str, mark: str) -> None:
    frames = list(read_table(write(tmp_path / name, mark + CSV), PROFILE, chunk_rows=2))
    assert [len(f) for f in frames] == [2, 1]
    batch, problems = batch_from_frame(pd.concat(frames, ignore_index=True), PROFILE)
    assert batch.item.tolist() == ["007", "NA"]
    assert [(p.record_id, p.reason) for p in problems] == [("c", "not_a_number")]


def test_parquet_is_read_in_pieces(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": ["a", "b", "c"], "facility": "F", "hold_pressure_set": [1.0, 2.0, None]})
    frame.to_parquet(tmp_path / "h.parquet")
    frames = list(read_table(tmp_path / "h.parquet", PROFILE, chunk_rows=2))
    assert [len(f) for f in frames] == [2, 1]
    pd.testing.assert_frame_equal(pd.concat(frames, ignore_index=True), frame)


@pytest.mark.parametrize("name", ["h.csv", "h.parquet"])
def test_a_table_without_rows_still_shows_its_columns(tmp_path: Path, name: str) -> None:
    empty = pd.DataFrame({"id": [], "facility": []})
    empty.to_csv(tmp_path / name, index=False) if name == "h.csv" else empty.to_parquet(tmp_path / name)
    (frame,) = read_table(tmp_path / name, PROFILE)
    assert (list(frame.columns), len(frame)) == (["id", "facility"], 0)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("h.csv", b"", "expected a header line"),
        ("h.csv", b"id;facility\na;F\n", "got semicolons"),
        ("h.csv", b"id,facility,id\na,F,b\n", "expected each column once, found twice: id"),
        ("h.csv", b"id,facility\na,F\nb,F,surplus\n", "line 3"),
        ("h.csv", b"id,facility\na,F,surplus\n", "row 1: expected 2 values"),
        ("h.csv", b"id,facility\na,F,,\nb,F,,surplus\n", "row 2: expected 2 values"),
        ("h.csv", b"id,facility\na,\xff\xfe\n", "expected UTF-8"),
        ("h.csv.gz", b"id,facility\n", "expected UTF-8 text"),
        ("h.parquet", b"id,facility\n", "expected a Parquet file"),
        ("h.xlsx", b"", "expected a file ending in"),
    ],
)
def test_what_is_no_table_is_named_with_its_file(
    tmp_path: Path, name: str, data: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(HistoryError, match=message) as caught:
        list(read_table(tmp_path / name, PROFILE))
    assert name in str(caught.value)


def test_commas_at_the_end_of_every_row_are_no_values(tmp_path: Path) -> None:
    (frame,) = read_table(write(tmp_path / "h.csv", "id,facility\n007,F,,\n008,G,,\n"), PROFILE)

    assert frame.to_dict("list") == {"id": ["007", "008"], "facility": ["F", "G"]}


def test_a_missing_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match=r"gone\.csv: expected a table file, found none"):
        list(read_table(tmp_path / "gone.csv", PROFILE))
