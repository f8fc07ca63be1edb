"""Times on the plant's own clock, as pages show them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from core.profile import Profile


def plant_clock(ms: int, profile: Profile) -> datetime:
    """A time, ms since 1970 UTC, on the plant's clock.

    Raises
    ------
    OverflowError
        Outside the calendar.
    """
    offset = timedelta(milliseconds=ms, minutes=profile.lot.utc_offset_minutes)
    return datetime(1970, 1, 1, tzinfo=UTC) + offset


def plant_time(ms: int | None, profile: Profile, *, year: bool = False) -> str:
    """The same as text; a dash for none, or for one outside the calendar."""
    if ms is None:
        return "–"
    try:
        return plant_clock(ms, profile).strftime("%Y-%m-%d %H:%M:%S" if year else "%m-%d %H:%M:%S")
    except OverflowError:
        return "–"
