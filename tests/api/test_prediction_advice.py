"""The reverse question over REST: settings within limits, or which limit excludes them all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from api.words import LANGUAGES
from tests.api.test_prediction import ADVICE, refusals
from tests.predicting_home import PredictingHome
from tests.predicting_service import PredictingService, predicting_service


@pytest.fixture(scope="module")
def served(
    predicting_home: PredictingHome, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PredictingService]:
    with predicting_service(predicting_home, tmp_path_factory.mktemp("advice"), live=False) as service:
        yield service


def test_advice_gives_settings_that_keep_the_limits_with_whole_intervals(served: PredictingService) -> None:
    within = {"depth": {"low": 0.8, "high": 1.6}, "VW": {"low": 8}}
    answer = served.post(ADVICE, {"within": within, "minimize": ["line_energy"]}).json()

    assert answer["minimized"] == ["line_energy"]
    assert answer["excluded"] is None
    assert answer["settings"]
    for one in answer["settings"]:
        assert 0.8 <= one["targets"][0]["low"] <= one["targets"][0]["high"] <= 1.6
        assert one["inputs"]["weld_speed"] >= 8
        assert one["standing"] in ("run_before", "never_run")
        assert (one["run_before"] > 0) is (one["standing"] == "run_before")


def test_advice_makes_small_what_the_profile_says_unless_told(served: PredictingService) -> None:
    assert served.post(ADVICE, {}).json()["minimized"] == ["weld_section", "line_energy"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_there_is_no_advice_the_limit_that_excludes_it_is_named(
    served: PredictingService, language: str
) -> None:
    wish = {"within": {"width": {"high": 0.1}}}
    answer = served.post(f"{ADVICE}?lang={language}", wish).json()

    assert answer["settings"] == []
    assert answer["excluded"]["name"] == "width"
    assert answer["excluded"]["why"] == "unreachable"
    assert answer["excluded"]["low"] is None
    assert {"en": "Width", "ko": "폭", "ru": "Ширина"}[language] in answer["excluded"]["text"]


def test_a_band_of_another_shape_is_refused_with_the_one_expected(served: PredictingService) -> None:
    wrong = refusals(served.post(ADVICE, {"within": {"depth": [0.8, 1.6]}}))

    said = 'expected {"low": number, "high": number}, either may be left out; got [0.8, 1.6]'
    assert wrong == {"body.within.depth": said}


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"within": {"colour": {"low": 1}}}, "body.within"),
        ({"within": {"depth": {"low": 2, "high": 1}}}, "body.within"),
        ({"minimize": ["colour"]}, "body.minimize"),
        ({"within": {"depth": [1, 2]}}, "body.within.depth"),
        ({"within": {"depth": {"low": "1"}}}, "body.within.depth.low"),
    ],
)
def test_a_question_that_means_nothing_is_refused(served: PredictingService, wish: Any, field: str) -> None:
    assert field in refusals(served.post(ADVICE, wish))
