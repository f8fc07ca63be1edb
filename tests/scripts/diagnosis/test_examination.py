"""Every area in one go: in order, without traceback, without secrets."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.diagnosis import examination
from scripts.diagnosis.examination import AREAS, attempt, examine
from scripts.diagnosis.finding import Finding, NotExamined, ok

Install = Callable[..., Any]
ROOT = Path(__file__).resolve().parents[3]
SECRET = "canary-s3cret/with@signs"
QUOTED = "canary-s3cret%2Fwith%40signs"


def test_areas_come_in_their_order_and_each_is_announced(install: Install) -> None:
    entered: list[str] = []

    found = list(examine(install(mongo_url="mongodb://127.0.0.1:1/"), entered.append))

    assert entered == list(AREAS)
    assert list(dict.fromkeys(f.area for f in found)) == list(AREAS)


def test_a_check_that_breaks_is_a_finding_and_keeps_what_it_found() -> None:
    def breaks() -> Iterator[Finding]:
        yield ok("first", "fine")
        raise ZeroDivisionError("division by zero\nand more")

    first, second = attempt("second", breaks)

    assert first.level == "ok"
    assert (second.level, second.found) == ("problem", "ZeroDivisionError: division by zero")


def test_a_check_with_nothing_to_look_at_is_a_note() -> None:
    def nothing() -> Iterator[Finding]:
        raise NotExamined("nothing there")

    (found,) = attempt("x", nothing)

    assert (found.level, found.found) == ("note", "not looked at: nothing there")


def test_an_area_that_cannot_be_imported_is_a_finding(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examination, "AREAS", {"Gone": "no_such_module", "Clock": "clock"})

    found = list(examine(install(), lambda _: None))

    assert found[0].level == "problem"
    assert "no_such_module" in found[0].found
    assert {f.area for f in found[1:]} == {"Clock"}


def test_broken_settings_are_said_once_and_the_rest_is_not_looked_at(install: Install) -> None:
    found = list(examine(install(port="x", mongo_url=f"mongodb://judge:{QUOTED}@h/"), lambda _: None))

    assert [f.area for f in found if f.level == "problem"] == ["Configuration"]
    silent = {f.area for f in found if f.found.startswith("not looked at")}
    assert {"Port", "Disk", "Model", "Verdict store", "MongoDB", "History"} <= silent


@pytest.mark.parametrize("password", [SECRET, QUOTED, "canary-s3cret"], ids=["as typed", "quoted", "plain"])
def test_no_secret_is_ever_shown(
    install: Install, mongo_url: str, fresh_postgres_url: str, tmp_path: Path, password: str
) -> None:
    (tmp_path / ".env").write_text(
        f"SPRUE_API_KEY={password}-key\nSPRUE_MONGO_PASWORD={password}\n", encoding="utf-8"
    )
    somebody = f"judge:{password}@"
    installation = install(
        mongo_url=mongo_url.replace("mongodb://", f"mongodb://{somebody}"),
        history_url=fresh_postgres_url.replace("postgres@", somebody),
        store_url=fresh_postgres_url.replace("postgres@", somebody),
    )

    found = list(examine(installation, lambda _: None))

    assert any(f.level == "problem" for f in found)
    assert "canary-s3cret" not in repr(found)


def test_a_secret_in_somebody_elses_words_is_hidden(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(_installation: object) -> Iterator[Finding]:
        yield ok("driver", "cannot use canary-of-mine or postgresql://u:unknown-one@h/")
        raise RuntimeError("canary-of-mine")

    monkeypatch.setattr("scripts.diagnosis.clock.examine", told)
    monkeypatch.setattr(examination, "AREAS", {"Clock": "clock"})

    found = list(examine(install(history_url="postgresql://judge:canary-of-mine@h/plant"), lambda _: None))

    assert len(found) == 2
    assert "canary" not in repr(found)
    assert "unknown-one" not in repr(found)


def test_looking_needs_only_what_serving_needs() -> None:
    program = (
        "import importlib, sys; from scripts.diagnosis.examination import AREAS;"
        "[importlib.import_module(f'scripts.diagnosis.{name}') for name in AREAS.values()];"
        "print({'tensorflow', 'keras', 'sklearn', 'scipy', 'pandera', 'psutil', 'httpx'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)

    assert done.stdout.strip() == "set()", done.stderr
