"""Rows in a window and behind a pipe: whatever the width, every text is whole."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from scripts.listing import lines, print_rows

NAMES = ("seq", "first seen", "state", "tried", "reason", "record", "detail")
ID = "018f3c2e-7b1a-7c3d-9e4f-0123456789ab-press-A-01"
ROWS = [
    ("12", "2026-11-20T12:00:00.000Z", "open", "1", "not_a_number", ID, "cycle_time: expected a number"),
    ("3", "2026-11-20T12:00:00.000Z", "dismissed", "10", "missing_facility", "사출-1호기", "품목 " * 30),
]


@pytest.mark.parametrize("width", [20, 80, 120, 400])
def test_in_a_window_nothing_is_cut_and_no_line_is_too_long(width: int) -> None:
    shown = list(lines(NAMES, ROWS, width))

    text = " ".join(shown)
    for row in ROWS:
        for word in " ".join(row).split():
            # What is longer than a line goes on in the next one.
            assert word in text or word in text.replace(" ", "")
    assert "…" not in text
    if width >= 80:
        assert max(map(cell_len, shown)) <= width


def test_in_80_columns_identifiers_stay_in_one_piece() -> None:
    assert any(ID in line for line in lines(NAMES, ROWS, 80))


def test_where_there_is_room_a_row_is_one_line() -> None:
    assert len(list(lines(NAMES, ROWS, 400))) == 1 + len(ROWS)


def test_into_a_pipe_every_row_is_one_line_separated_by_tabs(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(NAMES, ROWS)

    found = capsys.readouterr().out.splitlines()
    assert [tuple(line.split("\t")) for line in found] == [NAMES, *ROWS]


def test_without_rows_there_is_the_heading_alone() -> None:
    assert list(lines(("id", "name"), [], 80)) == ["id  name"]
