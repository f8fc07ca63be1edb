import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from core.batch import Batch
from core.errors import ConfigError
from core.verdict import VERDICT_FIELDS, VerdictField
from inference.judge import judge
from inference.plan import Plan
from inference.verdict_file import open_rows
from ingest.fill_memory import FillMemory
from models.artifact import TrainedPlant

FIELDS = (
    VerdictField("name", "text", True, ""),
    VerdictField("score", "number", True, ""),
    VerdictField("count", "integer", True, ""),
    VerdictField("when", "time", True, ""),
    VerdictField("list", "json", False, ""),
)
ROWS: list[dict[str, Any]] = [
    {"name": "=1+1", "score": -1.5, "count": -3, "when": 1_500, "list": ["=a"]},
    {"name": None, "score": None, "count": None, "when": None, "list": []},
    {"name": "성형 'a', \"b\"\n", "score": 1e-300, "count": 0, "when": 0, "list": [{"v": 1.5}]},
]


def written(path: Path) -> Path:
    with open_rows(path, FIELDS) as file:
        file.write(ROWS[:2])
        file.write(ROWS[2:])
    return path


def test_csv_disarms_formulas_in_texts_and_leaves_numbers_alone(tmp_path: Path) -> None:
    with written(tmp_path / "v.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["name", "score", "count", "when", "list"]
    assert rows[1] == ["'=1+1", "-1.5", "-3", "1970-01-01T00:00:01.500Z", '["=a"]']
    assert rows[2] == ["", "", "", "", "[]"]
    assert rows[3] == [ROWS[2]["name"], "1e-300", "0", "1970-01-01T00:00:00.000Z", '[{"v": 1.5}]']


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_every_beginning_of_a_formula_is_disarmed(tmp_path: Path, start: str) -> None:
    with open_rows(tmp_path / "v.csv", FIELDS[:1]) as file:
        file.write([{"name": f"{start}cmd"}])
    with (tmp_path / "v.csv").open(encoding="utf-8", newline="") as text:
        assert list(csv.reader(text))[1] == [f"'{start}cmd"]


def test_json_lines_hold_plain_values(tmp_path: Path) -> None:
    lines = written(tmp_path / "v.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert rows[0] == {**ROWS[0], "when": "1970-01-01T00:00:01.500Z"}
    assert rows[1] == ROWS[1]
    assert rows[2] == {**ROWS[2], "when": "1970-01-01T00:00:00.000Z"}


def test_parquet_holds_typed_columns(tmp_path: Path) -> None:
    rows = pq.read_table(written(tmp_path / "v.parquet")).to_pylist()
    assert rows[0]["when"] == datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)
    assert [r["name"] for r in rows] == [r["name"] for r in ROWS]
    assert [r["score"] for r in rows] == [r["score"] for r in ROWS]
    assert json.loads(rows[2]["list"]) == [{"v": 1.5}]


@pytest.mark.parametrize("name", ["v.csv", "v.jsonl", "v.parquet"])
def test_real_verdicts_fit_every_kind_of_file(
    tmp_path: Path, plan: Plan, plant: TrainedPlant, make_shots: Callable[..., Batch], name: str
) -> None:
    verdicts = judge(make_shots(plant, 50, spread=2.0), plan, FillMemory()).verdicts
    with open_rows(tmp_path / name) as file:
        file.write(list(verdicts.rows()))
    if name == "v.parquet":
        table = pq.read_table(tmp_path / name)
        assert table.column_names == [f.name for f in VERDICT_FIELDS]
        assert table["margin"].to_pylist() == [row["margin"] for row in verdicts.rows()]
    else:
        assert len((tmp_path / name).read_text(encoding="utf-8").splitlines()) == 50 + (name == "v.csv")


@pytest.mark.parametrize("name", ["v.csv", "v.jsonl", "v.parquet"])
def test_a_run_that_breaks_off_leaves_the_former_file(tmp_path: Path, name: str) -> None:
    before = written(tmp_path / name).read_bytes()

    def break_off() -> None:
        with open_rows(tmp_path / name, FIELDS) as file:
            file.write(ROWS)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert [p.name for p in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == before


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\.parquet"), open_rows(tmp_path / "v.xlsx"):
        pass


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere"), open_rows(tmp_path / "nowhere" / "v.csv"):
        pass


def test_no_path_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with open_rows(None) as file:
        file.write(ROWS)
    assert list(tmp_path.iterdir()) == []
