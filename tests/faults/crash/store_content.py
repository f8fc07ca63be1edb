"""What a verdict store holds, read with plain SQL and none of the product's code."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2


@dataclass(frozen=True)
class StoreContent:
    """A verdict store at one moment.

    Attributes
    ----------
    verdicts : list of (str, str, str, float or None)
        Shot, outcome, route and anomaly score, in the order of writing.
    dead : list of (str, str)
        Record and reason.
    faults : list of str
        What the database's own check found; empty when all is well.
    """

    verdicts: list[tuple[str, str, str, float | None]]
    dead: list[tuple[str, str]]
    faults: list[str]

    @property
    def answers(self) -> int:
        """Verdicts and dead letters."""
        return len(self.verdicts) + len(self.dead)


_VERDICTS = "SELECT shot_id, outcome, route, anomaly_score FROM verdict ORDER BY seq"
_COUNT = "SELECT (SELECT count(*) FROM verdict) + (SELECT count(*) FROM dead_letter)"
_DEAD = "SELECT record_id, reason FROM dead_letter ORDER BY seq"


def read_sqlite(database: Path) -> StoreContent:
    """Read a SQLite store; also while the service runs."""
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as store:
        check = [str(row[0]) for row in store.execute("PRAGMA integrity_check")]
        return StoreContent(
            store.execute(_VERDICTS).fetchall(),
            store.execute(_DEAD).fetchall(),
            [line for line in check if line != "ok"],
        )


def read_postgres(url: str) -> StoreContent:
    """Read a PostgreSQL store."""
    with closing(psycopg2.connect(url)) as store, store.cursor() as cursor:

        def rows(statement: str) -> list[Any]:
            cursor.execute(statement)
            return cursor.fetchall()

        return StoreContent(rows(_VERDICTS), rows(_DEAD), [])


def read_store(url: str) -> StoreContent:
    """Read the store at this SQLAlchemy URL."""
    if url.startswith("sqlite:///"):
        return read_sqlite(Path(url.removeprefix("sqlite:///")))
    return read_postgres(url)


def count_answers(url: str) -> int:
    """Verdicts and dead letters in the store at this SQLAlchemy URL, without looking at them."""
    if url.startswith("sqlite:///"):
        return int(rows_of(url, _COUNT)[0][0])
    with closing(psycopg2.connect(url)) as store, store.cursor() as cursor:
        cursor.execute(_COUNT)
        return int(cursor.fetchall()[0][0])


def rows_of(url: str, statement: str) -> list[tuple[Any, ...]]:
    """What one SELECT on a SQLite store gives."""
    database = Path(url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as store:
        return store.execute(statement).fetchall()
