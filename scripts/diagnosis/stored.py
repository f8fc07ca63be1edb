"""What a store of either kind says about the stream: position and dead letters."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import Connection, func, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from core.errors import SprueError
from core.stream import Position
from inference.store import tables
from inference.store.engine import parse_url, sqlite_path
from scripts.diagnosis.finding import Finding, NotExamined, note, ok, warning
from scripts.diagnosis.installation import Installation
from scripts.diagnosis.reading import reading

OLD_S = 600.0
_AHEAD_S = 60.0
_LETTERS = "./sprue letters lists them with each one's detail"


def read_position(installation: Installation) -> Position | None:
    """Where the stream stands; None before the first run.

    Raises
    ------
    NotExamined
        The store cannot be read; its own area says why.
    """
    try:
        url = parse_url(installation.config.resolved_store_url)
        path = sqlite_path(url)
        if path is not None and not path.is_file():
            return None
        with reading(url) as connection:
            if not inspect(connection).has_table(tables.position.name):
                return None
            row = connection.execute(select(tables.position)).one_or_none()
    except (SprueError, SQLAlchemyError):
        raise NotExamined("the stored position cannot be read, see the verdict store") from None
    if row is None:
        return None
    return Position(row.token_json, (row.cluster_t, row.cluster_i), row.kind, row.source_id)


def position(connection: Connection, now: float) -> Iterator[Finding]:
    """How far the stream was read, and when that was last written down."""
    row = connection.execute(select(tables.position)).one_or_none()
    if row is None:
        yield note("position", "none: the first run has not read anything yet")
        return
    written = row.updated / 1000
    said = f"after {_utc(row.cluster_t)} (server time), {row.kind}, written {_ago(now - written)}"
    if written > now + _AHEAD_S:
        yield warning(
            "position",
            expected="a time of writing in the past",
            found=f"{_utc(written)}, later than this machine's clock",
            advice="set this machine's clock: it went back since",
        )
    elif now - written > OLD_S:
        yield note("position", said, "a service that runs writes it every minute: start it, or see its log")
    else:
        yield ok("position", said)
    if row.cluster_t and row.source_id:
        yield ok("source", row.source_id)


def dead_letters(connection: Connection, _now: float) -> Iterator[Finding]:
    """Records without a verdict that nobody dealt with, by reason."""
    letter = tables.dead_letter
    query = (
        select(letter.c.reason, func.count())
        .where(letter.c.state == "open")
        .group_by(letter.c.reason)
        .order_by(func.count().desc())
    )
    open_ones = [(reason, n) for reason, n in connection.execute(query)]
    if not open_ones:
        yield ok("dead letters", "none open")
        return
    verdicts = connection.scalar(select(func.max(tables.verdict.c.seq))) or 0
    total = sum(n for _, n in open_ones)
    reasons = ", ".join(f"{reason} {n:,}" for reason, n in open_ones[:6])
    said = f"{total:,} open beside {verdicts:,} verdicts: {reasons}"
    if total > verdicts / 100:
        yield warning(
            "dead letters",
            expected="at most one record in a hundred without a verdict",
            found=said,
            advice=f"{_LETTERS}: a sender or the profile has to change; then ./sprue letters replay",
        )
    else:
        yield note("dead letters", said, _LETTERS)


def _utc(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC" if seconds else "an unknown time"


def _ago(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.0f} {unit} ago"
    return f"{max(seconds, 0):.0f} s ago"
