"""``./sprue letters`` on a store that no service writes."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bson
import pytest

from core.stream import DeadLetter, Position, Work
from inference.store.held import is_written
from inference.store.reader import VerdictReader
from inference.store.sink import VerdictStore
from models.artifact import TrainedPlant
from models.registry import Registry
from scripts import __main__ as command_line
from tests.scripts.plant_of_one import NOW, shot


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trained: TrainedPlant
) -> str:
    """A store nobody writes, with letters 1 (bad), 2 (good by now) and 3 (cut); and a trained model."""
    for name in [name for name in os.environ if name.startswith("SPRUE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{(tmp_path / 'verdicts.sqlite').as_posix()}"
    if request.param == "postgresql":
        url = request.getfixturevalue("fresh_postgres_url")
        monkeypatch.setenv("SPRUE_STORE_URL", url)
    monkeypatch.setenv("SPRUE_HOME", str(tmp_path))
    Registry(tmp_path / "registry").save(trained, now=NOW)
    bad, good = shot(1), shot(2)
    bad["actual"]["cycle_time"] = "[red]off\x1b[2J"
    raw = [bson.encode(bad), bson.encode(good), b"\x00" * 70_000]
    letters = [
        DeadLetter(f"x{i}", f"shot-{i}", "not_a_number", "cycle_time: '[red]off\x1b'", one)
        for i, one in enumerate(raw, start=1)
    ]
    store = VerdictStore(url)
    store.write(Work(Position("{}", (5, 1)), dead_letters=letters))
    store.close()
    return url


@pytest.fixture
def sprue(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[object, str, str]]:
    """``sprue(word, ...)``: exit code, standard output, standard error."""

    def run(*words: str) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["sprue", "letters", *words])
        with pytest.raises(SystemExit) as ended:
            command_line.main()
        return ended.value.code, *capsys.readouterr()

    return run


def audit(url: str) -> list[tuple[str, ...]]:
    reader = VerdictReader(url)
    rows = reader.audit(100)[0]
    assert reader.verify_audit() == len(rows)
    reader.close()
    return [tuple(row[name] for name in ("who", "verb", "subject", "result")) for row in reversed(rows)]


def test_letters_are_listed_and_shown_as_text_that_commands_no_terminal(store_url: str, sprue: Any) -> None:
    code, listed, _ = sprue()
    shown = sprue("show", "1")[1]

    assert code == 0
    assert "not_a_number" in listed
    assert "[red]" in shown
    assert "sensor" not in listed
    assert "\x1b[2J" not in listed + shown
    assert '"cycle_time": "[red]off' in shown
    assert sprue("list", "--state", "dismissed")[1] == "no dead letters\n"
    assert [one["seq"] for one in json.loads(sprue("--json", "--limit", "2")[1])["dead_letters"]] == [3, 2]
    assert json.loads(sprue("show", "3", "--json")[1])["shown"].startswith("the first 65536 of 70000 bytes")


def test_letters_are_judged_again_one_by_one(store_url: str, sprue: Any) -> None:
    code, out, _ = sprue("replay", "2", "1", "3", "2", "9", "--json")

    rows = json.loads(out)["letters"]
    assert [(one["seq"], one["result"]) for one in rows] == [
        (2, "replayed"), (1, "still_bad"), (3, "not_whole"), (2, "settled"), (9, "unknown"),
    ]  # fmt: skip
    assert code == 1
    assert audit(store_url) == [
        ("local", "replay", "dead letter 2", "verdict OK"),
        ("local", "replay", "dead letter 1", "still bad: not_a_number"),
    ]
    reader = VerdictReader(store_url)
    found = reader.verdict("x2")
    reader.close()
    assert found is not None
    assert (found["shot_id"], found["route"]) == ("shot-2", "trained")
    assert not is_written(store_url)


def test_letters_of_a_reason_are_judged_again(store_url: str, sprue: Any) -> None:
    code, out, _ = sprue("replay", "--reason", "not_a_number")

    assert (code, out) == (1, "1 replayed, 1 still bad, 0 settled, 1 not whole\n")
    assert sprue("replay", "--reason", "nobody's", "--json")[0] == 0


def test_a_letter_is_dismissed_with_a_reason_and_without_a_model(
    store_url: str, sprue: Any, tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "registry")

    assert sprue("dismiss", "1", "--reason", "a test shot")[0] == 0
    code, _, said = sprue("dismiss", "1", "--reason", "a test shot")

    assert (code, "dismissed already" in said) == (1, True)
    code, _, said = sprue("dismiss", "9", "--reason", "a test shot")
    assert (code, "./sprue letters lists them" in said) == (1, True)
    code, _, said = sprue("replay", "2")
    assert (code, "./sprue train" in said) == (1, True)
    assert audit(store_url) == [("local", "dismiss", "dead letter 1", "dismissed")]


@pytest.mark.parametrize(
    "words",
    [
        ("show",), ("show", "1", "2"), ("list", "1"), ("replay",), ("replay", "1", "--reason", "x"),
        ("dismiss", "1"), ("dismiss", "1", "--reason", "ab"), ("replay", "1", "--limit", "5"),
        ("show", "1", "--reason", "x"), ("dismiss", "1", "--reason", "abc", "--state", "open"),
    ],
)  # fmt: skip
def test_words_that_do_not_fit_are_refused(sprue: Any, words: tuple[str, ...]) -> None:
    code, out, said = sprue(*words)

    assert (code, out) == (2, "")
    assert f"letters {words[0]}: " in said


def test_where_there_is_no_store_none_is_made(
    sprue: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPRUE_HOME", str(tmp_path))

    for words in (("list",), ("replay", "1"), ("dismiss", "1", "--reason", "abc")):
        code, _, said = sprue(*words)
        assert code == 1
        assert f"home: {tmp_path}\n" in said
        assert "\nsprue: " in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_store_that_was_lost_is_not_said_to_be_a_first_run(
    store_url: str, sprue: Any, tmp_path: Path
) -> None:
    (tmp_path / "verdicts.sqlite").unlink()

    for words in (("list",), ("replay", "1"), ("dismiss", "1", "--reason", "abc")):
        code, _, said = sprue(*words)
        assert (code, "says that store" in said, "no verdicts yet" in said) == (1, True, False)
    assert not (tmp_path / "verdicts.sqlite").exists()


def test_a_store_that_somebody_writes_is_left_to_the_service(store_url: str, sprue: Any) -> None:
    store = VerdictStore(store_url)
    store.open()
    try:
        assert is_written(store_url)
        code, _, said = sprue("list", "--port", "1")
    finally:
        store.close()

    assert code == 1
    assert "http://127.0.0.1:1: another process has the verdict store open" in said
    assert "give --host and --port" in said
    assert not is_written(store_url)
