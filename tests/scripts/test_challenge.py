"""A challenger from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from core.beside import Beside, Cell, DriftLot, ShadowAccount, Tally
from core.errors import ConfigError, ModelNotFound, ModelRefused
from core.profile_file import load_profile
from core.stream import Position, Work
from inference.store.sink import VerdictStore
from models.artifact import TrainedPlant
from models.registry import Registry
from scripts.__main__ import command_line

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
Run = Callable[..., Result]


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "registry")


@pytest.fixture
def untrained() -> TrainedPlant:
    profile = load_profile("injection_molding")
    names = tuple(v.name for v in profile.settings), tuple(v.name for v in profile.production)
    return TrainedPlant(profile.name, profile.sha256, *names, (), (), (), (), {})


@pytest.fixture
def versions(registry: Registry, untrained: TrainedPlant) -> list[str]:
    return [registry.save(untrained, now=NOON + timedelta(hours=i)) for i in range(2)]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run(*arguments: str) -> Result:
        app = command_line(["model"])
        return CliRunner().invoke(
            app, ["model", *arguments], env={"SPRUE_HOME": str(tmp_path), "TERM": "dumb"}
        )

    return run


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Beside], None]:
    def write(beside: Beside) -> None:
        store = VerdictStore(f"sqlite:///{(tmp_path / 'verdicts.sqlite').as_posix()}")
        store.write(Work(Position("{}", (1, 1)), beside=beside))
        store.close()

    return write


def test_a_challenger_is_begun_and_ended_and_the_champion_stays(
    run: Run, registry: Registry, versions: list[str]
) -> None:
    done = run("challenge", versions[0])

    assert done.exit_code == 0
    assert done.stdout == f"{versions[0]} judges in the shadow\n"
    appointed = registry.challenger()
    assert appointed is not None
    assert (appointed.version, registry.current()) == (versions[0], versions[1])
    assert json.loads(run("unchallenge", "--json").stdout) == {"challenger": None}
    assert registry.challenger() is None


def test_promoted_the_challenger_judges_and_rollback_puts_the_champion_back(
    run: Run, registry: Registry, versions: list[str]
) -> None:
    run("challenge", versions[0])
    done = run("promote", "--json")

    assert json.loads(done.stdout) == {"current": versions[0]}
    assert (registry.current(), registry.challenger()) == (versions[0], None)
    run("rollback")
    assert registry.current() == versions[1]


def test_without_a_challenger_nothing_is_promoted(run: Run, versions: list[str]) -> None:
    done = run("promote")

    assert isinstance(done.exception, ModelNotFound)
    assert "model challenge VERSION" in str(done.exception)


def test_the_one_that_judges_cannot_challenge_itself(run: Run, versions: list[str]) -> None:
    done = run("challenge", versions[1])

    assert isinstance(done.exception, ConfigError)
    assert versions[1] in str(done.exception)


def test_one_that_cannot_judge_is_neither_challenger_nor_promoted(
    run: Run, registry: Registry, versions: list[str], untrained: TrainedPlant
) -> None:
    other = replace(untrained, production_names=("x",))
    refused = registry.save(other, now=NOON + timedelta(hours=5), activate=False)
    first = run("challenge", refused)
    registry.challenge(refused, since=1, who="kim")
    second = run("promote")

    assert isinstance(first.exception, ModelRefused)
    assert isinstance(second.exception, ModelRefused)
    assert registry.current() == versions[1]
    assert registry.challenger() is not None


@pytest.mark.parametrize("arguments", [("challenge",), ("promote", "v1"), ("compare", "v1"), ("drift", "v1")])
def test_a_name_stands_where_one_belongs(run: Run, versions: list[str], arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_compare_says_what_would_be_different(
    run: Run, registry: Registry, versions: list[str], write: Callable[[Beside], None]
) -> None:
    write(Beside())
    assert "no version judges in the shadow" in run("compare").stdout
    registry.challenge(versions[0], since=7, who="kim")
    assert "Nothing is compared yet." in run("compare").stdout
    tallies = {Cell(versions[1], "A-01", "cap", 1, 5): Tally(900, 1, 20, 4)}
    write(Beside(ShadowAccount(7, versions[0], 1, 925, 3, tallies)))
    text, found = run("compare").stdout, json.loads(run("compare", "--json").stdout)

    assert "more than chance" in text
    assert "A-01\tcap\t1\t925\t1\t20\t4" in text
    assert "3 shots were not compared" in text
    assert found["whole"]["challenger_alone"] == 20


def test_drift_says_whether_to_train_again(
    run: Run, versions: list[str], write: Callable[[Beside], None]
) -> None:
    write(Beside(drift=[DriftLot(versions[1], -1, 20_000, 0, 0, 900, b"")]))
    text: str = run("drift").stdout
    found: dict[str, Any] = json.loads(run("drift", "--json").stdout)

    assert "100\u202f% of the shots ran under settings without a model of their own" in text
    assert found["proposal"]["reasons"] == [{"why": "settings", "share": 1.0}]
