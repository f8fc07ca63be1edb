"""How fast the verdict store grows: from what it holds, or guessed while that is little."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from core.errors import SprueError
from inference.store.engine import parse_url, sqlite_path
from inference.store.tables import verdict
from scripts.diagnosis.finding import NotExamined
from scripts.diagnosis.installation import Installation
from scripts.diagnosis.reading import reading

GUESSED_BYTES, GUESSED_A_DAY = 1_500, 100_000
_ENOUGH_VERDICTS, _ENOUGH_DAYS = 1000, 1 / 24
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Growth:
    """Bytes a day, and where the figure comes from."""

    bytes_a_day: float
    said: str


def growth(installation: Installation) -> Growth | None:
    """Of the SQLite store in this installation; None where there is none or it cannot be read."""
    try:
        url = parse_url(installation.config.resolved_store_url)
        path = sqlite_path(url)
        if path is None or not path.is_file():
            return None
        with reading(url) as connection:
            count = connection.scalar(select(func.max(verdict.c.seq))) or 0
            ends = [
                connection.scalar(select(verdict.c.judged_at).order_by(order).limit(1)) or 0
                for order in (verdict.c.seq, verdict.c.seq.desc())
            ]
    except (NotExamined, SprueError, SQLAlchemyError):  # the store's own area says why
        return None
    return estimate(count, path.stat().st_size, (ends[1] - ends[0]) / _DAY_MS)


def estimate(verdicts: int, size: int, days: float) -> Growth:
    """Growth of a store of so many bytes that took so many days.

    >>> estimate(2_000_000, 2_000_000_000, 10.0).bytes_a_day
    200000000.0
    """
    if verdicts < _ENOUGH_VERDICTS or days < _ENOUGH_DAYS:
        return Growth(GUESSED_BYTES * GUESSED_A_DAY, f"a guessed {GUESSED_A_DAY:,} a day")
    return Growth(size / days, f"the store's own {verdicts / days:,.0f} a day")
