"""The machine's clock: verdicts carry its time, lots their plant's day."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

from scripts.diagnosis.examination import attempt
from scripts.diagnosis.finding import Finding, note, ok, problem
from scripts.diagnosis.installation import Installation

RELEASED = datetime(2026, 11, 1, tzinfo=UTC)
"""No clock that is right shows an earlier time to this program."""
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)


def examine(installation: Installation) -> Iterator[Finding]:
    """Plausible, in a time zone, and with a companion that never goes back."""
    now = installation.now()
    yield plausible(now)
    local = time.localtime(now)
    yield ok("time zone", f"{local.tm_zone}, {_offset(local.tm_gmtoff // 60)} from UTC")
    yield from attempt("plant's day", lambda: [plants_day(local.tm_gmtoff // 60, installation)])
    yield monotonic(time.get_clock_info("monotonic").monotonic, time.monotonic(), time.monotonic())


def plausible(now: float) -> Finding:
    """Whether the time can be right at all."""
    earliest, latest = RELEASED.timestamp(), _LATEST.timestamp()
    if earliest <= now < latest:
        return ok("time", f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d %H:%M:%S} UTC")
    return problem(
        "time",
        expected=f"a time after {RELEASED:%Y-%m-%d}, when this program was made",
        found=f"{datetime.fromtimestamp(min(max(now, 0.0), 2.5e11), UTC):%Y-%m-%d %H:%M} UTC",
        advice="set the clock and let it follow a time server (Windows: w32tm /resync); change the battery "
        "if it comes back",
    )


def plants_day(minutes: int, installation: Installation) -> Finding:
    """Whether the profile's day begins when this machine's does."""
    wanted = installation.profile.lot.utc_offset_minutes
    if wanted == minutes:
        return ok("plant's day", f"begins at midnight {_offset(wanted)}, as this machine's")
    return note(
        "plant's day",
        f"lots are counted by days of {_offset(wanted)} (profile, lot.utc_offset), "
        f"this machine lives by {_offset(minutes)}",
        "correct the one that is wrong, if one is",
    )


def monotonic(promised: bool, first: float, second: float) -> Finding:
    """Whether durations can be measured."""
    if promised and second >= first:
        return ok("monotonic", "the clock for durations never goes back")
    return problem(
        "monotonic",
        expected="a clock for durations that never goes back",
        found=f"{second - first:.3f} s between two readings",
        advice="update the virtualisation or the firmware; time-outs cannot be trusted on this machine",
    )


def _offset(minutes: int) -> str:
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
