"""The pages and paths of a process that predicts: verdicts in words, and no limit to choose."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from api.explanation import labels, plain_units, sentence
from api.words import LANGUAGES
from core.profile import Profile
from core.profile_file import load_profile
from core.stream import Position, Work
from inference.judge import judge
from inference.plan import Plan, compile_plan
from ingest.fill_memory import FillMemory
from models.artifact import TrainedPlant
from tests.api.conftest import Served
from tests.inference.prediction.plants import predicting_plant, welds

ROWS = [
    [45.0, 140.0, 8.0, 80.0],  # run before
    [46.0, 140.0, 8.0, 80.0],  # never run
    [52.0, 140.0, 8.0, 80.0],  # outside
    [43.0, 131.0, 12.0, 60.0],  # far
    [45.0, 140.0, 0.0, 80.0],  # beyond a physical limit
]
EVERY = ("/", "/coverage", "/models", "/metrics", "/readyz", "/api/v1/verdicts", "/api/v1/lots",
         "/api/v1/models", "/api/v1/drift", "/api/v1/coverage", "/api/v1/challenger", "/api/v1/status",
         "/api/v1/threshold/choices", "/api/v1/gaps", "/api/v1/feedback")  # fmt: skip


@pytest.fixture(scope="session")
def profile() -> Profile:
    return load_profile("beam_welding")


@pytest.fixture(scope="session")
def plant(profile: Profile) -> TrainedPlant:
    return predicting_plant(profile)


@pytest.fixture(scope="session")
def plan(plant: TrainedPlant, profile: Profile) -> Plan:
    return compile_plan(plant, "v1", profile)


@pytest.fixture
def welded(serve: Callable[..., Served], plan: Plan, profile: Profile) -> Served:
    served = serve(empty=True)
    verdicts = judge(welds(profile, ROWS), plan, FillMemory()).verdicts
    tokens = [f"t{k}" for k in range(len(ROWS))]
    served.store.write(Work(Position("{}", (1, 1)), tokens=tokens, verdicts=verdicts))
    return served


def why(served: Served, token: str, language: str) -> str:
    page = served.get(f"/shots/{token}?lang={language}")
    assert page.status_code == 200
    return html.unescape(re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page.text)))


@pytest.mark.parametrize("path", EVERY)
def test_every_page_and_path_answers(welded: Served, path: str) -> None:
    assert welded.get(path).status_code == 200


def test_predicted_sizes_are_told_with_their_intervals_and_tolerances(welded: Served) -> None:
    assert "Depth is predicted as 1.18 mm, 1.08 to 1.28 mm: within its tolerance 0.8 to 1.6 mm" in why(
        welded, "t0", "en"
    )
    assert "1,18 mm" not in why(welded, "t0", "ko")
    assert "в пределах допуска 0,8 … 1,6 мм" in why(welded, "t0", "ru")


def test_a_setting_never_run_names_the_one_that_stands_in(welded: Served) -> None:
    assert "IW 45, IF 140, VW 8, FP 80" in why(welded, "t1", "en")


@pytest.mark.parametrize(
    ("token", "told"),
    [
        ("t2", "Weld current 52 mA: 3 mA above its normal band 43 to 49 mA; never seen in training"),
        ("t3", "Focus current 131 mA: 9 mA below its normal band 140 to 140 mA; never seen in training"),
        ("t4", "Weld speed 0 mm/s: 0.5 mm/s below its physical limit 0.5 mm/s"),
    ],
)
def test_what_nothing_is_known_of_says_which_setting_is_the_reason(
    welded: Served, token: str, told: str
) -> None:
    assert told in why(welded, token, "en")


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("GET", None),
        ("POST", {"rules": []}),
        ("PUT", {"rule": {"rule": "budget", "budget": 5}, "why": "less"}),
    ],
)
def test_there_is_no_limit_to_choose_and_it_says_where_limits_are(
    welded: Served, method: str, body: object
) -> None:
    path = "/api/v1/threshold" + ("/try" if method == "POST" else "")

    answer = welded.client.request(method, path, json=body)

    assert answer.status_code == 409
    assert "nominal sizes and tolerances of the targets in its profile" in answer.json()["detail"]


def test_coverage_counts_records_at_the_settings_trained_on(welded: Served) -> None:
    rows = welded.get("/api/v1/coverage").json()["coverage"]

    assert {(row["cluster"], row["status"], row["missing"]) for row in rows} == {
        (cluster, "trained", "outside") for cluster in (1, 2, 6)
    }


def test_a_size_that_nobody_wants_is_said_to_be_none_in_every_language(profile: Profile) -> None:
    said = {"variable": "depth", "value": 1.18, "low": None, "high": None, "direction": "low"}
    reason = said | {"interval": [1.08, 1.28], "evidence": "unwanted"}

    texts = [sentence(reason, {}, plain_units(profile), language) for language in LANGUAGES]

    assert texts[0] == "Depth is predicted as 1.18 mm, 1.08 to 1.28 mm; no size is wanted of it"
    assert len(set(texts)) == 3


def test_a_reason_calls_a_variable_as_its_profile_says(profile: Profile) -> None:
    target = replace(profile.targets[0], name="dw", label="Depth of the weld")
    drafted = replace(profile, variables=(target,))
    reason = {"variable": "dw", "value": 1.18, "low": None, "high": None, "direction": "low"}

    assert sentence(reason, {}, plain_units(drafted), "en", labels(drafted)).startswith("Depth of the weld")
