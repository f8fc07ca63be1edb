"""``./sprue predict``: one setting, every regressor, the rows of a file."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from core.config import load_config
from core.errors import ModelRefused
from models.artifact import TrainedPlant
from models.registry import Registry
from tests.predicting_home import PredictingHome
from tests.scripts.called_predict import Predict, said, words
from tests.scripts.plant_of_one import NOW


def test_a_setting_run_before_is_answered_with_interval_verdict_and_worth(
    predict: Predict, predicting_home: PredictingHome, ran: dict[str, float]
) -> None:
    done = predict(*predicting_home.options, *words(ran))

    assert done.exit_code == 0, done.output
    for part in ("90 of 100 within", "depth", "width", "1.2 ± 0.4 mm", "Run before", "line_energy", "J/mm"):
        assert part in done.stdout
    assert re.search(r"^(OK|WARN|NG): ", done.stdout, re.MULTILINE)
    assert re.search(r"depth by \w+: on settings left out of training off by [\d.]+ mm", done.stdout)
    assert "of beam_welding.csv: a SYNTHETIC example" in done.stdout


def test_the_json_holds_numbers_within_their_intervals(
    predict: Predict, predicting_home: PredictingHome, ran: dict[str, float]
) -> None:
    answer: dict[str, Any] = json.loads(predict(*predicting_home.options, *words(ran), "--json").stdout)

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
    predict: Predict, predicting_home: PredictingHome
) -> None:
    one = predict(*predicting_home.options, "--json", "IW=46,5", "if", "=", "139", "VW= 4.5", "FP =80")
    other = predict(
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
    predict: Predict, predicting_home: PredictingHome, ran: dict[str, float]
) -> None:
    far = ran | {"IW": 150.0}
    done = predict(*predicting_home.options, *words(far))
    answer = json.loads(predict(*predicting_home.options, *words(far), "--json").stdout)

    assert "weld_current 150 is above" in done.stdout
    assert answer["standing"] == "outside"
    assert answer["outside"] == {"weld_current": "above"}
    assert answer["outcome"] == "WARN"


def test_never_run_names_the_nearest_setting_that_was(
    predict: Predict, predicting_home: PredictingHome, ran: dict[str, float]
) -> None:
    done = predict(*predicting_home.options, *words(ran | {"IW": ran["IW"] + 0.1}))

    assert "Never run. Nearest run before: weld_current" in done.stdout


def test_every_regressor_stands_side_by_side(
    predict: Predict, predicting_home: PredictingHome, ran: dict[str, float]
) -> None:
    done = predict(*predicting_home.options, *words(ran), "--all")
    answers = json.loads(predict(*predicting_home.options, *words(ran), "--all", "--json").stdout)

    for name in ("linear_regression", "linear_inverse_speed"):
        assert done.stdout.count(name) == 2
    assert [answer["targets"][0]["regressor"] for answer in answers] == [
        "linear_regression",
        "linear_inverse_speed",
    ]
    assert sum(answer["targets"][0]["chosen"] for answer in answers) == 1


def test_a_mean_error_has_the_same_two_figures_in_every_call(
    predict: Predict, predicting_home: PredictingHome, ran: dict[str, float]
) -> None:
    told = [
        predict(*predicting_home.options, *words(ran | changed), *more).stdout
        for changed, more in (({}, ()), ({"IW": 150.0}, ()), ({}, ("--all",)))
    ]

    errors = [re.findall(r"^depth by \w+: .* off by (\S+) mm", one, re.MULTILINE) for one in told[:2]]
    assert errors[0] == errors[1]
    assert len(errors[0][0].replace(".", "").lstrip("0")) == 2
    assert f"{errors[0][0]} mm" in told[2]
    assert "mean error by setting" in told[2]
    assert told[2].count("(chosen)") == 2


def test_one_regressor_may_be_asked_for_by_name(
    predict: Predict, predicting_home: PredictingHome, ran: dict[str, float]
) -> None:
    asked = predict(*predicting_home.options, *words(ran), "--regressor", "linear_regression", "--json")
    wrong = predict(*predicting_home.options, *words(ran), "--regressor", "crystal_ball")

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
    predict: Predict, predicting_home: PredictingHome, typed: list[str], told: str
) -> None:
    done = predict(*predicting_home.options, *typed)

    assert done.exit_code == 2
    assert told in said(done)


def test_where_nothing_is_trained_the_commands_to_type_are_told(
    predict: Predict, predicting_home: PredictingHome, tmp_path: Path
) -> None:
    home = tmp_path / "빈 home"
    done = predict("--home", str(home), "--process", str(predicting_home.profile), "IW=47")

    told = str(done.exception)
    assert done.exit_code == 1
    train = f"./sprue train {shlex.join(['--process', str(predicting_home.profile), '--home', str(home)])}"
    assert f"{train} --example" in told
    assert f"{train} --history FILE.csv" in told
    assert list(tmp_path.iterdir()) == []


def test_a_version_of_another_process_is_refused(
    predict: Predict, predicting_home: PredictingHome, trained: TrainedPlant, tmp_path: Path
) -> None:
    Registry(tmp_path / "registry").save(trained, now=NOW)
    done = predict("--home", str(tmp_path), "--process", str(predicting_home.profile), "IW=47")

    assert done.exit_code == 1
    assert isinstance(done.exception, ModelRefused)


def test_a_process_that_predicts_nothing_is_wrong_usage(predict: Predict, tmp_path: Path) -> None:
    done = predict("--home", str(tmp_path), "--process", "injection_molding", "a=1")

    assert done.exit_code == 2
    assert "such as beam_welding; got 'injection_molding'" in said(done)


def test_predicting_leaves_the_home_as_it_was(
    predict: Predict, predicting_home: PredictingHome, ran: dict[str, float]
) -> None:
    config = load_config(home=predicting_home.home)
    before = sorted(path for path in predicting_home.home.rglob("*"))
    predict(*predicting_home.options, *words(ran))

    assert sorted(path for path in predicting_home.home.rglob("*")) == before
    assert Registry(config.registry).current() == predicting_home.version
