"""``./sprue coverage``: where models judge, from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from core.profile import GroupKey
from core.stream import Position, Work
from inference.store.sink import VerdictStore
from models.artifact import Coverage, TrainedPlant
from models.registry import Registry
from scripts.__main__ import command_line
from tests.api.conftest import verdicts
from tests.scripts.plant_of_one import NOW

Run = Callable[..., Result]


@pytest.fixture
def version(tmp_path: Path, trained: TrainedPlant) -> str:
    key = trained.models[0].key
    rows = (
        Coverage(key, 6000, 12, 5976.0, 24.0, 0, 10**12, "trained", "autoencoder", ""),
        Coverage(GroupKey("A", "A-02", "lid", 0), 288, 3, 288, 0, 0, 10**12, "too_few", None, "288 shots"),
    )
    return Registry(tmp_path / "registry").save(replace(trained, coverage=rows), now=NOW)


@pytest.fixture
def judged(tmp_path: Path) -> None:
    store = VerdictStore(f"sqlite:///{tmp_path / 'verdicts.sqlite'}")
    rows = [{"facility": "A-02", "item": "lid", "cluster": 0, "route": "nearest", "distance": 0.5}] * 3
    rows += [{"cluster": 0}, {"facility": "A-09", "route": "limits", "cluster": None}]
    tokens = [f"t{number}" for number in range(len(rows))]
    store.write(Work(Position("{}", (1, 1)), tokens=tokens, verdicts=verdicts(rows)))
    store.close()


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run(*arguments: str) -> Result:
        environment = {"SPRUE_HOME": str(tmp_path), "SPRUE_PROFILE": "injection_molding", "TERM": "dumb"}
        return CliRunner().invoke(command_line(["coverage"]), ["coverage", *arguments], env=environment)

    return run


@pytest.mark.usefixtures("judged")
def test_the_blindest_group_stands_first_with_what_it_lacks(run: Run, version: str) -> None:
    done = run()

    assert done.exit_code == 0, done.output
    head, first, second, third, last = done.stdout.splitlines()
    assert head.split("\t")[:3] == ["facility", "item", "setting"]
    assert first.split("\t") == [
        "A-02", "lid", "0", "Too few shots", "3", "3", "209 more shots",
        "A-01, cap, setting 0; 0 reference distances away", "288",
    ]  # fmt: skip
    assert second.startswith("A-09\tcap\t-\tNot in the history\t1\t1\tset values in its records\t")
    assert third.split("\t")[3:7] == ["Own model", "0", "1", "nothing"] or third.startswith("A-01")
    assert last.startswith(f"version {version}: 1 own model, 1 too few shots, 1 not in the history; 4 of 5")


@pytest.mark.usefixtures("judged", "version")
def test_as_json_it_is_one_object_and_filters_hold(run: Run) -> None:
    whole = json.loads(run("--json").stdout)
    some = json.loads(run("--json", "--status", "too_few", "--facility", "A-02").stdout)

    assert (whole["verdicts"], whole["groups"]) == (5, {"too_few": 1, "never_seen": 1, "trained": 1})
    (row,) = some["coverage"]
    assert (row["facility"], row["blind"], row["missing"], row["missing_shots"]) == ("A-02", 3, "shots", 209)
    assert row in whole["coverage"]


def test_before_the_first_verdict_it_shows_the_history(run: Run, version: str) -> None:
    done = run()

    assert done.exit_code == 0
    assert "live shots are not counted" in done.stderr
    assert f"version {version}" in done.stdout


def test_a_status_that_there_is_not_is_wrong_usage(run: Run) -> None:
    done = run("--status", "blind")

    assert done.exit_code == 2
    assert "expected one of trained, too_few" in done.stderr


@pytest.mark.usefixtures("judged", "version")
def test_a_press_that_there_is_not_is_wrong_usage_and_those_there_are_named(run: Run) -> None:
    done = run("--facility", "X99")

    assert (done.exit_code, done.stdout) == (2, "")
    assert "no group has facility X99; there are: A-01, A-02, A-09" in done.stderr


@pytest.mark.usefixtures("version")
def test_counts_into_a_pipe_are_plain_digits(run: Run) -> None:
    shots = [line.split("\t")[-1] for line in run().stdout.splitlines()[1:-1]]

    assert sorted(shots) == ["288", "6000"]
