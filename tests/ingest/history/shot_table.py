"""The history table of one test, and the shots in it."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import psycopg2
from psycopg2 import sql

from core.profile_file import load_profile

PROFILE = load_profile("injection_molding")
VARIABLES = [v.name for v in (*PROFILE.settings, *PROFILE.production)]
TYPES = {
    "id": "text",
    "time": "timestamptz",
    "maker": "text",
    "facility": "text",
    "item": "text",
    "lot_good": "bigint",
    "lot_bad": "numeric",
}
START = datetime(2026, 1, 1, tzinfo=UTC)
ROWS = 13


def rows_of(n: int = ROWS) -> pd.DataFrame:
    """Shots of which always three share one time stamp, identifiers in no useful order."""
    return pd.DataFrame(
        {
            "id": [f"{'zyx'[i % 3]}{i:03}" for i in range(n)],
            "time": [START + timedelta(seconds=i // 3, microseconds=7) for i in range(n)],
            "maker": np.where(np.arange(n) % 2, "A", "B"),
            "facility": "F",
            "item": "007",
            "lot_good": np.arange(n),
            "lot_bad": 0,
            **{name: np.linspace(1.0, 2.0, n) + k / 10 for k, name in enumerate(VARIABLES)},
        }
    )


class Table:
    """The history table of one test."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.connection = psycopg2.connect(url)
        self.connection.autocommit = True

    def run(self, statement: str | sql.Composed, *parameters: Any) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(statement, parameters or None)

    def make(self, frame: pd.DataFrame, **types: str) -> None:
        declared = sql.SQL(", ").join(
            sql.SQL("{} " + {**TYPES, **types}.get(c, "double precision")).format(sql.Identifier(c))
            for c in frame.columns
        )
        self.run(sql.SQL("CREATE TABLE shot_history ({})").format(declared))
        self.add(frame)

    def add(self, frame: pd.DataFrame) -> None:
        buffer = io.StringIO(frame.to_csv(index=False, header=False))
        with self.connection.cursor() as cursor:
            cursor.copy_expert("COPY shot_history FROM STDIN (FORMAT csv)", buffer)
