"""Choosing the version that judges, from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from core.errors import ModelCorrupt, ModelNotFound, ModelRefused
from core.profile_file import load_profile
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
    """A plant without a single model: every shot is judged by limits only."""
    profile = load_profile("injection_molding")
    names = tuple(v.name for v in profile.settings), tuple(v.name for v in profile.production)
    return TrainedPlant(profile.name, profile.sha256, *names, (), (), (), (), {})


@pytest.fixture
def versions(registry: Registry, untrained: TrainedPlant) -> list[str]:
    return [registry.save(untrained, now=NOON + timedelta(hours=i)) for i in range(3)]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run(*arguments: str) -> Result:
        app = command_line(["model"])
        return CliRunner().invoke(
            app, ["model", *arguments], env={"SPRUE_HOME": str(tmp_path), "TERM": "dumb"}
        )

    return run


def test_lists_the_versions_and_says_which_one_judges(run: Run, versions: list[str]) -> None:
    done = run("list")

    assert done.stdout.splitlines() == [
        versions[0],
        versions[1],
        f"{versions[2]}  judges",
        f"rollback would put back {versions[1]}",
    ]
    assert json.loads(run("list", "--json").stdout) == {
        "current": versions[2],
        "versions": versions,
        "before": [versions[1], versions[0]],
    }


def test_without_an_act_it_lists(run: Run) -> None:
    assert run().stdout == "no model is trained yet: run ./sprue train\n"


def test_activates_a_version_and_logs_who_did(run: Run, registry: Registry, versions: list[str]) -> None:
    done = run("activate", versions[0])

    assert done.stdout == f"{versions[0]} judges now\n"
    assert registry.current() == versions[0]
    (line,) = [line for line in done.stderr.splitlines() if "version put in place" in line]
    assert f"was={versions[2]}" in line
    assert f"version={versions[0]}" in line
    assert "who=" in line


def test_rollback_goes_to_the_version_before_and_a_second_one_comes_back(
    run: Run, registry: Registry, versions: list[str]
) -> None:
    run("rollback")
    assert registry.current() == versions[1]
    run("rollback")
    assert registry.current() == versions[2]


def test_rollback_without_a_version_before_says_what_there_is(
    run: Run, registry: Registry, untrained: TrainedPlant
) -> None:
    only = registry.save(untrained, now=NOON)

    done = run("rollback")

    assert isinstance(done.exception, ModelNotFound)
    assert only in str(done.exception)


def test_a_version_that_cannot_judge_is_not_put_in_place(
    run: Run, registry: Registry, versions: list[str], untrained: TrainedPlant
) -> None:
    (registry.folder / versions[0] / "groups.npz").write_bytes(b"")
    other = registry.save(
        replace(untrained, production_names=("x",)), now=NOON + timedelta(1), activate=False
    )

    for version, error in (
        (versions[0], ModelCorrupt),
        (other, ModelRefused),
        ("20260101T000000000Z-00000000", ModelNotFound),
    ):
        assert isinstance(run("activate", version).exception, error)
    assert registry.current() == versions[2]


def test_a_damaged_current_file_is_mended_by_activating(
    run: Run, registry: Registry, versions: list[str]
) -> None:
    (registry.folder / "current").write_bytes(b"\xff")
    assert isinstance(run("list").exception, ModelCorrupt)

    run("activate", versions[1])

    assert registry.current() == versions[1]


@pytest.mark.parametrize("arguments", [("activate",), ("rollback", "x"), ("list", "x"), ("delete",)])
def test_wrong_usage_is_said(run: Run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2
