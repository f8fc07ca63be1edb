"""Predictions over REST: what predicts, rows, and the reverse question."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from api.prediction.schemas import ROWS_AT_ONCE
from api.words import LANGUAGES, Language, say
from tests.predicting_home import PredictingHome
from tests.predicting_service import PredictingService, predicting_service

PREDICTOR, PREDICTIONS, ADVICE = "/api/v1/predictor", "/api/v1/predictions", "/api/v1/advice"
FIELDS = {"IW": "weld_current", "IF": "focus_current", "VW": "weld_speed", "FP": "focal_distance"}


@pytest.fixture(scope="module")
def served(
    predicting_home: PredictingHome, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PredictingService]:
    with predicting_service(predicting_home, tmp_path_factory.mktemp("rest"), live=False) as service:
        yield service


def run_before(served: PredictingService, number: int = 0) -> dict[str, float]:
    """Inputs of a setting that was trained on."""
    predictor = served.predictor
    return dict(zip(predictor.input_names, predictor.trained.settings[number].tolist(), strict=True))


def ask(served: PredictingService, *rows: dict[str, Any], **more: Any) -> Any:
    answer = served.post(PREDICTIONS, {"rows": list(rows), **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def refusals(answer: Any) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return {one["field"]: one["message"] for one in answer.json()["errors"]}


def test_the_predictor_tells_inputs_with_their_ranges_targets_and_how_good_it_is(
    served: PredictingService,
) -> None:
    told = served.get(PREDICTOR).json()
    trained, around = served.predictor.trained, served.predictor.surroundings

    assert [(one["name"], one["path"]) for one in told["inputs"]] == [(n, p) for p, n in FIELDS.items()]
    assert [one["trained_low"] for one in told["inputs"]] == around.low.tolist()
    assert [one["trained_high"] for one in told["inputs"]] == around.high.tolist()
    assert told["inputs"][0]["limit_high"] == 200
    assert [(one["name"], one["nominal"], one["tolerance"]) for one in told["targets"]] == [
        ("depth", 1.2, 0.4),
        ("width", 2.0, 0.5),
    ]
    assert [one["regressor"] for one in told["targets"]] == list(trained.chosen)
    assert {one["split"] for one in told["validation"]} == {"by_setting", "random"}
    assert told["rows"] == trained.setting_rows.sum()
    assert told["settings"] == len(trained.settings)
    assert told["source"]
    assert told["synthetic"] is True
    assert told["minimize"] == ["weld_section", "line_energy"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_and_sentences_come_in_the_language_asked_for(served: PredictingService, language: str) -> None:
    words = {"en": "Weld current", "ko": "용접 전류", "ru": "Ток сварки"}[language]

    told = served.get(f"{PREDICTOR}?lang={language}").json()
    row = served.post(f"{PREDICTIONS}?lang={language}", {"rows": [run_before(served) | {"weld_current": 60}]})

    assert told["inputs"][0]["label"] == words
    assert words in row.json()["rows"][0]["text"]


def test_rows_are_predicted_as_the_predictor_does_whatever_they_are_called_by(
    served: PredictingService,
) -> None:
    predictor, row = served.predictor, run_before(served, 3)
    by_field = {field.lower(): row[name] for field, name in FIELDS.items()}
    inputs = np.array([list(row.values())])
    predicted = predictor.predict(inputs)

    first, second = ask(served, row, by_field)["rows"]

    assert first | {"row": 1} == second
    assert first["inputs"] == row
    for j, one in enumerate(first["targets"]):
        assert (one["mean"], one["low"], one["high"]) == (
            predicted.mean[0, j],
            predicted.low[0, j],
            predicted.high[0, j],
        )
    energy = predictor.quantities(inputs, predicted.mean)["line_energy"][0]
    assert {one["name"]: one["value"] for one in first["quantities"]}["line_energy"] == energy


def test_a_row_says_where_it_stands_beside_what_was_run(served: PredictingService) -> None:
    known = run_before(served)
    around = served.predictor.surroundings

    before, new, outside = ask(
        served,
        known,
        known | {"weld_current": known["weld_current"] + 0.01},
        known | {"weld_current": float(around.high[0]) + 5, "weld_speed": float(around.low[2]) - 1},
    )["rows"]

    assert (before["standing"], before["distance"], before["outside"]) == ("run_before", 0, {})
    assert before["nearest"] == {"inputs": known, "rows": int(served.predictor.trained.setting_rows[0])}
    assert new["standing"] == "never_run"
    assert new["nearest"]["inputs"] == known
    assert outside["standing"] == "outside"
    assert outside["outside"] == {"weld_current": "above", "weld_speed": "below"}
    assert outside["outcome"] == "WARN"
    assert outside["margin"] is None


def test_outcomes_are_those_of_the_common_verdict(served: PredictingService) -> None:
    rows = [run_before(served, k) for k in range(len(served.predictor.trained.settings))]

    for one in ask(served, *rows)["rows"]:
        sizes = list(zip(one["targets"], served.profile.targets, strict=True))
        off = max(abs(s["mean"] - v.nominal) / v.tolerance for s, v in sizes if v.nominal and v.tolerance)
        reach = max(
            max(s["high"] - v.nominal, v.nominal - s["low"]) / v.tolerance
            for s, v in sizes
            if v.nominal and v.tolerance
        )
        assert one["outcome"] == ("NG" if off > 1 else "WARN" if reach > 1 else "OK")
        assert one["margin"] == pytest.approx(1 - off)


def test_another_regressor_may_be_asked_for_a_target(served: PredictingService) -> None:
    row = run_before(served)
    other = served.predictor.regressors["depth"][1]

    usual, asked = ask(served, row)["rows"][0], ask(served, row, regressors={"depth": other})["rows"][0]

    assert asked["targets"][0]["regressor"] == other
    assert asked["targets"][0]["mean"] != usual["targets"][0]["mean"]
    assert asked["targets"][1] == usual["targets"][1]


def test_a_refusal_names_each_row_and_field(served: PredictingService) -> None:
    good = run_before(served)
    lacking = {name: value for name, value in good.items() if name != "weld_speed"}
    wrong = refusals(
        served.post(
            PREDICTIONS,
            {"rows": [good, good | {"weld_current": 2000}, lacking | {"VX": 3}, good | {"IF": 1}]},
        )
    )

    assert set(wrong) == {
        "body.rows.1.weld_current",
        "body.rows.2.VX",
        "body.rows.2.weld_speed",
        "body.rows.3.focus_current",
    }
    assert "between the physical limits 0 and 200" in wrong["body.rows.1.weld_current"]


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({}, "body.rows"),
        ({"rows": []}, "body.rows"),
        ({"rows": [{"IW": "47"}]}, "body.rows.0.IW"),
        ({"rows": [{"IW": True}]}, "body.rows.0.IW"),
        ({"rows": [[1, 2, 3, 4]]}, "body.rows.0"),
        ({"rows": [{}] * (ROWS_AT_ONCE + 1)}, "body.rows"),
        ({"rows": [{}], "row": 1}, "body.row"),
        ({"rows": "all"}, "body.rows"),
    ],
    ids=["nothing", "no rows", "text", "boolean", "list", "too many", "unknown field", "no list"],
)
def test_what_is_no_table_of_numbers_is_refused(served: PredictingService, wish: Any, field: str) -> None:
    assert field in refusals(served.post(PREDICTIONS, wish))


@pytest.mark.parametrize("regressors", [{"depth": "oracle"}, {"colour": "linear_regression"}])
def test_an_unknown_regressor_is_refused_with_those_there_are(
    served: PredictingService, regressors: dict[str, str]
) -> None:
    wrong = refusals(served.post(PREDICTIONS, {"rows": [run_before(served)], "regressors": regressors}))

    assert "expected" in wrong["body.regressors"]


def test_a_thousand_rows_under_their_long_names_come_through(served: PredictingService) -> None:
    row = {name: value + 0.123456789 for name, value in run_before(served).items()}

    assert len(ask(served, *[row] * ROWS_AT_ONCE)["rows"]) == ROWS_AT_ONCE


def test_a_foreign_page_cannot_ask(served: PredictingService) -> None:
    answer = served.post(PREDICTIONS, {"rows": []}, headers={"Origin": "https://evil.example"})

    assert answer.status_code == 403


def test_without_a_model_it_is_said(predicting_home: PredictingHome, tmp_path: Path) -> None:
    with predicting_service(predicting_home, tmp_path, live=False, without_model=True) as served:
        for answer in (served.get(PREDICTOR), served.post(ADVICE, {})):
            assert answer.status_code == 503
            assert answer.json()["type"] == "urn:sprue:no-model"


def test_everything_asked_and_answered_is_described_in_this_process_own_names(
    served: PredictingService,
) -> None:
    described = served.get("/api/v1/openapi.json").json()
    schemas, paths = described["components"]["schemas"], described["paths"]

    row = schemas["PredictionWish"]["properties"]["rows"]["items"]
    assert set(row["properties"]) == {*FIELDS, *FIELDS.values()}
    assert [set(one) for one in row["examples"]] == [set(FIELDS), set(FIELDS.values())]
    assert served.post(PREDICTIONS, {"rows": row["examples"]}).status_code == 200
    within = schemas["AdviceWish"]["properties"]["within"]["examples"][0]
    assert served.post(ADVICE, {"within": within}).status_code == 200
    assert row["properties"]["weld_current"]["maximum"] == 200
    assert set(schemas["AdviceWish"]["properties"]["within"]["properties"]) >= {"depth", "line_energy"}
    assert {paths[path][way]["x-role"] for path, way in ((PREDICTOR, "get"), (ADVICE, "post"))} == {"viewer"}
    bare = [
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, one in schema.get("properties", {}).items()
        if "description" not in one and "$ref" not in str(one)
    ]
    assert bare == []


def test_every_number_is_one_or_null(served: PredictingService) -> None:
    far = dict.fromkeys(FIELDS.values(), 0.5)
    (row,) = ask(served, far)["rows"]

    numbers = [one[key] for one in row["targets"] for key in ("mean", "low", "high")]
    assert all(value is None or math.isfinite(value) for value in (*numbers, row["distance"]))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_hall_without_a_stream_says_so_and_leads_to_the_predictions(
    predicting_home: PredictingHome, tmp_path: Path, language: Language
) -> None:
    with predicting_service(predicting_home, tmp_path, live=False, state="answering") as served:
        hall = served.get(f"/?lang={language}").text

    assert say("page", "no_stream", language) in hall
    assert say("page", "live", language) + " · " not in hall
    assert f'href="/predict?lang={language}"' in hall


def test_the_examples_of_the_manual_work_as_typed(served: PredictingService) -> None:
    manual = Path(__file__).parents[2] / "docs" / "operations" / "predictions-rest.md"
    typed = re.findall(r"```sh\n(curl .*?)```", manual.read_text(encoding="utf-8"), re.DOTALL)

    asked = []
    for command in typed:
        _, address, *options = shlex.split(command)
        path = address.removeprefix("http://127.0.0.1:8000")
        headers = dict(text.split(": ") for text in options[1:2])
        body = options[options.index("-d") + 1] if "-d" in options else None
        answer = served.client.request("POST" if body else "GET", path, headers=headers, content=body)
        assert answer.status_code == 200, answer.text
        asked.append(path)
    assert asked == [PREDICTOR, PREDICTIONS, ADVICE]
