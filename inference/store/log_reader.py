"""What is read beside verdicts: dead letters, gaps, the state log, the audit; newest first in pages."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table, func, select

from inference.store.audit import verify_audit
from inference.store.reading import StoreReading, page
from inference.store.rows import safe_key
from inference.store.tables import audit, dead_letter, gap, state_log

Page = tuple[list[dict[str, Any]], int | None]
"""Rows by column name, times in ms since 1970 UTC, and the `before` of the next page."""

_DEAD_COLUMNS = [c for c in dead_letter.columns if c.name not in ("raw", "content", "after_verdict")]


class LogReader(StoreReading):
    """Reads what went wrong and what was done about it."""

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
        return page([dict(row._mapping) for row in rows], limit)

    def dead_letter(self, seq: int) -> dict[str, Any] | None:
        """One record without a verdict, with what was kept of it under ``raw``."""
        query = select(*_DEAD_COLUMNS, dead_letter.c.raw).where(dead_letter.c.seq == seq)
        with self._reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else dict(row._mapping) | {"raw": bytes(row.raw)}

    def dead_letter_count(self) -> int:
        """How many records got no verdict and are still open."""
        query = select(func.count()).select_from(dead_letter).where(dead_letter.c.state == "open")
        with self._reading() as connection:
            return connection.scalar(query) or 0

    def gaps(self, limit: int, before: int | None = None) -> Page:
        """One page of gaps; ``closed_at`` is None while one is being reconciled."""
        return self._newest(gap, "id", limit, before)

    def state_log(self, limit: int, before: int | None = None) -> Page:
        """One page of the states that the consumer entered."""
        return self._newest(state_log, "seq", limit, before)

    def audit(self, limit: int, before: int | None = None) -> Page:
        """One page of what people did."""
        return self._newest(audit, "seq", limit, before)

    def verify_audit(self) -> int:
        """How many rows the audit has; raises where they are not as they were written."""
        with self._reading() as connection:
            return verify_audit(connection)

    def _newest(self, table: Table, key: str, limit: int, before: int | None) -> Page:
        query = select(table).order_by(table.c[key].desc()).limit(limit + 1)
        if before is not None:
            query = query.where(table.c[key] < before)
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return page([dict(row._mapping) for row in rows], limit, key)
