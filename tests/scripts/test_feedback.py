"""``./sprue feedback`` on a store that no service writes, and what it refuses."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.profile import GroupKey
from core.stream import Position, Work
from inference.store.held import is_written
from inference.store.reader import VerdictReader
from inference.store.sink import VerdictStore
from models.artifact import Coverage
from models.registry import Registry
from scripts import __main__ as command_line
from tests.api.conftest import verdicts
from tests.scripts.plant_of_one import NOW

ROWS = [{"shot_id": f"s{i}", "outcome": outcome} for i, outcome in enumerate(("NG", "NG", "WARN", "OK"))]


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A store nobody writes, with the shots s0 and s1 (NG), s2 (WARN) and s3 (OK)."""
    for name in [name for name in os.environ if name.startswith("SPRUE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPRUE_HOME", str(tmp_path))
    url = f"sqlite:///{(tmp_path / 'verdicts.sqlite').as_posix()}"
    if request.param == "postgresql":
        url = request.getfixturevalue("fresh_postgres_url")
        monkeypatch.setenv("SPRUE_STORE_URL", url)
    store = VerdictStore(url)
    store.write(
        Work(Position("{}", (5, 1)), tokens=[f"t{i}" for i in range(len(ROWS))], verdicts=verdicts(ROWS))
    )
    store.close()
    return url


@pytest.fixture
def sprue(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[object, str, str]]:
    """``sprue(word, ...)``: exit code, standard output, standard error."""

    def run(*words: str) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["sprue", "feedback", *words])
        with pytest.raises(SystemExit) as ended:
            command_line.main()
        return ended.value.code, *capsys.readouterr()

    return run


def test_what_is_said_is_listed_counted_and_audited(store_url: str, sprue: Any) -> None:
    assert sprue()[:2] == (0, "no feedback\n")
    assert sprue("counts")[:2] == (0, "no feedback\n")

    code, said, _ = sprue("add", "s0", "confirm", "--reason", " short shot\x1b[2J ", "--who", "kim")
    assert (code, said) == (0, "shot s0, judged NG: confirm, says kim\n")
    given = json.loads(sprue("add", "t1", "false_alarm", "--json")[1])
    assert (given["shot_id"], given["shot"], given["who"]) == ("s1", "good", "local")
    sprue("add", "s1", "confirm")
    sprue("add", "s3", "confirm")

    listed = sprue("list")[1]
    assert [line.split("\t")[2:6] for line in listed.splitlines()[1:]] == [
        ["s3", "OK", "confirm", "local"],
        ["s1", "NG", "confirm", "local"],
        ["s1", "NG", "false_alarm", "local"],
        ["s0", "NG", "confirm", "kim"],
    ]
    assert "\x1b" not in listed
    shots = [row["shot_id"] for row in json.loads(sprue("--newest", "--json", "--limit", "2")[1])["feedback"]]
    assert shots == ["s3", "s1"]
    assert json.loads(sprue("list", "--judgement", "false_alarm", "--newest", "--json")[1]) == {
        "feedback": []
    }
    assert sprue("list", "--to", "2020-01-01T00:00:00Z")[1] == "no feedback\n"
    counted = sprue("counts", "--facility", "A-01")[1].splitlines()
    assert counted[1].split("\t") == [
        "A", "A-01", "cap", "1", "NG", "2", "0", "0", "100%", "34% to 100%",
    ]  # fmt: skip
    assert counted[2].split("\t")[4:6] == ["OK", "1"]
    assert json.loads(sprue("counts", "--json")[1])["groups"][0]["missed"] == 1
    reader = VerdictReader(store_url)
    assert [row["who"] for row in reader.audit(10)[0]] == ["local", "local", "local", "kim"]
    assert reader.verify_audit() == 4
    reader.close()
    assert not is_written(store_url)


def test_a_shot_nobody_judged_is_said(store_url: str, sprue: Any) -> None:
    code, out, err = sprue("add", "nobody", "unsure")

    assert (code, out) == (1, "")
    assert "no verdict of event or shot 'nobody'" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add",), "expected SHOT JUDGEMENT"),
        (("add", "s0"), "got no JUDGEMENT"),
        (("add", "s0", "maybe"), "maybe"),
        (("add", "s0", "confirm", "--facility", "A"), "takes no --facility"),
        (("add", "s0", "confirm", "--reason", "x" * 501), "at most 500"),
        (("list", "s0"), "takes no SHOT"),
        (("list", "--who", "kim"), "takes no --who"),
        (("list", "--from", "yesterday"), "expected a time"),
        (("counts", "--limit", "3"), "takes no --limit"),
        (("counts", "--newest"), "takes no --newest"),
    ],
)
def test_a_word_that_would_be_ignored_is_refused(sprue: Any, words: tuple[str, ...], said: str) -> None:
    code, _, err = sprue(*words)

    assert code == 2
    assert said in " ".join(err.split())


def test_a_press_that_no_group_has_is_said(store_url: str, sprue: Any, trained: Any, tmp_path: Path) -> None:
    rows = (Coverage(GroupKey("A", "A-02", "lid", 0), 288, 3, 288, 0, 0, 1, "too_few", None, "288 shots"),)
    Registry(tmp_path / "registry").save(replace(trained, coverage=rows), now=NOW)

    for action in ("list", "counts"):
        said = "no feedback: no group has facility X99; there are: A-02\n"
        assert sprue(action, "--facility", "X99")[:2] == (0, said)
        assert sprue(action, "--facility", "A-02")[:2] == (0, "no feedback\n")
