"""A process nobody at home knows, with keys and values of its own: a profile, and no code."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "extrusion"
FOLDERS = ("core", "native", "ingest", "clustering", "models", "memae", "inference", "api", "scripts")
BAD = {
    "cold die": "melt_pressure melt_temperature motor_load",
    "pulled thin": "wall_thickness haul_off_force",
}


def python(*arguments: str | Path, home: Path | None = None) -> str:
    """Run a command as a user types it; what it prints."""
    place = {} if home is None else {"SPRUE_HOME": str(home)}
    run = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, **place, "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example's profile, its history and pipes, and a home trained with them."""
    folder = tmp_path_factory.mktemp("파이프 압출")
    python(EXAMPLE / "make.py", folder)
    shutil.copy(EXAMPLE / "profile.toml", folder)
    train = ("-m", "scripts", "train", "--json", "--profile", folder / "profile.toml")
    told = python(*train, "--history", folder / "history.csv", home=folder / "home")
    assert json.loads(told.splitlines()[-1])["kinds"] == {"autoencoder": 1, "isolation_forest": 1}
    return folder


@pytest.fixture(scope="module")
def pipes(shop: Path) -> list[dict[str, Any]]:
    """The documents of the lines' computers, as MongoDB holds them."""
    lines = (shop / "pipes.jsonl").read_text(encoding="utf-8").splitlines()
    documents = [json.loads(line) for line in lines]
    for document in documents:
        document["cut"]["at"] = datetime.fromisoformat(document["cut"]["at"])
    return documents


def test_a_profile_alone_brings_a_new_process_from_history_to_verdicts(
    shop: Path, pipes: list[dict[str, Any]], make_line: Callable[..., Any]
) -> None:
    line = make_line(shop / "home", profile=str(shop / "profile.toml"))
    line.service.start()
    line.service.wait_ready()
    line.shots.insert_many([dict(document) for document in pipes])
    line.wait_for(len(pipes))

    assert line.dead_letters() == []
    verdicts = {v["shot_id"]: v for v in line.verdicts()}
    assert set(verdicts) == {document["cut"]["number"] for document in pipes}
    assert {v["route"] for v in verdicts.values()} == {"trained"}
    kinds = {(v["facility"], v["model_kind"]) for v in verdicts.values()}
    assert kinds == {("line 1", "autoencoder"), ("line 2", "isolation_forest")}
    ordinary = [v["outcome"] for name, v in verdicts.items() if name not in BAD]
    assert ordinary.count("OK") >= 0.9 * len(ordinary)
    assert ordinary.count("NG") <= 0.02 * len(ordinary)
    for name, guilty in BAD.items():
        assert verdicts[name]["outcome"] == "NG"
        assert {reason["variable"] for reason in verdicts[name]["reasons"]} >= set(guilty.split()[:1])
    assert line.service.get("/api/v1/status")["unknown_fields"] == {}


def test_a_file_of_the_same_records_gets_the_same_verdicts(shop: Path, pipes: list[dict[str, Any]]) -> None:
    out = shop / "verdicts.jsonl"
    judge = ("-m", "scripts", "judge", shop / "pipes.jsonl", "--profile", shop / "profile.toml")
    told = json.loads(python(*judge, "--out", out, "--json", home=shop / "home"))
    assert (told["verdicts"], told["dead_letters"]) == (len(pipes), 0)
    verdicts = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert {v["shot_id"] for v in verdicts if v["outcome"] == "NG"} == set(BAD)


@pytest.mark.parametrize("word", ["extrusion", "haul_off", "wall_thickness", "motor_load"])
def test_no_code_knows_the_example(word: str) -> None:
    root = EXAMPLE.parents[2]
    for folder in FOLDERS:
        for path in (root / folder).rglob("*.py"):
            assert word not in path.read_text(encoding="utf-8"), path
