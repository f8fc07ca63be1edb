"""``./sprue predict``: one setting, every regressor, the rows of a file."""

from __future__ import annotations

import csv
import json
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from core.config import load_config
from core.errors import ModelRefused
from core.profile_file import load_profile
from models.artifact import TrainedPlant
from models.registry import Registry
from scripts.__main__ import command_line
from scripts.prediction.rows import Piece, PredictedTable
from tests.predicting_home import PredictingHome
from tests.scripts.plant_of_one import NOW

Run = Callable[..., Result]
NAMES = ("IW", "IF", "VW", "FP")


@pytest.fixture
def run() -> Run:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(command_line(["predict"]), ["predict", *arguments], env={"TERM": "dumb"})

    return run


@pytest.fixture
def ran(predicting_home: PredictingHome) -> dict[str, float]:
    """A setting of the training set, by the names of its columns."""
    profile = load_profile(predicting_home.profile)
    frame = pd.read_csv(predicting_home.profile.parent / profile.example)
    return {name: float(frame[name].iloc[0]) for name in NAMES}


def words(setting: dict[str, float]) -> list[str]:
    return [f"{name}={value:g}" for name, value in setting.items()]


def said(result: Result) -> str:
    """Standard error without the frame around it, on one line."""
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", result.stderr).split())


def test_a_setting_run_before_is_answered_with_interval_verdict_and_worth(
    run: Run, predicting_home: PredictingHome, ran: dict[str, float]
) -> None:
    done = run(*predicting_home.options, *words(ran))

    assert done.exit_code == 0, done.output
    for part in ("90 of 100 within", "depth", "width", "1.2 ± 0.4 mm", "Run before", "line_energy", "J/mm"):
        assert part in done.stdout
    assert re.search(r"^(OK|WARN|NG): ", done.stdout, re.MULTILINE)
    assert re.search(r"depth by \w+: on settings left out of training off by [\d.]+ mm", done.stdout)
    assert "of beam_welding.csv: a SYNTHETIC example" in done.stdout


def test_the_json_holds_numbers_within_their_intervals(
    run: Run, predicting_home: PredictingHome, ran: dict[str, float]
) -> None:
    answer: dict[str, Any] = json.loads(run(*predicting_home.options, *words(ran), "--json").stdout)

    assert answer["model_version"] == predicting_home.version
    assert list(answer["inputs"].values()) == list(ran.values())
    assert answer["standing"] == "run_before"
    assert answer["nearest"]["rows"] >= 1
    assert answer["learned_from"]["example"] is True
    assert [target["name"] for target in answer["targets"]] == ["depth", "width"]
    for target in answer["targets"]:
        assert target["low"] < target["mean"] < target["high"]
        assert target["validation"]["rows"] == answer["learned_from"]["rows"]
        assert target["margin"] == pytest.approx(
            target["tolerance"] - abs(target["mean"] - target["nominal"])
        )


def test_names_are_the_columns_or_the_variables_in_any_case_with_blanks_and_decimal_commas(
    run: Run, predicting_home: PredictingHome
) -> None:
    one = run(*predicting_home.options, "--json", "IW=46,5", "if", "=", "139", "VW= 4.5", "FP =80")
    other = run(
        *predicting_home.options,
        "--json",
        "Weld_Current=46.5",
        "focus_current=139",
        "weld_speed=4.5",
        "focal_distance=80",
    )

    assert one.exit_code == 0, one.output
    assert one.stdout == other.stdout
    assert json.loads(one.stdout)["inputs"]["weld_current"] == 46.5


def test_outside_the_trained_range_the_input_and_its_side_are_named(
    run: Run, predicting_home: PredictingHome, ran: dict[str, float]
) -> None:
    far = ran | {"IW": 150.0}
    done = run(*predicting_home.options, *words(far))
    answer = json.loads(run(*predicting_home.options, *words(far), "--json").stdout)

    assert "weld_current 150 is above" in done.stdout
    assert answer["standing"] == "outside"
    assert answer["outside"] == {"weld_current": "above"}
    assert answer["outcome"] == "WARN"


def test_never_run_names_the_nearest_setting_that_was(
    run: Run, predicting_home: PredictingHome, ran: dict[str, float]
) -> None:
    done = run(*predicting_home.options, *words(ran | {"IW": ran["IW"] + 0.1}))

    assert "Never run. Nearest run before: weld_current" in done.stdout


def test_every_regressor_stands_side_by_side(
    run: Run, predicting_home: PredictingHome, ran: dict[str, float]
) -> None:
    done = run(*predicting_home.options, *words(ran), "--all")
    answers = json.loads(run(*predicting_home.options, *words(ran), "--all", "--json").stdout)

    for name in ("linear_regression", "linear_inverse_speed"):
        assert done.stdout.count(name) == 2
    assert [answer["targets"][0]["regressor"] for answer in answers] == [
        "linear_regression",
        "linear_inverse_speed",
    ]
    assert sum(answer["targets"][0]["chosen"] for answer in answers) == 1


def test_a_mean_error_has_the_same_two_figures_in_every_call(
    run: Run, predicting_home: PredictingHome, ran: dict[str, float]
) -> None:
    told = [
        run(*predicting_home.options, *words(ran | changed), *more).stdout
        for changed, more in (({}, ()), ({"IW": 150.0}, ()), ({}, ("--all",)))
    ]

    errors = [re.findall(r"^depth by \w+: .* off by (\S+) mm", one, re.MULTILINE) for one in told[:2]]
    assert errors[0] == errors[1]
    assert len(errors[0][0].replace(".", "").lstrip("0")) == 2
    assert f"{errors[0][0]} mm" in told[2]
    assert "mean error by setting" in told[2]
    assert told[2].count("(chosen)") == 2


def test_one_regressor_may_be_asked_for_by_name(
    run: Run, predicting_home: PredictingHome, ran: dict[str, float]
) -> None:
    asked = run(*predicting_home.options, *words(ran), "--regressor", "linear_regression", "--json")
    wrong = run(*predicting_home.options, *words(ran), "--regressor", "crystal_ball")

    assert {t["regressor"] for t in json.loads(asked.stdout)["targets"]} == {"linear_regression"}
    assert wrong.exit_code == 2
    assert "expected one of linear_regression, linear_inverse_speed; got 'crystal_ball'" in said(wrong)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ([], "expected every input once, such as weld_current="),
        (["IW"], "expected NAME=NUMBER, such as speed=4.5, got 'IW'"),
        (["IW=47mA"], "IW: expected a number such as 4.5, without its unit, got '47mA'"),
        (["IW=1,234"], "got '1,234': 1.234 or 1234?"),
        (["IW=47", "iw=48"], "iw: expected each name once"),
        (["IW=47", "weld_current=48"], "weld_current: expected one value"),
        (
            ["IW=47", "IF=139", "VW=4.5"],
            "focal_distance: expected a number [mm], got nothing; such as focal_distance=",
        ),
        (["IW=47", "IF=139", "VW=4.5", "FP=80", "depth=1"], "depth is what is predicted"),
        (["IW=9999", "IF=139", "VW=4.5", "FP=80"], "physical limits 0 and 200"),
        (["--out", "x.csv", "IW=47"], "expected --file with the rows to predict"),
        (["--file", "x.csv", "IW=47"], "expected --file or NAME=NUMBER, got both"),
    ],
)
def test_wrong_usage_is_told_as_expected_and_got(
    run: Run, predicting_home: PredictingHome, typed: list[str], told: str
) -> None:
    done = run(*predicting_home.options, *typed)

    assert done.exit_code == 2
    assert told in said(done)


def test_where_nothing_is_trained_the_commands_to_type_are_told(
    run: Run, predicting_home: PredictingHome, tmp_path: Path
) -> None:
    home = tmp_path / "빈 home"
    done = run("--home", str(home), "--process", str(predicting_home.profile), "IW=47")

    told = str(done.exception)
    assert done.exit_code == 1
    train = f"./sprue train {shlex.join(['--process', str(predicting_home.profile), '--home', str(home)])}"
    assert f"{train} --example" in told
    assert f"{train} --history FILE.csv" in told
    assert list(tmp_path.iterdir()) == []


def test_a_version_of_another_process_is_refused(
    run: Run, predicting_home: PredictingHome, trained: TrainedPlant, tmp_path: Path
) -> None:
    Registry(tmp_path / "registry").save(trained, now=NOW)
    done = run("--home", str(tmp_path), "--process", str(predicting_home.profile), "IW=47")

    assert done.exit_code == 1
    assert isinstance(done.exception, ModelRefused)


def test_a_process_that_predicts_nothing_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    done = run("--home", str(tmp_path), "--process", "injection_molding", "a=1")

    assert done.exit_code == 2
    assert "such as beam_welding; got 'injection_molding'" in said(done)


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
    run: Run, predicting_home: PredictingHome, rows: Path, tmp_path: Path
) -> None:
    out, letters = tmp_path / "out.csv", tmp_path / "letters.jsonl"
    done = run(
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
    run: Run, predicting_home: PredictingHome, rows: Path, tmp_path: Path, suffix: str
) -> None:
    read: dict[str, Callable[[Path], pd.DataFrame]] = {
        "csv": lambda path: pd.read_csv(path, float_precision="round_trip"),
        "parquet": pd.read_parquet,
        "jsonl": lambda path: pd.read_json(path, lines=True, precise_float=True),
    }
    out = tmp_path / f"out.{suffix}"
    assert run(*predicting_home.options, "--file", str(rows), "--out", str(out)).exit_code == 0
    last = read[suffix](out).iloc[-1]
    typed = json.loads(run(*predicting_home.options, "--json", "IW=44", "IF=146", "VW=9.25", "FP=60").stdout)

    width = typed["targets"][1]
    assert (last["width_low"], last["width"], last["width_high"]) == (
        width["low"],
        width["mean"],
        width["high"],
    )
    assert (last["outcome"], last["standing"]) == (typed["outcome"], typed["standing"])
    assert last["line_energy"] == typed["quantities"][0]["value"]


def test_without_a_file_to_write_the_rows_are_shown(
    run: Run, predicting_home: PredictingHome, rows: Path
) -> None:
    done = run(*predicting_home.options, "--file", str(rows))
    summary = json.loads(run(*predicting_home.options, "--file", str(rows), "--json").stdout)

    head, first, second, counted = done.stdout.splitlines()
    assert head.split("\t")[:3] == ["part", "IW", "IF"]
    assert (first.split("\t")[0], second.split("\t")[0]) == ("=A1", "E")
    assert "2 of 5 rows" in counted
    assert (summary["rows"], summary["predicted"], summary["refused"]) == (5, 2, 3)
    assert sum(summary["outcomes"].values()) == sum(summary["standings"].values()) == 2


def test_columns_called_as_those_of_a_prediction_are_not_counted_as_its_own(
    run: Run, predicting_home: PredictingHome, ran: dict[str, float], tmp_path: Path
) -> None:
    path = tmp_path / "rows.csv"
    cells = ",".join(f"{value:g}" for value in ran.values())
    path.write_text(f"{','.join(ran)},outcome,standing\n{cells},perhaps,upright\n", encoding="utf-8")
    summary = json.loads(run(*predicting_home.options, "--file", str(path), "--json").stdout)

    assert sum(summary["outcomes"].values()) == 1
    assert summary["standings"]["run_before"] == 1


def test_what_was_predicted_before_stays_beside_what_is_predicted_now(
    run: Run, predicting_home: PredictingHome, ran: dict[str, float], tmp_path: Path
) -> None:
    path, out = tmp_path / "rows.csv", tmp_path / "out.csv"
    cells = ",".join(f"{value:g}" for value in ran.values())
    path.write_text(f"{','.join(ran)},depth,predicted_depth\n{cells},1,2\n", encoding="utf-8")
    assert run(*predicting_home.options, "--file", str(path), "--out", str(out)).exit_code == 0
    with out.open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)

    assert (row["depth"], row["predicted_depth"]) == ("1", "2")
    assert float(row["depth_low"]) < float(row["predicted_predicted_depth"]) < float(row["depth_high"])


def test_a_remark_among_numbers_far_down_a_table_costs_no_prediction(
    run: Run,
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
    assert run(*asked, str(out)).exit_code == 0
    with out.open(encoding="utf-8", newline="") as file:
        kept = [row["remark"] for row in csv.DictReader(file)]

    assert kept == ["-5", "6", "7.5", "'=none"]
    assert "column 'remark': expected each value to be a number" in str(
        run(*asked, str(tmp_path / "out.parquet")).exception
    )


def test_a_file_read_is_never_written_over(run: Run, predicting_home: PredictingHome, rows: Path) -> None:
    before = rows.read_bytes()
    done = run(*predicting_home.options, "--file", str(rows), "--out", str(rows))

    assert done.exit_code == 2
    assert "a file of its own" in said(done)
    assert rows.read_bytes() == before


def test_stopped_half_way_the_file_holds_what_was_predicted_until_then(
    run: Run,
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
    done = run(*predicting_home.options, "--file", str(rows), "--out", str(out))

    assert done.exit_code == 130
    assert "Stopped" in done.stdout
    assert len(out.read_text(encoding="utf-8").splitlines()) == 3


def test_a_file_without_a_column_for_an_input_is_refused_whole(
    run: Run, predicting_home: PredictingHome, tmp_path: Path
) -> None:
    path, out = tmp_path / "rows.csv", tmp_path / "out.csv"
    path.write_text("IW,IF,speed,FP\n47,139,4.5,80\n", encoding="utf-8")
    done = run(*predicting_home.options, "--file", str(path), "--out", str(out))

    assert done.exit_code == 1
    assert "none for VW (or weld_speed); there are: IW, IF, speed, FP" in str(done.exception)
    assert not out.exists()


def test_predicting_leaves_the_home_as_it_was(
    run: Run, predicting_home: PredictingHome, ran: dict[str, float]
) -> None:
    config = load_config(home=predicting_home.home)
    before = sorted(path for path in predicting_home.home.rglob("*"))
    run(*predicting_home.options, *words(ran))

    assert sorted(path for path in predicting_home.home.rglob("*")) == before
    assert Registry(config.registry).current() == predicting_home.version
