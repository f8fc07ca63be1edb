"""Which verdicts a reader asks for."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement

from inference.store.rows import safe_key
from inference.store.tables import verdict


@dataclass(frozen=True, slots=True)
class VerdictFilter:
    """Which verdicts: those that meet everything given. `start` <= shot time < `end`, in ms UTC."""

    start: int | None = None
    end: int | None = None
    maker: str | None = None
    facility: str | None = None
    item: str | None = None
    outcome: str | None = None
    route: str | None = None
    lot: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The same as SQL conditions."""
        found: list[ColumnElement[bool]] = []
        if self.start is not None:
            found.append(verdict.c.shot_time >= self.start)
        if self.end is not None:
            found.append(verdict.c.shot_time < self.end)
        for name in ("maker", "facility", "item", "outcome", "route", "lot"):
            value = getattr(self, name)
            if value is not None:
                found.append(verdict.c[name] == safe_key(value))
        return found
