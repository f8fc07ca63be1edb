"""What was counted beside the verdicts, in their transaction."""

from __future__ import annotations

from sqlalchemy import Connection

from core.beside import Beside
from inference.store.drift_lots import DriftReader, keep_lots
from inference.store.shadow import ShadowReader, add_account


def keep_beside(connection: Connection, beside: Beside | None, now: int) -> None:
    """Write it, in a transaction of the writer; `now` in ms since 1970 UTC."""
    if beside is None:
        return
    keep_lots(connection, beside.drift, now)
    if beside.shadow is not None:
        add_account(connection, beside.shadow, now)


class BesideReader(ShadowReader, DriftReader):
    """Reads both."""
