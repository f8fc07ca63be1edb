"""An OK of the static limits says no more than that, wherever it is shown."""

from __future__ import annotations

from typing import Any

import pytest

WORDS = {
    "en": ("within the physical limits; no model", "OK means within the physical limits only"),
    "ko": ("물리적 한계 이내", "양호는 물리적 한계 이내라는 뜻일 뿐"),
    "ru": (
        "физические пределы соблюдены; для этой настройки модели нет",
        "в физических пределах; больше ничего",
    ),
}


@pytest.mark.parametrize("language", WORDS)
def test_an_ok_of_the_limits_says_so_in_rest_and_on_its_tile(served: Any, language: str) -> None:
    summary, on_tile = WORDS[language]

    verdict = served.get(f"/api/v1/verdicts/t2?lang={language}").json()
    page = served.get(f"/?lang={language}").text

    assert (verdict["outcome"], verdict["route"]) == ("OK", "limits")
    assert summary in verdict["summary"]
    nothing = ("anomaly_score", "base", "tolerance", "margin", "model_kind", "substitute", "distance")
    assert [verdict[name] for name in nothing] == [None] * len(nothing)
    (tile,) = [part for part in page.split('<li class="tile ')[1:] if "B-01" in part]
    assert tile.startswith("not_covered")
    assert on_tile in tile
    assert page.count(on_tile) == 1


def test_coverage_says_who_is_judged_by_limits_alone(served: Any) -> None:
    (row,) = served.get("/api/v1/coverage?route=limits").json()["coverage"]

    assert (row["facility"], row["live_limits"]) == ("B-01", 1)
    assert row["route_text"] == "physical limits alone; OK says no more than that"
