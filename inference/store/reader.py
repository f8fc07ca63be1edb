"""What the API reads from the verdict store; it cannot write and never blocks the writer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, func, literal_column, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from core.errors import StoreUnavailable
from core.verdict import VERDICT_FIELDS
from inference.store.answers import LotCount
from inference.store.answers import TrendPoint as TrendPoint  # part of what it gives
from inference.store.engine import parse_url, place, reader_engine, sqlite_path, why
from inference.store.rows import safe_key
from inference.store.tables import dead_letter, position, verdict
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
_DEAD_COLUMNS = [c for c in dead_letter.columns if c.name not in ("raw", "content", "after_verdict")]


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


class VerdictReader:
    """Reads the store that `inference.store.sink.VerdictStore` writes. Safe in many threads."""

    def __init__(self, url: str) -> None:
        parsed = parse_url(url)
        self._where = place(parsed)
        self._path = sqlite_path(parsed)
        self._engine = reader_engine(parsed)
        self._file: tuple[int, int] | None = None
        marker = "?" if self._engine.dialect.paramstyle == "qmark" else "%s"
        self._latest = (
            f"SELECT {', '.join(_COLUMNS)} FROM {verdict.name} "  # noqa: S608  # our own names
            f"WHERE facility = {marker} ORDER BY seq DESC LIMIT 1"
        )

    @property
    def local(self) -> bool:
        """Whether the store is a file of this machine: reading a row waits for nobody."""
        return self._path is not None

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
        return _page([_verdict(row) for row in rows], limit)

    def trend(self, facility: str, shots: int) -> list[TrendPoint]:
        """The last shots of one facility, oldest first."""
        names = ("outcome", "anomaly_score", "base", "tolerance", "route")
        changed_over = verdict.c.flags.contains('"change_over"')
        query = (
            select(changed_over, *(verdict.c[name] for name in names))
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

    def dead_letters(
        self, limit: int, before: int | None = None, reason: str | None = None, state: str | None = None
    ) -> tuple[list[dict[str, Any]], int | None]:
        """One page of records without a verdict, newest first, and the next page's `before`."""
        query = select(*_DEAD_COLUMNS).order_by(dead_letter.c.seq.desc()).limit(limit + 1)
        if before is not None:
            query = query.where(dead_letter.c.seq < before)
        if reason is not None:
            query = query.where(dead_letter.c.reason == safe_key(reason))
        if state is not None:
            query = query.where(dead_letter.c.state == state)
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return _page([dict(row._mapping) for row in rows], limit)

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

    def dead_letter_count(self) -> int:
        """How many records got no verdict and are still open."""
        query = select(func.count()).select_from(dead_letter).where(dead_letter.c.state == "open")
        with self._reading() as connection:
            return connection.scalar(query) or 0

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

    def close(self) -> None:
        """Let go of all connections. Safe to call twice."""
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._telling(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Say in the operator's words why the store cannot be read."""
        self._check_file()
        try:
            yield
        except DBAPIError as error:
            raise StoreUnavailable(why(error.orig, self._where)) from error
        except self._engine.dialect.loaded_dbapi.Error as error:
            raise StoreUnavailable(why(error, self._where)) from error
        except (SQLAlchemyError, OSError) as error:
            raise StoreUnavailable(f"{self._where}: {error}") from error

    def _check_file(self) -> None:
        """Connections to a file that is gone or was exchanged are of no use any more."""
        if self._path is None:
            return
        try:
            status = self._path.stat()
        except OSError:
            self._engine.dispose()
            msg = (
                f"{self._where}: there are no verdicts yet; the service makes this file when it first writes"
            )
            raise StoreUnavailable(msg) from None
        if self._file != (status.st_dev, status.st_ino):
            self._engine.dispose()
            self._file = (status.st_dev, status.st_ino)


def _verdict(row: Sequence[Any]) -> Verdict:
    found = dict(zip(_COLUMNS, row, strict=True))
    for name in _JSON:
        text = found[name]
        found[name] = _EMPTY[text]() if text in _EMPTY else json.loads(text)
    return found


def _page(rows: Sequence[dict[str, Any]], limit: int) -> tuple[list[dict[str, Any]], int | None]:
    page = list(rows[:limit])
    return page, page[-1]["seq"] if len(rows) > limit else None
