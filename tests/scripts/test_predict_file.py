"""``sprue predict --file``: every row gets a prediction or a reason."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from scripts.prediction.rows import Piece, PredictedTable
from tests.predicting_home import PredictingHome
from tests.scripts.called_predict import Predict, said


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "검사 rows.csv"
    lines = [
        "part,IW,IF,VW,FP,Depth,depth",
        "=A1,47,139,4.5,80,1.5,old",
        "B,47,139,,80,,",
        "C,47,139,fast,80,,",
        "D,999,139,4.5,80,,",
        "E,44,146,9.25,60,,",
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_every_row_of_a_file_gets_a_prediction_or_a_reason(
    predict: Predict, predicting_home: PredictingHome, rows: Path, tmp_path: Path
) -> None:
    out, letters = tmp_path / "out.csv", tmp_path / "letters.jsonl"
    done = predict(
        *predicting_home.options, "--file", str(rows), "--out", str(out), "--dead-letters", str(letters)
    )

    assert done.exit_code == 0, done.output
    assert "2 of 5 rows" in done.stdout
    for reason in ("missing_input", "not_a_number", "beyond_limits"):
        assert reason in done.stderr
    with out.open(encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    assert [row["part"] for row in written] == ["'=A1", "E"]
    assert written[0]["depth"] == "old"
    for row in written:
        low, middle, high = (float(row[name]) for name in ("depth_low", "predicted_depth", "depth_high"))
        assert low < middle < high
        assert row["standing"] in ("run_before", "never_run", "far", "outside")
        assert row["outcome"] in ("OK", "WARN", "NG")
        assert row["model_version"] == predicting_home.version
    refused = [json.loads(line) for line in letters.read_text(encoding="utf-8").splitlines()]
    assert [(row["row"], row["field"]) for row in refused] == [(1, "VW"), (2, "VW"), (3, "IW")]


@pytest.mark.parametrize("suffix", ["csv", "parquet", "jsonl"])
def test_a_row_of_a_file_is_predicted_as_the_same_setting_typed(
    predict: Predict, predicting_home: PredictingHome, rows: Path, tmp_path: Path, suffix: str
) -> None:
    read: dict[str, Callable[[Path], pd.DataFrame]] = {
        "csv": lambda path: pd.read_csv(path, float_precision="round_trip"),
        "parquet": pd.read_parquet,
        "jsonl": lambda path: pd.read_json(path, lines=True, precise_float=True),
    }
    out = tmp_path / f"out.{suffix}"
    assert predict(*predicting_home.options, "--file", str(rows), "--out", str(out)).exit_code == 0
    last = read[suffix](out).iloc[-1]
    typed = json.loads(
        predict(*predicting_home.options, "--json", "IW=44", "IF=146", "VW=9.25", "FP=60").stdout
    )

    width = typed["targets"][1]
    assert (last["width_low"], last["width"], last["width_high"]) == (
        width["low"],
        width["mean"],
        width["high"],
    )
    assert (last["outcome"], last["standing"]) == (typed["outcome"], typed["standing"])
    assert last["line_energy"] == typed["quantities"][0]["value"]


def test_without_a_file_to_write_the_rows_are_shown(
    predict: Predict, predicting_home: PredictingHome, rows: Path
) -> None:
    done = predict(*predicting_home.options, "--file", str(rows))
    summary = json.loads(predict(*predicting_home.options, "--file", str(rows), "--json").stdout)

    head, first, second, counted = done.stdout.splitlines()
    assert head.split("\t")[:3] == ["part", "IW", "IF"]
    assert (first.split("\t")[0], second.split("\t")[0]) == ("=A1", "E")
    assert "2 of 5 rows" in counted
    assert (summary["rows"], summary["predicted"], summary["refused"]) == (5, 2, 3)
    assert sum(summary["outcomes"].values()) == sum(summary["standings"].values()) == 2


def test_columns_called_as_those_of_a_prediction_are_not_counted_as_its_own(
    predict: Predict, predicting_home: PredictingHome, ran: dict[str, float], tmp_path: Path
) -> None:
    path = tmp_path / "rows.csv"
    cells = ",".join(f"{value:g}" for value in ran.values())
    path.write_text(f"{','.join(ran)},outcome,standing\n{cells},perhaps,upright\n", encoding="utf-8")
    summary = json.loads(predict(*predicting_home.options, "--file", str(path), "--json").stdout)

    assert sum(summary["outcomes"].values()) == 1
    assert summary["standings"]["run_before"] == 1


def test_what_was_predicted_before_stays_beside_what_is_predicted_now(
    predict: Predict, predicting_home: PredictingHome, ran: dict[str, float], tmp_path: Path
) -> None:
    path, out = tmp_path / "rows.csv", tmp_path / "out.csv"
    cells = ",".join(f"{value:g}" for value in ran.values())
    path.write_text(f"{','.join(ran)},depth,predicted_depth\n{cells},1,2\n", encoding="utf-8")
    assert predict(*predicting_home.options, "--file", str(path), "--out", str(out)).exit_code == 0
    with out.open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)

    assert (row["depth"], row["predicted_depth"]) == ("1", "2")
    assert float(row["depth_low"]) < float(row["predicted_predicted_depth"]) < float(row["depth_high"])


def test_a_remark_among_numbers_far_down_a_table_costs_no_prediction(
    predict: Predict,
    predicting_home: PredictingHome,
    ran: dict[str, float],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("scripts.prediction.file.CHUNK_ROWS", 2)
    path, out = tmp_path / "rows.csv", tmp_path / "out.csv"
    cells = ",".join(f"{value:g}" for value in ran.values())
    remarks = ["-5", "6", "7.5", "=none"]
    lines = "".join(f"{cells},{remark}\n" for remark in remarks)
    path.write_text(f"{','.join(ran)},remark\n{lines}", encoding="utf-8")
    asked = (*predicting_home.options, "--file", str(path), "--out")
    assert predict(*asked, str(out)).exit_code == 0
    with out.open(encoding="utf-8", newline="") as file:
        kept = [row["remark"] for row in csv.DictReader(file)]

    assert kept == ["-5", "6", "7.5", "'=none"]
    assert "column 'remark': expected each value to be a number" in str(
        predict(*asked, str(tmp_path / "out.parquet")).exception
    )


def test_a_file_read_is_never_written_over(
    predict: Predict, predicting_home: PredictingHome, rows: Path
) -> None:
    before = rows.read_bytes()
    done = predict(*predicting_home.options, "--file", str(rows), "--out", str(rows))

    assert done.exit_code == 2
    assert "a file of its own" in said(done)
    assert rows.read_bytes() == before


def test_stopped_half_way_the_file_holds_what_was_predicted_until_then(
    predict: Predict,
    predicting_home: PredictingHome,
    rows: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out, whole = tmp_path / "out.csv", PredictedTable.pieces

    def pieces(table: PredictedTable) -> Iterator[Piece]:
        yield next(whole(table))
        raise KeyboardInterrupt

    monkeypatch.setattr(PredictedTable, "pieces", pieces)
    done = predict(*predicting_home.options, "--file", str(rows), "--out", str(out))

    assert done.exit_code == 130
    assert "Stopped" in done.stdout
    assert len(out.read_text(encoding="utf-8").splitlines()) == 3


def test_a_file_without_a_column_for_an_input_is_refused_whole(
    predict: Predict, predicting_home: PredictingHome, tmp_path: Path
) -> None:
    path, out = tmp_path / "rows.csv", tmp_path / "out.csv"
    path.write_text("IW,IF,speed,FP\n47,139,4.5,80\n", encoding="utf-8")
    done = predict(*predicting_home.options, "--file", str(path), "--out", str(out))

    assert done.exit_code == 1
    assert "none for VW (or weld_speed); there are: IW, IF, speed, FP" in str(done.exception)
    assert not out.exists()
