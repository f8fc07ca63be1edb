"""How far back the oplog reaches: as long as the service may be down without loss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from pymongo.errors import OperationFailure, PyMongoError

from ingest.mongo_errors import code_of
from scripts.diagnosis.finding import Finding, NotExamined, note, ok, problem, warning
from scripts.diagnosis.installation import Installation
from scripts.diagnosis.mongo_server import Client
from scripts.diagnosis.stored import read_position

LEAST_HEADROOM = 0.25
_ROLE = 'db.grantRolesToUser("USER", [{role: "read", db: "local"}])'
_FULL = 0.9
_DENIED = 13
_ENLARGE = "db.adminCommand({replSetResizeOplog: 1, size: MEGABYTES})"


@dataclass(frozen=True, slots=True)
class Oplog:
    """Times of the first and last entry, in seconds of the server's clock; how full it is, 0-1."""

    first: int
    last: int
    filled: float

    @property
    def drops(self) -> bool:
        """Whether old entries are already given up for new ones."""
        return self.filled >= _FULL


def examine(client: Client, installation: Installation) -> Iterator[Finding]:
    """The window, and how much of it the stored position has left."""
    try:
        oplog = read_oplog(client)
    except PyMongoError as error:
        if code_of(error) == _DENIED:
            yield note(
                "oplog",
                "this user may not see how far it reaches (the stream itself needs no such right)",
                f"to have it watched: {_ROLE}",
            )
            return
        raise NotExamined(f"it cannot be read: {str(error)[:200]}") from error
    yield window(oplog)
    position = read_position(installation)
    if position is not None and position.cluster_time[0]:
        yield headroom(oplog, position.cluster_time[0])


def read_oplog(client: Client) -> Oplog:
    """Its ends and its fill.

    Raises
    ------
    PyMongoError
        No right, or none there (a router of a sharded cluster has none).
    """
    oplog = client["local"]["oplog.rs"]
    ends = [oplog.find_one({}, {"ts": 1}, sort=[("$natural", way)], max_time_ms=5000) for way in (1, -1)]
    if ends[0] is None or ends[1] is None:
        raise NotExamined("there is none on this server (a sharded cluster keeps one on each shard)")
    filled = 1.0
    try:
        about = client["local"].command("collStats", "oplog.rs", maxTimeMS=5000)
        filled = about["size"] / about["maxSize"]
    except (OperationFailure, KeyError, ZeroDivisionError):
        pass  # not told: taken as full, which is the careful side
    return Oplog(ends[0]["ts"].time, ends[1]["ts"].time, filled)


def window(oplog: Oplog) -> Finding:
    """How much of the past it holds."""
    since = datetime.fromtimestamp(oplog.first, UTC)
    reach = f"since {since:%Y-%m-%d %H:%M} UTC ({_span(oplog.last - oplog.first)})"
    if not oplog.drops:
        return ok("oplog", f"{reach}, {oplog.filled:.0%} full: nothing was given up yet")
    if oplog.last - oplog.first < 86_400:
        return note("oplog", f"{reach}: a longer stop loses shots", f"to enlarge it: {_ENLARGE}")
    return ok("oplog", f"{reach}: as long may the service be down")


def headroom(oplog: Oplog, position: int) -> Finding:
    """How much of the window is left before the stored position falls out of it.

    Parameters
    ----------
    oplog : Oplog
    position : int
        Seconds of the server's clock.
    """
    lag = f"the stored position is {_span(max(oplog.last - position, 0))} behind"
    if position < oplog.first and not oplog.drops:
        return note("headroom", f"{lag}, before this member's first entry; the stream itself decides")
    if position < oplog.first:
        return problem(
            "headroom",
            expected="a position inside the oplog",
            found=f"{lag}, {_span(oplog.first - position)} before its first entry",
            advice=f"shots after it may be unread: enlarge the oplog ({_ENLARGE}), then begin anew with an "
            "empty verdict store and SPRUE_START_FROM=beginning",
        )
    if not oplog.drops:
        return ok("headroom", f"{lag}; the oplog still holds everything")
    left = (position - oplog.first) / max(oplog.last - oplog.first, 1)
    if left < LEAST_HEADROOM:
        return warning(
            "headroom",
            expected=f"at least {LEAST_HEADROOM:.0%} of the oplog's window left",
            found=f"{lag}, {left:.0%} of the window left",
            advice=f"start the service now, and enlarge the oplog: {_ENLARGE}",
        )
    return ok("headroom", f"{lag}, {min(left, 1):.0%} of the window left")


def _span(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.1f} {unit}"
    return f"{seconds:.0f} s"
