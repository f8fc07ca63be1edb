"""A dead letter's record in writing: extended JSON where it says all of it, else hex."""

from __future__ import annotations

from typing import NamedTuple

import bson
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.errors import BSONError
from bson.json_util import RELAXED_JSON_OPTIONS, dumps

LONGEST_TEXT = 256 * 1024
"""Characters of extended JSON; a longer one is shown as hex."""

_EXACT: CodecOptions[dict[str, object]] = CodecOptions(datetime_conversion=DatetimeConversion.DATETIME_MS)
_FAILURES = (BSONError, OverflowError, RecursionError, TypeError, ValueError)


class Shown(NamedTuple):
    """One of `extended_json` and `hex`, and how much of the record that is."""

    extended_json: str | None
    hex: str | None
    shown: str


def shown(raw: bytes, length: int) -> Shown:
    """What was kept of a record of `length` bytes, in writing.

    >>> shown(bson.encode({"_id": 1}), 14)
    Shown(extended_json='{"_id": 1}', hex=None, shown='all 14 bytes')
    >>> shown(b"ab", 70_000)
    Shown(extended_json=None, hex='6162', shown='the first 2 of 70000 bytes; the rest was not kept')
    """
    if not raw and not length:
        return Shown(None, "", "nothing: the record did not come along")
    if len(raw) < length:
        kept = f"the first {len(raw)} of {length} bytes; the rest was not kept"
        return Shown(None, raw.hex(), kept)
    text = _text(raw)
    if text is None:
        return Shown(None, raw.hex(), f"all {length} bytes, as hex: JSON would not say all of it")
    return Shown(text, None, f"all {length} bytes")


def _text(raw: bytes) -> str | None:
    """Extended JSON that says what the bytes say; None where there is none."""
    try:
        document = bson.decode(raw, _EXACT)
        if bson.encode(document) != raw:  # a key given twice, a type of old: something was left out
            return None
        text = dumps(document, json_options=RELAXED_JSON_OPTIONS, ensure_ascii=False)
        text.encode("utf-8")
    except _FAILURES:
        return None
    return text if len(text) <= LONGEST_TEXT else None
