"""One shot's page and the nearest good shots: everything judged is shown, and what is not known is said."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from core.profile import Profile
from models.artifact import TrainedPlant
from models.examples import Examples, GoodShots
from models.registry import Registry
from tests.api.conftest import T0, Served

Serve = Callable[..., Served]
NOW = datetime(2026, 11, 20, tzinfo=UTC)
TEXT = re.compile(r"<[^>]+>")


@pytest.fixture
def flagged(
    serve: Serve, write: Callable[..., None], plant: TrainedPlant, profile: Profile
) -> Callable[..., Served]:
    """Serves one NG verdict ``f0`` of a version that keeps good shots, or does not."""

    def start(*, kept: bool = True, **columns: Any) -> Served:
        served = serve()
        names = plant.production_names
        model = plant.models[0]
        shots = np.full((4, len(names)), 0.5)
        shots[:, names.index("cushion_stroke")] = [0.5, 0.9, 0.1, 0.95]
        ranges = (model.input_low, model.input_high, model.band_low, model.band_centre, model.band_high)
        ids = ("good <1>", "good 2", "good 3", "good 4")
        group = GoodShots(model.key, names, ids, np.arange(4) * 1000 + T0, shots, *ranges)
        examples = Examples.of_groups(names, [group]) if kept else None
        registry = Registry(served.app.state.context.config.registry)
        # One folder, one version: the models' weights are of no account here.
        version = registry.save(replace(plant, notes={"kept": kept}), now=NOW, examples=examples)
        measured: dict[str, float | None] = dict.fromkeys(names, 0.5)
        measured |= {"cushion_stroke": 1.25, "back_pressure": None}
        effects = dict.fromkeys(names, 0) | {"cushion_stroke": 364, "cycle_time": -12}
        reason = {
            "variable": "cushion_stroke", "value": 1.25, "low": 0.0, "high": 1.0, "direction": "high",
            "contribution": 0.9, "effect": 0.0318, "evidence": "range", "measured": measured,
            "effects": effects,
        }  # fmt: skip
        row = {
            "outcome": "NG", "model_version": version, "reasons": [reason], "anomaly_score": 0.5,
            "flags": ["range_violation"], "filled": {"dosing_time": "mean"},
        }  # fmt: skip
        write(served.store, [row | columns], "f")
        return served

    return start


def test_the_nearest_good_shots_come_with_what_differs_most(flagged: Callable[..., Served]) -> None:
    body = flagged().get("/api/v1/verdicts/f0/nearest-good").json()
    assert (body["group"], body["kept"], body["problem"]) == ("A-01|cap|1", 4, None)
    assert [shot["shot_id"] for shot in body["shots"]] == ["good 4", "good 2", "good <1>"]
    first = body["shots"][0]
    assert first["distance"] == pytest.approx(0.05)  # 1.25 counts as 1, the edge of training
    assert first["time"] == "2026-09-21T14:13:23.000Z"
    (differs,) = first["differs"]
    assert differs.pop("half_bands") == pytest.approx(0.6)
    assert differs == {"variable": "cushion_stroke", "unit": "mm", "value": 1.25, "good": 0.95}


@pytest.mark.parametrize(
    ("columns", "kept", "problem", "words"),
    [
        ({}, False, "none_kept", "None kept: version"),
        ({"model_version": "20250101T000000000Z-00000000"}, True, "no_version", "no longer in the registry"),
        ({"route": "limits"}, True, "no_group", "No model judged this shot"),
        ({"reasons": []}, True, "no_values", "carries no measured values"),
        ({"cluster": 5}, True, "none_kept", "None kept"),
    ],
)
def test_where_there_are_none_it_is_said_why(
    flagged: Callable[..., Served], columns: dict[str, Any], kept: bool, problem: str, words: str
) -> None:
    served = flagged(kept=kept, **columns)
    body = served.get("/api/v1/verdicts/f0/nearest-good").json()
    assert (body["problem"], body["shots"]) == (problem, [])
    assert words in body["problem_text"]
    page = served.get("/shots/f0?lang=en")
    assert page.status_code == 200
    assert words in page.text


def test_the_page_shows_every_value_with_its_band_and_effect(flagged: Callable[..., Served]) -> None:
    page = flagged().get("/shots/f0?lang=en").text
    text = TEXT.sub(" ", page)
    assert "NG: the score 0.5 is above the limit 0.22." in text
    assert "Cushion 1.25 mm: 0.25 mm above its normal band 0 to 1 mm; never seen in training" in text
    rows = re.findall(r'<tr class="(\w+)"><th scope="row">([^<]+)', page)
    assert rows[0] == ("unseen", "Cushion")
    assert ("unknown", "Back pressure") in rows
    assert ("inside", "Cycle time") in rows
    assert len(rows) == 24
    assert "+36.4 %" in text
    assert "−1.2 %" in text
    assert "(not measured: the usual mean was taken)" in text
    assert "far outside the trained range" in text
    assert "good &lt;1&gt;" in page
    assert "good <1>" not in page
    assert 'data-token="f0"' in page  # what people say of it is said here


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "ko",
            [
                "불량: 점수 0.5, 한계 0.22 초과.",
                "정상 범위 0 ~ 1 mm보다 0.25 mm 높음 (학습 데이터에 없던 값)",
                "측정되지 않아 보완한 값: 계량 시간.",
                "학습 데이터의 가장 가까운 양품 쇼트",
            ],
        ),
        (
            "ru",
            [
                "Брак: балл 0,5 выше предела 0,22.",
                "на 0,25 мм выше нормы 0 … 1 мм; при обучении такого не было",
                "Не измерено и подставлено: Время дозирования.",
                "Ближайшие годные циклы из обучения",
            ],
        ),
    ],
)
def test_the_page_speaks_korean_and_russian(
    flagged: Callable[..., Served], language: str, words: list[str]
) -> None:
    served = flagged()
    by_header = served.get("/shots/f0", headers={"Accept-Language": language}).text
    by_query = served.get(f"/shots/f0?lang={language}").text
    for page in (by_header, by_query):
        for one in words:
            assert one in TEXT.sub("", page)
        assert "{" not in TEXT.sub("", page.split("<main")[1].split("</main>")[0])


def test_a_verdict_of_before_shows_what_its_reasons_say(served: Served) -> None:
    page = served.get("/shots/t3?lang=en").text
    assert "carries none" in page
    assert "Cushion 1.25 mm: 2.75 mm below its normal band 4 to 5.5 mm" in page
    assert "&lt;script&gt;" in page.lower()
    assert "<script>" not in page.split("<main")[1].split("</main>")[0].lower()


@pytest.mark.parametrize("token", ["t0", "t1", "t2", "t4"])
def test_every_verdict_has_a_page(served: Served, token: str) -> None:
    assert served.get(f"/shots/{token}?lang=ru").status_code == 200


def test_broken_limits_of_set_values_stand_in_the_table(flagged: Callable[..., Served]) -> None:
    reason = {
        "variable": "hold_pressure_set", "value": 900.0, "low": 0.0, "high": 500.0, "direction": "high",
        "contribution": None, "effect": None, "evidence": "limits",
        "measured": {"cycle_time": 41.0}, "effects": {},
    }  # fmt: skip
    served = flagged(
        route="limits", reasons=[reason], anomaly_score=None, base=None, tolerance=None, filled={}
    )
    page = served.get("/shots/f0?lang=en").text
    assert "NG: outside a physical limit; no model judges this setting." in page
    assert "Holding pressure (set) 900 bar: 400 bar above its physical limit 500 bar" in page
    assert "41 s" in page
    assert "Effect on the score" not in page


def test_damaged_good_shots_are_told_and_the_page_stays(flagged: Callable[..., Served]) -> None:
    served = flagged()
    folder = served.app.state.context.config.registry
    (file,) = folder.glob("*/examples.npz")
    file.write_bytes(b"")
    assert served.get("/api/v1/verdicts/f0/nearest-good").status_code == 503
    page = served.get("/shots/f0?lang=en")
    assert page.status_code == 200
    assert "examples.npz: expected" in page.text


def test_an_unknown_shot_is_not_found(served: Served) -> None:
    for path in ("/shots/nothing", "/api/v1/verdicts/nothing/nearest-good"):
        assert served.get(path).status_code == 404


@pytest.mark.parametrize(
    ("language", "words"), [("en", "There is no verdict"), ("ko", "판정이 없습니다"), ("ru", "Нет оценки")]
)
def test_a_browser_is_told_on_a_page_that_a_shot_is_unknown(
    served: Served, language: str, words: str
) -> None:
    answer = served.get(f"/shots/NO<b>PE?lang={language}", headers={"Accept": "text/html,*/*;q=0.8"})

    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "Content-Security-Policy" in answer.headers
    assert words in answer.text
    assert "NO&lt;b&gt;PE" in answer.text
    assert f'<a href="/?lang={language}">' in answer.text


def test_flagged_shots_of_the_hall_lead_to_their_page(served: Served) -> None:
    link = re.search(r'<a class="pill ng" href="([^"]+)"', served.get("/?lang=ko").text)
    assert link is not None
    assert link[1] == "/shots/t3?lang=ko"
    assert served.get(link[1]).status_code == 200
