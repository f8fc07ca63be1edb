"""An installation in a folder of its own, and ways to break it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.profile import GroupKey
from core.profile_file import load_profile
from core.stream import DeadLetter, Position, Work
from inference.store.sink import VerdictStore
from models.artifact import QUANTILES, GroupModel, LossSummary, SettingSpace, TrainedPlant
from scripts.diagnosis.finding import Finding
from scripts.diagnosis.installation import Installation

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
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
def trained() -> TrainedPlant:
    """One group whose autoencoder answers 0.5 to everything."""
    profile = load_profile("injection_molding")
    s, p = len(profile.settings), len(profile.production)
    losses = LossSummary(900, 0.1, 0.02, 0.0, 0.3, np.full(len(QUANTILES), 0.1), 0.2)
    weights = {
        "w0": np.zeros((p, 1), np.float32),
        "b0": np.zeros(1, np.float32),
        "w1": np.zeros((1, p), np.float32),
        "b1": np.full(p, 0.5, np.float32),
    }
    one = np.ones(p)
    model = GroupModel(
        GroupKey("A", "A-01", "cap", 0), "autoencoder", weights, 0 * one, one, 0 * one, one / 2, one,
        losses, 0.2, np.zeros(s), 6000, 12, 0.004, (0, 1),
    )  # fmt: skip
    space = SettingSpace(
        "A", np.zeros(s), np.ones(s), np.zeros((1, s)), np.ones(1), np.zeros((1, s)), np.zeros(1, np.int64)
    )
    names = tuple(v.name for v in profile.settings), tuple(v.name for v in profile.production)
    return TrainedPlant(profile.name, profile.sha256, *names, (space,), (model,), (), (), {})


@pytest.fixture(scope="session")
def shot() -> Callable[[int], dict[str, Any]]:
    """A document as the profile wants it."""

    def shot(number: int) -> dict[str, Any]:
        profile = load_profile("injection_molding")
        return {
            "_id": f"shot-{number}",
            "time": NOW,
            "maker": "A",
            "facility": "A-01",
            "item": "cap",
            "lot": {"good": number, "bad": 0},
            "set": {v.path[1]: 0.0 for v in profile.settings},
            "actual": {v.path[1]: 0.5 for v in profile.production},
        }

    return shot


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
