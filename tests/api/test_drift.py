"""Drift and the challenger over REST, in metrics and as a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.beside import Beside, Cell, DriftLot, ShadowAccount, Tally
from core.profile import Profile
from core.stream import Position, Work
from models.artifact import TrainedPlant
from models.reference import Reference
from models.registry_challenger import Appointed, ChallengerFile

Serve = Callable[..., Any]
VERSION = "20261120T101500123Z-1a2b3c4d"
DAY = 20_700


@pytest.fixture
def referenced(plant: TrainedPlant) -> TrainedPlant:
    """The plant's one group, trained on ten lots whose means lay between 4 and 6."""
    p = len(plant.production_names)
    ones = np.ones((1, p))
    reference = Reference(
        np.zeros((1, 9, p)), 5 * ones, ones, -99 * ones, 99 * ones, np.array([10]), 5 * ones, 0.6 * ones,
        4 * ones, 6 * ones, 0.7 * ones, 0 * ones,
    )  # fmt: skip
    return replace(plant, reference=reference)


def lots(profile: Profile, mean: float, count: int, flagged: int = 0) -> list[DriftLot]:
    p = len(profile.production)
    sums = np.full((2, p), 100.0)
    sums[1] = 500.0
    sums[1, 3] = 100 * mean
    return [DriftLot("v1", 0, DAY + n, 100, flagged, 4, sums.astype("<f8").tobytes()) for n in range(count)]


def write(served: Any, beside: Beside) -> None:
    served.store.write(Work(Position("{}", (2, 1)), beside=beside))


@pytest.fixture
def moved(serve: Serve, profile: Profile, referenced: TrainedPlant) -> Any:
    served = serve()
    served.catalog.plant = referenced
    write(served, Beside(drift=lots(profile, mean=20.0, count=6, flagged=30)))
    return served


def test_a_group_whose_values_moved_says_so_in_figures_and_words(moved: Any, profile: Profile) -> None:
    body = moved.get("/api/v1/drift").json()
    (group,) = body["groups"]

    assert (body["version"], group["status"], group["shots"]) == ("v1", "moved", 600)
    (one,) = group["inputs"]
    assert one["variable"] == profile.production[3].name
    assert (one["mean"], one["training_low"], one["training_high"], one["shift"]) == (20.0, 4.0, 6.0, 15.0)
    assert group["flags"]["moved"]
    assert group["flags"]["share"] == 0.3
    assert [reason["why"] for reason in body["proposal"]["reasons"]] == ["inputs", "flags"]
    assert "above the training lots (4 to 6)" in group["texts"][0]


@pytest.mark.parametrize(("lang", "word"), [("en", "advised"), ("ko", "재학습"), ("ru", "заново")])
def test_the_proposal_and_the_page_speak_three_languages(moved: Any, lang: str, word: str) -> None:
    texts = moved.get(f"/api/v1/drift?lang={lang}").json()["proposal"]["texts"]
    page = moved.get(f"/models?lang={lang}")

    assert word in texts[0]
    assert len(texts) == 3
    assert page.status_code == 200
    assert word in page.text


def test_steady_production_needs_nobody(serve: Serve, profile: Profile, referenced: TrainedPlant) -> None:
    served = serve()
    served.catalog.plant = referenced
    write(served, Beside(drift=lots(profile, mean=5.2, count=6)))
    body = served.get("/api/v1/drift").json()

    assert body["groups"][0]["status"] == "steady"
    assert not body["proposal"]["retrain"]
    assert body["proposal"]["texts"] == ["Nothing moved: there is no need to train again."]
    assert "no need to train again" in served.get("/models").text


def test_a_version_of_an_earlier_release_has_nothing_to_compare_with(served: Any) -> None:
    body = served.get("/api/v1/drift").json()

    assert [group["status"] for group in body["groups"]] == ["no_reference"]
    assert "earlier release" in served.get("/models").text


def test_without_a_model_both_say_what_to_do(serve: Serve) -> None:
    served = serve(trained=False)

    assert served.get("/api/v1/drift").status_code == 503
    assert "./sprue train" in served.get("/models").text


@pytest.fixture
def challenged(served: Any, tmp_path: Path) -> Any:
    (tmp_path / "registry").mkdir()
    ChallengerFile(tmp_path / "registry").write(Appointed(VERSION, 1_790_000_000_000, "<kim>"))
    return served


def test_nobody_challenges(served: Any) -> None:
    body = served.get("/api/v1/challenger").json()

    assert (body["state"], body["challenger"], body["whole"]["shots"]) == ("none", None, 0)
    assert "sprue_challenger" not in served.get("/metrics").text


def test_a_challenger_that_compared_nothing_yet_waits(challenged: Any) -> None:
    body = challenged.get("/api/v1/challenger").json()

    assert (body["state"], body["who"], body["since"]) == ("waiting", "<kim>", "2026-09-21T14:13:20.000Z")
    assert "&lt;kim&gt;" not in challenged.get("/models").text
    assert challenged.get("/models").status_code == 200


def test_what_a_challenger_would_change_is_told_with_its_intervals(challenged: Any) -> None:
    tallies = {
        Cell("v1", "A-01", "cap", 1, DAY): Tally(900, 1, 20, 4, ("s0",), ("s3", "s4")),
        Cell("v1", "A-02", "", -1, -1): Tally(75, 0, 0, 0),
    }
    write(challenged, Beside(ShadowAccount(1_790_000_000_000, VERSION, 1, 1000, 7, tallies)))
    body = challenged.get("/api/v1/challenger").json()
    whole = body["whole"]

    assert (body["state"], body["skipped"]) == ("running", 7)
    assert (whole["shots"], whole["champion_alone"], whole["challenger_alone"], whole["both"]) == (
        1000,
        1,
        20,
        4,
    )
    assert whole["champion_share"]["share"] == 0.005
    assert whole["champion_share"]["low"] < 0.005 < whole["champion_share"]["high"]
    assert whole["difference"] == pytest.approx(0.019)
    assert whole["difference_low"] > 0
    assert whole["chance"] < 0.001
    assert [group["facility"] for group in body["groups"]] == ["A-01", "A-02"]
    assert [day["shots"] for day in body["days"]] == [925, 75]
    assert body["challenger_alone"]["shots"] == ["s3", "s4"]
    assert "more than chance" in body["text"]
    assert "0.5\u202f%" in challenged.get("/models").text


def test_russian_figures_have_a_comma_and_a_narrow_space(challenged: Any) -> None:
    tallies = {Cell("v1", "A-01", "cap", 1, DAY): Tally(5517, 1, 20, 4)}
    write(challenged, Beside(ShadowAccount(1_790_000_000_000, VERSION, 1, 6000, 1007, tallies)))
    page = challenged.get("/models?lang=ru").text.split("<main")[1]

    assert "Сравнено циклов: 5\u202f542." in page
    assert "Не сравнено циклов: 1\u202f007" in page
    assert "0,09\u202f%" in page
    assert "5,542" not in page
    assert "0.09" not in page


def test_a_dropped_challenger_says_why_in_metrics_too(challenged: Any) -> None:
    account = ShadowAccount(1_790_000_000_000, VERSION, 1, 0, 5, {}, "dropped", "judging failed: <b>")
    write(challenged, Beside(account))

    assert challenged.get("/api/v1/challenger").json()["reason"] == "judging failed: <b>"
    assert "judging failed: &lt;b&gt;" in challenged.get("/models").text
    metrics = challenged.get("/metrics").text
    assert "sprue_challenger_dropped 1.0" in metrics
    assert "sprue_challenger_skipped_total 5.0" in metrics


def test_a_damaged_challenger_file_is_told(challenged: Any, tmp_path: Path) -> None:
    (tmp_path / "registry" / "challenger").write_text("{", encoding="utf-8")
    body = challenged.get("/api/v1/challenger").json()

    assert body["state"] == "none"
    assert "model unchallenge" in body["reason"]


def test_drift_is_in_the_metrics(moved: Any) -> None:
    assert "sprue_drifted_groups 1.0" in moved.get("/metrics").text
