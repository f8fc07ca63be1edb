"""Times as no press should send them, in a process whose own time zone has a summer time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final
from urllib.parse import quote

import pytest
from bson.datetime_ms import DatetimeMS
from bson.int64 import Int64
from bson.timestamp import Timestamp

from tests.faults.crash.hall import Hall
from tests.faults.crash.odd_shots import OddShots
from tests.faults.crash.store_content import rows_of

MakeHall = Callable[..., Hall]
SEOUL = timezone(timedelta(hours=9))
JUDGED: Final[dict[str, tuple[Any, str | None]]] = {
    "with offset": (datetime(2026, 7, 1, 21, 0, 0, 250_000, tzinfo=SEOUL), "2026-07-01T12:00:00.250Z"),
    "without": (datetime(2026, 7, 1, 12, 0), "2026-07-01T12:00:00.000Z"),  # noqa: DTZ001  (that is the case)
    "text with offset": ("2026-07-01T21:00:00.250+09:00", "2026-07-01T12:00:00.250Z"),
    "text without": ("2026-07-01 12:00:00", "2026-07-01T12:00:00.000Z"),
    # Berlin's and New York's clocks go back and forth there; what has no offset is UTC.
    "fold, first": ("2026-10-25T02:30:00+02:00", "2026-10-25T00:30:00.000Z"),
    "fold, second": ("2026-10-25T02:30:00+01:00", "2026-10-25T01:30:00.000Z"),
    "fold": (datetime(2026, 11, 1, 1, 30, fold=1), "2026-11-01T01:30:00.000Z"),  # noqa: DTZ001  (as above)
    "skipped": ("2026-03-08T02:30:00", "2026-03-08T02:30:00.000Z"),
    "first": (DatetimeMS(0), "1970-01-01T00:00:00.000Z"),
    "last": (Int64(9_214_646_399_999), "2261-12-31T23:59:59.999Z"),
    "fraction of a ms": (1_782_907_200_250.75, "2026-07-01T12:00:00.250Z"),
    "none": (None, None),
    "blank": (" ", None),
    "NaN": (float("nan"), None),
}
"""A time, and how the API has to tell it."""
DEAD: Final[dict[str, Any]] = {
    "before 1970": datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC),
    "before 1970 as text": "1970-01-01T00:00:00+09:00",
    "year 1": datetime(1, 1, 1, tzinfo=UTC),
    "year 1 of the east": "0001-01-01T00:00:00+14:00",
    "year 9999": datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
    "year 9999 of the west": "9999-12-31T23:59:59-14:00",
    "year 2262": DatetimeMS(9_214_646_400_000),
    "year 318857": DatetimeMS(10_000_000_000_000_000),
    "most": DatetimeMS(2**63 - 1),
    "least": DatetimeMS(-(2**63)),
    "most ms": Int64(2**63 - 1),
    "more ms": 1e300,
    "endless": float("inf"),
    "leap second": "2026-06-30T23:59:60Z",
    "day that was not": "2026-02-29T12:00:00Z",
    "oplog time": Timestamp(1_782_907_200, 1),
    "truth": True,
}
"""No time a shot could have."""


@pytest.mark.fault_row(29)
@pytest.mark.parametrize("zone", ["America/New_York", pytest.param("Asia/Seoul", marks=pytest.mark.faults)])
def test_every_time_is_utc_or_a_dead_letter_whatever_the_zone(make_hall: MakeHall, zone: str) -> None:
    hall = make_hall(settings={"TZ": zone})
    hall.start()
    odd = OddShots(hall)
    hall.feed.write(20)
    for name, (time, _) in JUDGED.items():
        odd.put(name, {"time": time})
    for name, time in DEAD.items():
        odd.put(name, {"time": time}, "bad_time")
    hall.feed.write(20)
    hall.await_answers()
    hall.note_faults("odd time", len(JUDGED) + len(DEAD))
    told = {one["shot_id"]: one for one in hall.service.get("/api/v1/verdicts?limit=1000")["verdicts"]}
    fold = quote("2026-10-25T02:00:00+02:00"), quote("2026-10-25T03:00:00+02:00")
    within = hall.service.get(f"/api/v1/verdicts?from={fold[0]}&to={fold[1]}")["verdicts"]
    stored = dict(rows_of(hall.store_url, "SELECT shot_id, shot_time FROM verdict"))
    findings = hall.settle()

    assert {name: told[name]["shot_time"] for name in JUDGED} == {
        name: due for name, (_, due) in JUDGED.items()
    }
    assert stored["fold, second"] - stored["fold, first"] == 3_600_000
    assert (stored["first"], stored["none"]) == (0, None)
    assert [one["shot_id"] for one in within] == ["fold, first"]
    assert findings.all_well, str(findings)
