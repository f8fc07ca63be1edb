"""``./sprue threshold``: shown, tried, chosen, taken back; by the store itself and by the service."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from core.profile_file import load_profile
from inference.store.reader import VerdictReader
from models.artifact import TrainedPlant
from models.losses import summarise
from models.registry import Registry
from scripts.__main__ import command_line
from tests.scripts.plant_of_one import NOW
from tests.scripts.running_service import Start

Run = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path, trained: TrainedPlant) -> Path:
    """A home with a version that held losses out."""
    losses = summarise(np.linspace(0.1, 0.3, 400), trim=0, lot=np.arange(400) // 40)
    model = replace(trained.models[0], losses=losses)
    Registry(tmp_path / "registry").save(replace(trained, models=(model,)), now=NOW)
    return tmp_path


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("SPRUE_HOME", str(home))

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(command_line(["threshold"]), ["threshold", *arguments])

    return run


def told(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def words(result: Result) -> str:
    """All that was printed on one line, without the frame around it."""
    return " ".join(result.output.replace("│", " ").split())


def test_shows_the_profiles_rule_and_then_the_choice(run: Run) -> None:
    assert "the profile's rule" in run("show").stdout
    run("set", "--budget", "5", "--why", "night calls", "--who", "kim")

    shown = told(run("show", "--json"))

    assert (shown["choice"]["who"], shown["choice"]["why"]) == ("kim", "night calls")
    assert shown["groups"][0]["origin"] == "budget"
    assert shown["groups"][0]["low"] <= shown["groups"][0]["high"]
    assert "by kim: night calls" in run().stdout


def test_a_place_is_chosen_for_beside_the_rest_and_clear_takes_all_back(run: Run) -> None:
    run("set", "--cv-gain", "1", "--why", "all")
    run("set", "--budget", "2", "--facility", "A-01", "--why", "critical")
    both = told(run("set", "--budget", "3", "--facility", "A-01", "--why", "less", "--json"))
    plant = told(run("set", "--cv-gain", "0.5", "--why", "all again", "--json"))
    run("clear", "--why", "enough")

    one = {"rule": "budget", "budget": 3.0, "facility": "A-01"}
    assert both["rule"] == {"cv_gain": 1.0, "overrides": [one]}
    assert plant["rule"] == {"cv_gain": 0.5, "overrides": [one]}
    history = told(run("history", "--json"))["choices"]
    assert [choice["id"] for choice in history] == [5, 4, 3, 2, 1]
    assert history[0]["rule"] == {}
    assert "enough" in run("history").stdout


def test_choices_stand_in_the_audit(run: Run, home: Path) -> None:
    run("set", "--cv-gain", "1", "--why", "night calls", "--who", "kim")

    reader = VerdictReader(f"sqlite:///{home / 'verdicts.sqlite'}")
    (row,), _ = reader.audit(10)
    reader.close()
    assert (row["who"], row["verb"], row["detail"]) == ("kim", "threshold", "night calls")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["set", "--budget", "5"], "expected --why"),
        (["set", "--why", "x"], "expected a rule"),
        (["clear"], "expected --why"),
        (["set", "--budget", "5", "--why", "x" * 501], "at most 500"),
        (["show", "--cv-gain", "5"], "takes no --cv-gain"),
        (["history", "--item", "cap"], "takes no --item"),
        (["try", "--why", "x"], "takes no --why"),
        (["try", "--from", "yesterday"], "expected a time"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(run: Run, arguments: list[str], said: str) -> None:
    result = run(*arguments)

    assert result.exit_code == 2
    assert said in words(result)


@pytest.mark.parametrize("arguments", [("set", "--budget", "0", "--why", "x"), ("try", "--budget", "-1")])
def test_a_budget_out_of_range_is_wrong_usage(run: Run, arguments: tuple[str, ...]) -> None:
    result = run(*arguments)

    assert result.exit_code == 2
    assert "expected a number from 0.001 to 100" in words(result)


@pytest.mark.parametrize("action", [("set", "--why", "x"), ("try",)])
@pytest.mark.parametrize(
    ("place", "said"),
    [
        (("--facility", "H99"), "no group has facility H99; there are: A-01"),
        (("--maker", "Z"), "no group has maker Z; there are: A"),
        (("--item", "lid", "--facility", "A-01"), "no group has facility A-01 and item lid; there are: "),
        (("--cluster", "7"), "no group has cluster 7; there are: "),
    ],
)
def test_a_place_without_a_group_is_refused_and_those_there_are_named(
    run: Run, home: Path, action: tuple[str, ...], place: tuple[str, ...], said: str
) -> None:
    result = run(*action, "--budget", "5", *place)

    assert result.exit_code == 2
    assert said in words(result)
    assert not (home / "verdicts.sqlite").exists()


def test_clearing_what_nobody_chose_says_so_and_stores_nothing(run: Run, home: Path) -> None:
    assert "nothing is chosen" in run("clear", "--why", "x").stdout
    assert not (home / "verdicts.sqlite").exists()

    run("set", "--budget", "5", "--why", "x")
    run("clear", "--why", "x")
    assert told(run("clear", "--why", "x", "--json")) == {"id": None, "rule": {}}
    assert len(told(run("history", "--json"))["choices"]) == 2


def shots(folder: Path) -> Path:
    """Two lots of ten shots each, the first one bad."""
    profile = load_profile("injection_molding")
    names = [v.name for v in profile.settings], [v.name for v in profile.production]
    head = "id,time,maker,facility,item,lot_good,lot_bad," + ",".join([*names[0], *names[1]])
    rows = [
        f"s{k},2026-11-{10 + k // 10:02}T08:00:{k % 10:02}Z,A,A-01,cap,{95 + k % 10},{5 if k < 10 else 0},"
        + ",".join(["0"] * len(names[0]) + [str(0.5 + 0.02 * (k % 10))] * len(names[1]))
        for k in range(20)
    ]
    file = folder / "shots.csv"
    file.write_text("\n".join([head, *rows]), encoding="utf-8")
    return file


def test_tries_on_a_file_without_storing_anything(run: Run, home: Path) -> None:
    file = str(shots(home))

    found = told(run("try", "--history", file, "--cv-gain", "9", "--sweep", "budget", "--json"))

    assert found["shots"] == 20
    assert [one["name"] for one in found["trials"][:3]] == ["now", "tried", "budget 0.2"]
    assert found["trials"][0]["bad_lots"] == found["trials"][0]["good_lots"] == 1
    assert found["trials"][1]["flags"] <= found["trials"][0]["flags"]
    assert len(found["trials"]) == 16
    assert not (home / "verdicts.sqlite").exists()


def test_a_file_is_judged_under_the_limit_chosen_in_its_home(run: Run, home: Path) -> None:
    def weights(name: str) -> set[float]:
        arguments = ["judge", str(shots(home)), "--out", str(home / name)]
        assert CliRunner().invoke(command_line(["judge"]), arguments).exit_code == 0
        return {json.loads(line)["weight"] for line in (home / name).read_text("utf-8").splitlines()}

    before = weights("before.jsonl")
    run("set", "--budget", "5", "--why", "night calls")

    assert before != {0.0}
    assert weights("after.jsonl") == {0.0}


def test_while_the_service_runs_it_is_asked_and_its_answer_is_told(
    run: Run, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = start()
    service.get("/healthz")
    monkeypatch.setenv("SPRUE_PORT", service.url.rsplit(":", 1)[1])

    result = run("set", "--cv-gain", "1", "--why", "night calls", "--who", "kim")

    # Nothing streams here, so that nobody carries orders out: it is said, and nothing was changed.
    assert result.exit_code == 1
    assert "nothing was changed" in str(result.exception)
    assert told(run("history", "--json"))["choices"] == []
