"""Which positions may follow the one that is stored."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from core.errors import ConfigError, StoreUnavailable
from core.stream import Position
from inference.store.statements import stored_position


def allowed(connection: Connection, to: Position, where: str) -> Position:
    """`to` as it is written; only a start or a reposition may lead back or to another source.

    Parameters
    ----------
    connection : Connection
    to : Position
    where : str
        Name of the store in messages.

    Raises
    ------
    StoreUnavailable
        It leads back.
    ConfigError
        It leads to another source.
    """
    stored = stored_position(connection)
    if stored is None or to.kind in ("start", "reposition"):
        return to
    before, reached = stored.cluster_time, to.cluster_time
    if reached == (0, 0):  # unknown to the source: what was reached stays reached
        reached = before
    if reached < before:
        msg = f"{where}: the position would go back from {before} to {reached}; nothing written"
        raise StoreUnavailable(msg)
    if stored.source_id and to.source_id and stored.source_id != to.source_id:
        msg = (
            f"{where} holds verdicts of {stored.source_id!r}, got records of "
            f"{to.source_id!r}; check SPRUE_MONGO_URL or give this source a store of its own "
            f"(SPRUE_STORE_URL)"
        )
        raise ConfigError(msg)
    return replace(to, cluster_time=reached)
