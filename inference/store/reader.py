"""What the API reads from the verdict store; it cannot write and never blocks the writer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal_column, select

from core.verdict import VERDICT_FIELDS
from inference.store.answers import LotCount
from inference.store.answers import TrendPoint as TrendPoint  # part of what it gives
from inference.store.beside import BesideReader
from inference.store.choices import ChoiceReader
from inference.store.feedback import FeedbackReader
from inference.store.live_reader import LiveReader
from inference.store.log_reader import LogReader
from inference.store.reading import page
from inference.store.rows import safe_key
from inference.store.scored_rows import ScoredRows
from inference.store.tables import position, verdict
from inference.store.verdict_filter import VerdictFilter as VerdictFilter  # part of what it takes

Verdict = dict[str, Any]
"""A verdict by column name: ``seq``, ``event_token``, ``judged_at`` and `VERDICT_FIELDS`;
times in ms since 1970 UTC, JSON columns as Python values."""

LOT_WINDOW = 100_000
"""Verdicts among which `VerdictReader.lots` looks for lots: bounds its cost in a store of years."""

_FOR_COMPARING = ("record_id", "content", "origin")
_SHOWN = [c for c in verdict.columns if c.name not in _FOR_COMPARING]
_COLUMNS = [c.name for c in _SHOWN]
_JSON = [f.name for f in VERDICT_FIELDS if f.kind == "json"]
_EMPTY: dict[str, type] = {"[]": list, "{}": dict}


def _presses() -> Select[tuple[str]]:
    """Every facility by name, one index step for each instead of the whole scan of a GROUP BY."""
    first = select(func.min(verdict.c.facility).label("facility")).cte("presses", recursive=True)
    following = (
        select(func.min(verdict.c.facility))
        .where(verdict.c.facility > first.c.facility)
        .correlate(first)
        .scalar_subquery()
    )
    presses = first.union_all(select(following).where(first.c.facility.is_not(None)))
    return select(presses.c.facility).where(presses.c.facility.is_not(None))


# Made once: putting it together costs more than running it.
_PRESSES = _presses()


class VerdictReader(LogReader, FeedbackReader, ChoiceReader, BesideReader, LiveReader, ScoredRows):
    """Reads the store that `inference.store.sink.VerdictStore` writes. Safe in many threads."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        marker = "?" if self._engine.dialect.paramstyle == "qmark" else "%s"
        self._latest = (
            f"SELECT {', '.join(_COLUMNS)} FROM {verdict.name} "  # noqa: S608  # our own names
            f"WHERE facility = {marker} ORDER BY seq DESC LIMIT 1"
        )

    def latest(self, facility: str | None = None) -> list[Verdict]:
        """The last verdict of every facility (or of this one), by facility name.

        Walks the index from facility to facility, so it costs the same at any store size.
        """
        if facility is not None:
            names: list[Any] = [safe_key(facility)]
        else:
            with self._reading() as connection:
                names = list(connection.scalars(_PRESSES))
        # Asked for most often, so by the driver itself: most of the time is SQLAlchemy's otherwise.
        latest = []
        with self._telling():
            raw = self._engine.raw_connection()
            try:
                cursor = raw.cursor()
                for name in names:
                    cursor.execute(self._latest, (name,))
                    latest.append(cursor.fetchone())
                cursor.close()
            finally:
                raw.close()
        return [_verdict(row) for row in latest if row is not None]

    def verdicts(
        self, wanted: VerdictFilter, limit: int, before: int | None = None
    ) -> tuple[list[Verdict], int | None]:
        """One page, newest first, and the `before` of the next page (None: this was the last).

        Parameters
        ----------
        wanted : VerdictFilter
        limit : int
            Most rows of the page.
        before : int, optional
            Only rows written before this ``seq``; what arrives meanwhile moves no page.
        """
        conditions = wanted.conditions()
        if before is not None:
            conditions.append(verdict.c.seq < before)
        query = select(*_SHOWN).where(*conditions).order_by(verdict.c.seq.desc()).limit(limit + 1)
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return page([_verdict(row) for row in rows], limit)

    def trend(self, facility: str, shots: int) -> list[TrendPoint]:
        """The last shots of one facility, oldest first."""
        names = ("outcome", "anomaly_score", "base", "tolerance", "route")
        changed_over, warming_up = (
            verdict.c.flags.contains(f'"{flag}"') for flag in ("change_over", "warm_up")
        )
        query = (
            select(changed_over, *(verdict.c[name] for name in names), warming_up, verdict.c.shot_time)
            .where(verdict.c.facility == safe_key(facility))
            .order_by(verdict.c.seq.desc())
            .limit(shots)
        )
        with self._reading() as connection:
            return [TrendPoint(*row) for row in reversed(connection.execute(query).all())]

    def verdict(self, identifier: str) -> Verdict | None:
        """The verdict of this event token, else the last one of this shot."""
        name = safe_key(identifier)
        with self._reading() as connection:
            by_token = select(*_SHOWN).where(verdict.c.event_token == name)
            by_shot = select(*_SHOWN).where(verdict.c.shot_id == name)
            row = connection.execute(by_token).one_or_none()
            if row is None:
                row = connection.execute(by_shot.order_by(verdict.c.seq.desc()).limit(1)).one_or_none()
        return None if row is None else _verdict(row)

    def counts(self, wanted: VerdictFilter | None = None) -> dict[tuple[str, str], int]:
        """How many verdicts there are by ``(outcome, route)``; reads every row that is wanted."""
        conditions = wanted.conditions() if wanted else []
        query = (
            select(verdict.c.outcome, verdict.c.route, func.count())
            .where(*conditions)
            .group_by(verdict.c.outcome, verdict.c.route)
        )
        with self._reading() as connection:
            return {(outcome, route): n for outcome, route, n in connection.execute(query)}

    def lots(self, wanted: VerdictFilter, limit: int) -> list[LotCount]:
        """Lots of the last `LOT_WINDOW` verdicts that meet `wanted`, the last judged first.

        Which lots is looked up in that window; each is then counted whole.
        """
        newest = select(func.max(verdict.c.seq)).scalar_subquery()
        recent = (
            select(verdict.c.lot)
            .where(verdict.c.lot.is_not(None), verdict.c.seq > newest - LOT_WINDOW, *wanted.conditions())
            .group_by(verdict.c.lot)
            .order_by(func.max(verdict.c.seq).desc())
            .limit(limit)
        )

        def outcome(name: str) -> ColumnElement[int]:
            return func.sum(case((verdict.c.outcome == name, 1), else_=0))

        with self._reading() as connection:
            names = connection.scalars(recent).all()
            counted = (
                select(
                    verdict.c.lot,
                    func.min(verdict.c.facility),
                    func.min(verdict.c.item),
                    func.count(),
                    outcome("WARN"),
                    outcome("NG"),
                    func.min(verdict.c.shot_time),
                    func.max(verdict.c.shot_time),
                )
                .where(verdict.c.lot.in_(names))
                .group_by(verdict.c.lot)
            )
            found = {row[0]: LotCount(*row) for row in connection.execute(counted)}
        return [found[name] for name in names if name in found]

    def position_age(self, now: int) -> float | None:
        """Seconds since the stream position was last written, None when never; `now` in ms UTC."""
        with self._reading() as connection:
            updated = connection.scalar(select(position.c.updated))
        return None if updated is None else (now - updated) / 1000

    def ping(self) -> None:
        """Raise `StoreUnavailable` unless the verdicts can be read now."""
        with self._reading() as connection:
            connection.execute(select(literal_column("1")).select_from(verdict).limit(1)).all()


def _verdict(row: Sequence[Any]) -> Verdict:
    found = dict(zip(_COLUMNS, row, strict=True))
    for name in _JSON:
        text = found[name]
        found[name] = _EMPTY[text]() if text in _EMPTY else json.loads(text)
    return found
