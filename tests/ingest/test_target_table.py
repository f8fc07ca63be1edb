"""A table of measured targets: every row is learned from or refused with its reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.errors import HistoryError
from core.profile_file import load_profile
from ingest.history_query import HistoryQuery
from ingest.target_table import TargetTable, target_file, target_table

PROFILE = load_profile("beam_welding")
COLUMNS = ["IW", "IF", "VW", "FP", "Depth", "Width"]
ROWS = [[43 + i, 140 + i, 5 + i, 60 + 10 * i, 1.0 + i / 10, 2.0 + i / 10] for i in range(5)]


def frame_of(**changed: Any) -> pd.DataFrame:
    return pd.DataFrame(ROWS, columns=COLUMNS).assign(**changed)


def read(*frames: pd.DataFrame, query: HistoryQuery | None = None) -> TargetTable:
    return target_table(frames, PROFILE, where="cuts.csv", query=query)


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.parquet", "t.jsonl"])
def test_every_kind_of_file_is_the_same_table(tmp_path: Path, name: str) -> None:
    path, frame = tmp_path / name, frame_of()
    if name.endswith("parquet"):
        frame.to_parquet(path)
    elif name.endswith("jsonl"):
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_csv(path, index=False, encoding="utf-8-sig")

    table = target_file(path, PROFILE)

    np.testing.assert_array_equal(table.inputs, np.array(ROWS)[:, :4])
    np.testing.assert_array_equal(table.targets, np.array(ROWS)[:, 4:])
    assert table.batch.ids.tolist() == [f"row {i}" for i in range(1, 6)]
    assert (table.rows, table.problems) == (5, ())


def test_columns_are_found_by_path_or_name_in_any_order() -> None:
    names = dict(zip(COLUMNS, [v.name for v in (*PROFILE.inputs, *PROFILE.targets)], strict=True))
    frame = frame_of().rename(columns=names)[list(reversed(names.values()))].assign(note="x")

    np.testing.assert_array_equal(read(frame).inputs, read(frame_of()).inputs)


def test_a_missing_column_is_named_with_those_that_are_there() -> None:
    frame = frame_of().rename(columns={"Depth": "depth_mm", "VW": "V"})
    with pytest.raises(HistoryError) as caught:
        read(frame)

    message = str(caught.value)
    assert message.startswith(
        "cuts.csv: expected columns weld_speed (or VW), depth (or Depth), found IW, IF, V"
    )
    assert "near: depth_mm for depth" in message


def test_rows_that_cannot_be_learned_from_are_refused_and_the_others_go_on() -> None:
    frame = frame_of(
        IW=[43, None, 45, 46, 47],
        VW=[5, 6, 0.1, 8, 9],
        Depth=[1.0, 1.1, 1.2, "1,3", 1.4],
        Width=[2.0, 2.1, 2.2, 2.3, None],
    )
    table = read(frame)

    assert table.targets.tolist() == [[1.0, 2.0]]
    assert [(p.row, p.record_id, p.column, p.reason) for p in table.problems] == [
        (1, "row 2", "weld_current", "missing_value"),
        (2, "row 3", "weld_speed", "beyond_limits"),
        (3, "row 4", "Depth", "not_a_number"),
        (4, "row 5", "width", "missing_value"),
    ]
    assert [p.detail for p in table.problems] == [
        "IW: expected a value of weld_current, got none",
        "VW: expected 0.5 to 100 mm/s, got 0.1",
        "Depth: expected a number, got '1,3'",
        "Width: expected a value of width, got none",
    ]
    assert table.summary().splitlines()[0] == "5 rows read, 4 left out"


def test_rows_are_numbered_through_all_pieces() -> None:
    table = read(frame_of(), frame_of(Depth=[None, 1.1, 1.2, 1.3, 1.4]))

    assert table.rows == 10
    assert [(p.row, p.record_id) for p in table.problems] == [(5, "row 6")]
    assert table.batch.ids.tolist()[-1] == "row 10"


def test_an_identifier_seen_before_is_refused_also_in_a_later_piece() -> None:
    first, later = frame_of(id=list("abcda")), frame_of(id=list("efgha"))

    table = read(first, later)

    assert [(p.row, p.record_id, p.reason) for p in table.problems] == [
        (4, "a", "duplicate_id"),
        (9, "a", "duplicate_id"),
    ]


def test_makers_and_range_are_chosen_by() -> None:
    frame = frame_of(maker=["A", "A", "B", "A", "A"], time=[f"2026-01-0{i}T00:00Z" for i in range(1, 6)])
    start, end = (datetime(2026, 1, day, tzinfo=UTC) for day in (2, 5))

    table = read(frame, query=HistoryQuery("cuts", ("A",), start, end))

    assert table.inputs[:, 0].tolist() == [44, 46]
    assert table.problems == ()
    with pytest.raises(HistoryError, match="of the makers and range asked for"):
        read(frame, query=HistoryQuery("cuts", ("C",)))


def test_a_table_of_which_nothing_can_be_learned_says_why() -> None:
    with pytest.raises(HistoryError, match=r"(?s)expected rows with all of .* row 0: missing_value: Width"):
        read(frame_of(Width=[None] * 5))
    with pytest.raises(HistoryError, match="0 rows read"):
        read(frame_of().iloc[:0])


def test_an_input_that_has_no_inverse_is_refused_where_it_enters_as_one() -> None:
    unlimited = replace(PROFILE, variables=tuple(replace(v, limits=None) for v in PROFILE.variables))
    table = target_table([frame_of(VW=[0, 1, 2, 3, -4])], unlimited, where="cuts.csv")

    assert [(p.row, p.reason) for p in table.problems] == [(0, "beyond_limits")]
    assert "inverse or logarithm" in table.problems[0].detail
