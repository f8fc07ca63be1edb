"""``sprue demo`` of a process that predicts: from an empty folder to answers over REST."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from scripts.demonstration.targets_report import SPLITS
from tests.e2e.started_demo import Demo, RunDemo, none_left
from tests.predicting_home import cheap_profile

pytestmark = [
    pytest.mark.xdist_group("demo of targets"),
    pytest.mark.skipif(os.name == "nt", reason="platform: signals as a terminal on Linux sends them"),
]
ASKED_FOR = ("linear_regression", "random_forest", "neural_network")


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The shipped process with regressors that are trained in a second."""
    return str(cheap_profile(tmp_path_factory.mktemp("profile")))


@pytest.fixture(scope="module")
def first(run: RunDemo, profile: str, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """A whole demonstration from an empty folder, its name with spaces and Korean letters."""
    demo = run(tmp_path_factory.mktemp("demo") / "예측 데모 1", "--process", profile, "--exit", "--json")
    assert demo.wait() == 0, demo.told
    return demo


def test_one_json_line_tells_what_every_regressor_is_worth(first: Demo) -> None:
    figures = first.figures

    assert len(first.printed.splitlines()) == 1
    assert figures["process"] == "beam_welding"
    assert set(figures["targets"]) == {"depth", "width"}
    for target in figures["targets"].values():
        assert target["chosen"] in target["regressors"]
        for regressor in target["regressors"].values():
            for split in SPLITS:
                assert set(regressor[split]) == {"rows", "r2", "mae", "coverage", "width"}
                assert regressor[split]["rows"] == figures["rows"]
            assert regressor["random"]["mae"] < regressor["by_setting"]["mae"]
    assert figures["seconds"] >= figures["training_seconds"] > 0
    assert "synthetic rows of beam_welding.csv" in first.told
    assert "at random: rows left out" in first.told
    assert "(chosen)" in first.told


def test_the_service_predicts_over_rest_what_the_file_holds(first: Demo) -> None:
    figures = first.figures

    assert figures["agreed_with_file"] == figures["asked_by_rest"] > 0
    lines = (first.home / "predicted.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + figures["asked_by_rest"]


def test_a_second_start_trains_no_more_and_ctrl_c_is_its_ordinary_end(
    first: Demo, run: RunDemo, profile: str
) -> None:
    demo = run(first.home, "--process", profile)
    demo.until_told("Ctrl-C ends it.")
    demo.until_told("asked over REST")
    servers = demo.servers()

    other = run(first.home, "--process", profile)
    assert other.wait() == 1
    assert other.told.splitlines() == [
        f"sprue: another demo runs in {first.home}; stop it, or give another folder with --home"
    ]
    assert "/predict" in demo.told

    assert demo.end() == 0, demo.told
    assert demo.figures["training_seconds"] is None
    assert demo.figures["model_version"] == first.figures["model_version"]
    assert none_left(demo, servers)


def test_killed_while_it_runs_it_takes_its_service_along(first: Demo, run: RunDemo, profile: str) -> None:
    demo = run(first.home, "--process", profile)
    demo.until_told("asked over REST")
    servers = demo.servers()

    assert demo.end(signal.SIGKILL) == -9
    assert none_left(demo, servers)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--shots", "5"], 2, "a process that predicts is fed no shots"),
        (["--process", "no_such"], 1, "beam_welding, injection_molding"),
        (["--home", "pyproject.toml"], 1, "pyproject.toml"),
    ],
)
def test_what_cannot_be_is_said(
    first: Demo, run: RunDemo, profile: str, arguments: list[str], code: int, words: str
) -> None:
    demo = run(first.home, "--process", profile, *arguments)

    assert demo.wait() == code
    assert words in " ".join(demo.told.replace("│", " ").split())
    assert "Traceback" not in demo.told
    assert demo.printed == ""


@pytest.mark.slow
def test_the_shipped_process_reports_the_regressors_asked_for_as_they_are(
    run: RunDemo, tmp_path: Path
) -> None:
    demo = run(tmp_path / "demo", "--process", "beam_welding", "--exit", "--json")

    assert demo.process.wait(280) == 0
    demo.wait()
    for target in demo.figures["targets"].values():
        assert set(ASKED_FOR) <= set(target["regressors"])
        best = target["regressors"][target["chosen"]]["by_setting"]
        assert best["r2"] >= max(r["by_setting"]["r2"] for r in target["regressors"].values()) - 1e-9
    assert demo.figures["agreed_with_file"] == demo.figures["asked_by_rest"]
