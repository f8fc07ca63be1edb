"""An installation in a folder of its own, and ways to break it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.stream import DeadLetter, Position, Work
from inference.store.sink import VerdictStore
from scripts.diagnosis.finding import Finding
from scripts.diagnosis.installation import Installation
from tests.scripts import plant_of_one

NOW_MS = 1_795_176_000_000
Install = Callable[..., Installation]
Pick = Callable[[Iterable[Finding], str], Finding]


@pytest.fixture(autouse=True)
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The present folder; no setting of whoever runs the tests counts."""
    for name in [name for name in os.environ if name.startswith("SPRUE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Install:
    """``install(mongo_url=..., ...)``: an installation with these settings; ``now`` is its clock."""

    def make(now: float | None = None, **settings: object) -> Installation:
        for name, value in settings.items():
            monkeypatch.setenv(f"SPRUE_{name.upper()}", str(value))
        return Installation() if now is None else Installation(now=lambda: now)

    return make


@pytest.fixture
def pick() -> Pick:
    """The one finding about a subject."""

    def pick(findings: Iterable[Finding], subject: str) -> Finding:
        all_found = list(findings)
        (found,) = [f for f in all_found if f.subject == subject] or pytest.fail(f"{subject}: {all_found}")
        return found

    return pick


@pytest.fixture(scope="session")
def shot() -> Callable[[int], dict[str, Any]]:
    """A document as the profile wants it."""
    return plant_of_one.shot


def _work(dead: int) -> Work:
    letters = [DeadLetter(f"t{i}", f"shot-{i}", "not_a_number", "x: got 'a'", b"") for i in range(dead)]
    return Work(Position('{"_data": "82"}', (1000, 1), "event", "rs0:1/plant.shots"), dead_letters=letters)


@pytest.fixture
def fill() -> Iterator[Callable[..., VerdictStore]]:
    """``fill(url, dead=0)``: a store written to and still open."""
    opened: list[VerdictStore] = []

    def fill(url: str, dead: int = 0) -> VerdictStore:
        opened.append(VerdictStore(url, clock=lambda: NOW_MS))
        opened[-1].write(_work(dead))
        return opened[-1]

    yield fill
    for one in opened:
        one.close()
