"""The version a verb uses: what is said where there is none, or only another process's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from core.errors import ModelNotFound, ModelRefused
from core.profile_file import load_profile
from models.registry import Registry
from scripts.__main__ import command_line
from tests.inference.prediction.plants import predicting_plant
from tests.scripts.plant_of_one import NOW

Run = Callable[..., Result]
ROWS = "IW,IF,VW,FP\n45,140,8,80\n46,140,8,80\n52,140,8,80\n"
VERBS = (("predict", "IW=45", "IF=140", "VW=8", "FP=80"), ("advise",), ("judge", "rows.csv"))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A verb, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text(ROWS, encoding="utf-8")

    def run(verb: str, *arguments: str) -> Result:
        return CliRunner().invoke(command_line([verb]), [verb, *arguments], env={"TERM": "dumb"})

    return run


def save(home: Path, process: str = "beam_welding") -> None:
    plant = replace(predicting_plant(load_profile("beam_welding")), profile_name=process)
    Registry(home / "registry").save(plant, now=NOW)


def typed(verb: tuple[str, ...], *more: str) -> tuple[str, ...]:
    return *verb, "--process", "beam_welding", *more


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: str(verb[0]))
def test_where_nothing_is_trained_every_verb_tells_the_same_commands(run: Run, verb: tuple[str, ...]) -> None:
    error = run(*typed(verb, "--home", "mine")).exception

    assert isinstance(error, ModelNotFound)
    assert "nothing is trained yet. Type one of:" in str(error)
    for end in (" --example", " --history FILE.csv"):
        assert f"  ./sprue train --process beam_welding --home mine{end}" in str(error)
    assert "demo" not in str(error)


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: str(verb[0]))
def test_a_version_that_the_demo_left_is_named(run: Run, verb: tuple[str, ...], tmp_path: Path) -> None:
    save(tmp_path / "var" / "demo-beam_welding")

    error = run(*typed(verb)).exception

    assert "add --home var/demo-beam_welding" in str(error)
    assert run(*typed(verb, "--home", "var/demo-beam_welding")).exit_code == 0


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: str(verb[0]))
def test_a_version_of_another_process_is_said_to_be_one(
    run: Run, verb: tuple[str, ...], tmp_path: Path
) -> None:
    save(tmp_path / "other", process="laser")

    error = run(*typed(verb, "--home", "other")).exception

    assert isinstance(error, ModelRefused)
    assert "is of process 'laser', got profile 'beam_welding'" in str(error)
    assert "--home or SPRUE_HOME" in str(error)
    assert "train again" not in str(error)


def test_a_version_that_predicts_nothing_is_of_another_process_to_its_detectors(
    run: Run, tmp_path: Path
) -> None:
    save(tmp_path / "other")

    error = run("judge", "rows.csv", "--profile", "injection_molding", "--home", "other").exception

    assert "is of process 'beam_welding', got profile 'injection_molding'" in str(error)


def test_judging_a_table_goes_tab_separated_into_a_pipe(run: Run, tmp_path: Path) -> None:
    save(tmp_path / "home")

    done = run(*typed(("judge", "rows.csv"), "--home", "home"))

    assert done.exit_code == 0, done.output
    assert "outcome\tshots\tshare" in done.stdout
    assert "trained\t1\t33.33%" in done.stdout
    assert "nothing can be judged OK" not in done.stderr


def test_judging_where_no_size_is_wanted_says_so_once(run: Run, tmp_path: Path) -> None:
    save(tmp_path / "home")
    source = Path(__file__).parents[2] / "core" / "profiles" / "beam_welding.toml"
    lines = source.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(("nominal", "tolerance", "example"))]
    (tmp_path / "open.toml").write_text("\n".join(kept), encoding="utf-8")

    done = run("judge", "rows.csv", "--process", "open.toml", "--home", "home", "--json")

    assert done.exit_code == 0, done.output
    assert '"OK": 0, "WARN": 3' in done.stdout
    assert done.stderr.count("so nothing can be judged OK: add them to the profile") == 1
