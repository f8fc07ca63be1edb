from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.batch import NO_TIME
from core.stream import DeadLetter, Position, Work
from core.verdict import VERDICT_FIELDS, Verdicts
from inference.store.reader import VerdictFilter, VerdictReader
from inference.store.sink import VerdictStore

MakeVerdicts = Callable[..., Verdicts]
MakeWork = Callable[..., Work]

_DEFAULTS: dict[str, Any] = {
    "shot_id": "shot",
    "maker": "A",
    "facility": "A-01",
    "item": "cap",
    "lot": "A-01|cap|2026-11-20",
    "cluster": 1,
    "route": "trained",
    "model_version": "v1",
    "shot_time": 1_790_000_000_000,
    "anomaly_score": 0.1,
    "base": 0.2,
    "outcome": "OK",
    "reasons": [],
    "filled": {},
    "flags": [],
}


@pytest.fixture(scope="session")
def make_verdicts() -> MakeVerdicts:
    """Verdicts from partial rows; what a row does not name is ordinary."""

    def make(rows: Sequence[dict[str, Any]]) -> Verdicts:
        columns: dict[str, Any] = {}
        for field in VERDICT_FIELDS:
            values = [row.get(field.name, _DEFAULTS.get(field.name)) for row in rows]
            if field.kind == "number":
                columns[field.name] = np.array([np.nan if v is None else v for v in values], dtype=np.float64)
            elif field.kind == "integer":
                columns[field.name] = np.array([-1 if v is None else v for v in values], dtype=np.int64)
            elif field.kind == "time":
                columns[field.name] = np.array([NO_TIME if v is None else v for v in values], dtype=np.int64)
            else:
                columns[field.name] = values
        return Verdicts(columns)

    return make


@pytest.fixture(scope="session")
def make_work(make_verdicts: MakeVerdicts) -> MakeWork:
    """Work for one batch; `rows` are partial verdict rows with their token under ``token``."""

    def make(
        rows: Sequence[dict[str, Any]] = (),
        *,
        at: tuple[int, int] = (1, 1),
        dead: Sequence[DeadLetter] = (),
        memory: dict[str, str] | None = None,
        kind: str = "event",
        source: str = "plant.shots",
    ) -> Work:
        return Work(
            position=Position(f'{{"_data": "{at}"}}', at, kind, source),
            tokens=[row["token"] for row in rows],
            verdicts=make_verdicts(rows) if rows else None,
            dead_letters=dead,
            memory=memory or {},
        )

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty store of each kind: the same tests run on both."""
    if request.param == "sqlite":
        return f"sqlite:///{(tmp_path / 'verdicts.sqlite').as_posix()}"
    url: str = request.getfixturevalue("fresh_postgres_url")
    return url


@pytest.fixture
def sqlite_file(tmp_path: Path) -> Path:
    return tmp_path / "verdicts.sqlite"


@pytest.fixture
def open_store() -> Iterator[Callable[[str], VerdictStore]]:
    """Opens a store at a URL; all are closed afterwards."""
    made: list[VerdictStore] = []

    def make(url: str) -> VerdictStore:
        made.append(VerdictStore(url))
        return made[-1]

    yield make
    for store in made:
        store.close()


@pytest.fixture
def tokens_in() -> Callable[[str], list[str]]:
    """Event tokens of the verdicts in the store of a URL, newest first."""

    def read(url: str) -> list[str]:
        reader = VerdictReader(url)
        try:
            return [row["event_token"] for row in reader.verdicts(VerdictFilter(), 100)[0]]
        finally:
            reader.close()

    return read
