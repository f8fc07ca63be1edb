"""Commands that act upon a home say which, since it follows the folder one stands in."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from inference.store.sink import VerdictStore
from scripts.__main__ import command_line

NEW = "no store here; the service's home is set by SPRUE_HOME"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The present folder, where no setting says anything."""
    for name in [name for name in os.environ if name.startswith("SPRUE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(verb: str, *words: str) -> Result:
    return CliRunner().invoke(command_line([verb]), [verb, *words], env={"TERM": "dumb"})


@pytest.mark.parametrize("words", [("model", "list"), ("key", "list"), ("letters", "list")])
def test_the_home_of_the_present_folder_is_named_and_told_to_be_new(
    folder: Path, words: tuple[str, str]
) -> None:
    done = run(*words)

    assert done.stderr.startswith(f"home: {folder / 'var'}\n")
    assert NEW in done.stderr
    assert not (folder / "var").exists()


@pytest.mark.parametrize("words", [("model", "list"), ("key", "list"), ("letters", "list")])
def test_standard_output_holds_the_result_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, str]
) -> None:
    monkeypatch.setenv("SPRUE_HOME", "plant")
    (folder / "plant").mkdir()
    store = VerdictStore("sqlite:///plant/verdicts.sqlite")
    store.open()
    store.close()

    done = run(*words, "--json")

    json.loads(done.stdout)
    assert done.stderr == f"home: {folder / 'plant'}\n"


def test_a_store_elsewhere_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPRUE_STORE_URL", "postgresql://judge:canary-secret@127.0.0.1:1/verdicts")

    done = run("key", "list")

    assert "verdict store: postgresql://127.0.0.1:1/verdicts" in done.stderr
    assert "canary-secret" not in done.output
