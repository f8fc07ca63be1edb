"""The state log: every state the consumer entered, the oldest dropped."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, insert, select

from core.stream import StateChange
from inference.store.rows import safe_text
from inference.store.tables import state_log

MOST_STATES = 10_000
"""Rows kept."""


def log_states(connection: Connection, states: Sequence[StateChange]) -> None:
    """Append `states`, and drop what is older than the last `MOST_STATES`."""
    if not states:
        return
    rows = [
        {"at": s.at, "before": s.before, "after": s.after, "code": s.code, "reason": safe_text(s.reason)}
        for s in states
    ]
    connection.execute(insert(state_log), rows)
    newest = select(func.max(state_log.c.seq)).scalar_subquery()
    connection.execute(delete(state_log).where(state_log.c.seq <= newest - MOST_STATES))
