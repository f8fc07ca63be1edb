"""The last lots of every model, from which drift is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, select

from core.beside import DriftLot
from inference.store.reading import StoreReading
from inference.store.tables import drift
from inference.store.upsert import upserting

KEPT = 8
"""Lots kept of each model."""
MOST_VERSIONS = 5
"""Versions whose lots are kept, the newest by name."""
_COLUMNS = [
    drift.c[name] for name in ("version", "model", "day", "shots", "flagged", "substituted", "measured")
]


def keep_lots(connection: Connection, lots: Sequence[DriftLot], now: int) -> None:
    """Put these lots in the place of what was known of them, and drop what is too old to be looked at.

    Parameters
    ----------
    connection : Connection
        In a transaction of the writer.
    lots : sequence of DriftLot
    now : int
        ms since 1970 UTC.
    """
    if not lots:
        return
    statement = upserting(connection, drift)
    changing = {
        name: statement.excluded[name] for name in ("shots", "flagged", "substituted", "measured", "updated")
    }
    names = [column.name for column in _COLUMNS]
    rows = [dict(zip(names, lot, strict=True)) | {"updated": now} for lot in lots]
    versions = {lot.version for lot in lots}
    new = {version for version in versions if not _holds(connection, version)}
    connection.execute(
        statement.on_conflict_do_update(index_elements=list(drift.primary_key.columns), set_=changing), rows
    )
    for version in versions:
        _drop_old(connection, version)
    if new:
        kept = select(drift.c.version).distinct().order_by(drift.c.version.desc()).limit(MOST_VERSIONS)
        names_kept = connection.scalars(kept).all()
        connection.execute(delete(drift).where(drift.c.version.not_in(names_kept)))


def open_lots(connection: Connection, version: str) -> list[DriftLot]:
    """The newest lot of each model of a version."""
    newest = (
        select(drift.c.model, func.max(drift.c.day).label("day"))
        .where(drift.c.version == version)
        .group_by(drift.c.model)
        .subquery()
    )
    same = (drift.c.model == newest.c.model) & (drift.c.day == newest.c.day)
    query = select(*_COLUMNS).join(newest, same).where(drift.c.version == version)
    return [_lot(row) for row in connection.execute(query)]


class DriftReader(StoreReading):
    """Reads the last lots of every model."""

    def drift_lots(self, version: str) -> list[DriftLot]:
        """Of a version, by model and day."""
        query = select(*_COLUMNS).where(drift.c.version == version).order_by(drift.c.model, drift.c.day)
        with self._reading() as connection:
            return [_lot(row) for row in connection.execute(query)]


def _holds(connection: Connection, version: str) -> bool:
    return connection.scalar(select(drift.c.model).where(drift.c.version == version).limit(1)) is not None


def _drop_old(connection: Connection, version: str) -> None:
    """Drop what is older than the last lots of each model; almost always there is none."""
    mine = drift.c.version == version
    many = select(drift.c.model).where(mine).group_by(drift.c.model).having(func.count() > KEPT)
    for model in connection.scalars(many).all():
        of_model = mine & (drift.c.model == model)
        oldest = select(drift.c.day).where(of_model).order_by(drift.c.day.desc()).offset(KEPT).limit(1)
        connection.execute(delete(drift).where(of_model, drift.c.day <= oldest.scalar_subquery()))


def _lot(row: Any) -> DriftLot:
    return DriftLot._make((*row[:-1], bytes(row[-1])))
