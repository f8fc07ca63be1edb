from pathlib import Path

import pytest

from core.batch import Batch
from core.errors import HistoryError
from core.profile_file import load_profile
from ingest.frame import batch_from_frame
from ingest.frame_problem import FrameProblem
from ingest.table import read_table

PROFILE = load_profile("injection_molding")


def read(path: Path, text: str, chunk_rows: int = 100) -> list[tuple[Batch, list[FrameProblem]]]:
    path.write_text(text, encoding="utf-8")
    return [batch_from_frame(f, PROFILE) for f in read_table(path, PROFILE, chunk_rows=chunk_rows)]


def test_nested_documents_are_read_by_their_paths(tmp_path: Path) -> None:
    line = '{"_id": "007", "facility": "P1", "set": {"hold_time": 2.5}, "time": "2026-03-01T00:00:00Z"}\n'
    [(batch, problems)] = read(tmp_path / "s.jsonl", line + "\n" + line.replace("007", "008"))
    column = [v.name for v in PROFILE.settings].index("hold_time_set")
    assert batch.ids.tolist() == ["007", "008"]
    assert batch.settings[:, column].tolist() == [2.5, 2.5]
    assert batch.time.tolist() == [1_772_323_200_000] * 2
    assert problems == []


def test_what_mongoexport_writes_is_read_as_it_is(tmp_path: Path) -> None:
    line = (
        '{"_id":{"$oid":"0123456789abcdef01234567"},"facility":"P1",'
        '"time":{"$date":"2026-03-01T00:00:00Z"},"lot":{"good":{"$numberLong":"12"}}}'
    )
    [(batch, problems)] = read(tmp_path / "s.jsonl", line)
    assert batch.ids.tolist() == ["0123456789abcdef01234567"]
    assert batch.time.tolist() == [1_772_323_200_000]
    assert batch.lot_good.tolist() == [12.0]
    assert problems == []


def test_a_long_file_comes_in_pieces(tmp_path: Path) -> None:
    text = "".join(f'{{"_id": "s{i}", "facility": "P1"}}\n' for i in range(25))
    pieces = read(tmp_path / "s.jsonl", text, chunk_rows=10)
    assert [len(batch) for batch, _ in pieces] == [10, 10, 5]


@pytest.mark.parametrize("line", ["{", "[1]", "7", '{"_id": {"$oid": "x"}}'])
def test_a_line_that_is_no_object_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(HistoryError, match="line 2"):
        read(tmp_path / "s.jsonl", '{"_id": "a", "facility": "P1"}\n' + line)


def test_an_empty_file_holds_no_rows(tmp_path: Path) -> None:
    assert read(tmp_path / "s.jsonl", "\n") == []
