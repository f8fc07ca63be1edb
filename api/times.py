"""Times outward are RFC 3339 in UTC; inward RFC 3339 with an offset; inside, ms since 1970 UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")
MILLISECOND = timedelta(milliseconds=1)


def to_rfc3339(ms: int | None) -> str | None:
    """A time as text; None where there is none or no calendar has it.

    >>> to_rfc3339(1_700_000_000_123)
    '2023-11-14T22:13:20.123Z'
    """
    if ms is None:
        return None
    try:
        return (_EPOCH + ms * MILLISECOND).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except OverflowError:
        return None


def from_rfc3339(text: str) -> int:
    """Milliseconds of a time with an offset.

    A space where the offset's ``+`` should be is taken for one: that is what becomes of a
    ``+`` nobody escaped in a URL.

    Raises
    ------
    ValueError
        It is no RFC 3339 time.

    >>> from_rfc3339("2023-11-15T07:13:20+09:00")
    1700000000000
    """
    repaired = re.sub(r" (\d\d:\d\d)$", r"+\1", text.strip()) if text.count(":") == 3 else text.strip()
    if not _RFC3339.fullmatch(repaired):
        msg = "expected a time with its offset, like 2026-11-20T08:00:00Z or 2026-11-20T17:00:00+09:00"
        raise ValueError(msg)
    whole, fraction, offset = re.fullmatch(r"(.{19})(?:\.(\d+))?(.+)", repaired.upper()).groups()  # type: ignore[union-attr]  # _RFC3339 matched
    moment = datetime.fromisoformat(whole + ("+00:00" if offset == "Z" else offset))
    return (moment - _EPOCH) // MILLISECOND + int(((fraction or "") + "000")[:3])
