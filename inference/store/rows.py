"""Verdicts and dead letters as rows that every database takes.

What a sender puts into a text can break a whole batch at the database: NUL and lone
surrogates are no text to PostgreSQL or UTF-8. They are replaced here by U+FFFD.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import zlib
from collections.abc import Mapping, Sequence
from itertools import compress
from typing import Any

from core.stream import DeadLetter
from core.verdict import VERDICT_FIELDS, Verdicts

RAW_LIMIT = 64 * 1024
"""Bytes kept of a dead letter's record."""

KEY_LIMIT = 500
"""Characters of a name in an index; PostgreSQL refuses a row whose index entry is over 2.7 kB."""

VERDICT_COLUMNS = ("event_token", "judged_at", *(f.name for f in VERDICT_FIELDS), "record_id", "content")
"""Columns of a verdict's `Row`, in its order."""
DEAD_LETTER_COLUMNS = (
    "event_token",
    "record_id",
    "reason",
    "detail",
    "raw",
    "raw_length",
    "raw_sha256",
    "first_seen",
    "attempts",
    "state",
    "content",
    "after_verdict",
)
"""Columns of a dead letter's `Row`, in its order."""

_KEYS = frozenset({"event_token", "shot_id", "facility", "item", "lot", "record_id"})
_JSON = [f.name for f in VERDICT_FIELDS if f.kind == "json"]
_TEXT = ["event_token", "record_id", *(f.name for f in VERDICT_FIELDS if f.kind in ("text", "json"))]
_NEEDED = [f.name for f in VERDICT_FIELDS if not f.nullable and f.kind != "json"]
_EMPTY: dict[type, str] = {list: "[]", dict: "{}"}

_ONLY_TEXT = {str}
_REFUSED = re.compile("[\x00\ud800-\udfff]")

Row = tuple[Any, ...]


def safe_text(text: object) -> str:
    r"""`text` without what databases refuse.

    >>> safe_text("a\x00b\ud800")
    'a\ufffdb\ufffd'
    """
    whole = str(text)
    if whole.isascii() and "\x00" not in whole:
        return whole
    return _REFUSED.sub("\ufffd", whole)


def safe_key(text: object) -> str:
    """`text` as a name short enough for an index; different long names stay different.

    >>> safe_key("A-01"), len(safe_key("x" * 10_000))
    ('A-01', 500)
    """
    whole = safe_text(text)
    if len(whole) <= KEY_LIMIT:
        return whole
    digest = hashlib.sha256(whole.encode("utf-8")).hexdigest()[:16]
    return f"{whole[: KEY_LIMIT - 17]}…{digest}"


def verdict_rows(
    tokens: Sequence[str], verdicts: Verdicts, judged_at: int, records: Sequence[tuple[str, int]] = ()
) -> tuple[list[Row], list[DeadLetter]]:
    """Rows of the verdict table, and dead letters for verdicts that lack what a row needs.

    Parameters
    ----------
    tokens : sequence of str
        Event token of each verdict.
    verdicts : Verdicts
    judged_at : int
        ms since 1970 UTC.
    records : sequence of (str, int), optional
        Record id and content checksum of each verdict.

    Raises
    ------
    ValueError
        Not as many tokens, or records, as verdicts.
    """
    columns = verdicts.plain_columns()
    columns["event_token"] = list(tokens)
    columns["judged_at"] = [judged_at] * len(verdicts)
    columns["record_id"] = [name for name, _ in records] or [None] * len(verdicts)
    columns["content"] = [content for _, content in records] or [None] * len(verdicts)
    refused = _take_out_incomplete(columns)
    for name in _JSON:
        columns[name] = _json_texts(columns[name])
    for name in _TEXT:
        if not _storable(columns[name], KEY_LIMIT if name in _KEYS else None):
            safe = safe_key if name in _KEYS else safe_text
            columns[name] = [None if text is None else safe(text) for text in columns[name]]
    return list(zip(*(columns[name] for name in VERDICT_COLUMNS), strict=True)), refused


def dead_letter_rows(
    letters: Sequence[DeadLetter], seen_at: int, after: int, contents: Mapping[str, int]
) -> list[Row]:
    """Rows of the dead letter table.

    Parameters
    ----------
    letters : sequence of DeadLetter
    seen_at : int
        ms since 1970 UTC.
    after : int
        ``seq`` of the verdict written last before them.
    contents : mapping of str to int
        Content checksum by event token, of letters that come without their record's bytes.
    """
    return [
        (
            safe_key(letter.token),
            safe_key(letter.record_id),
            safe_key(letter.reason),
            safe_text(letter.detail),
            letter.raw[:RAW_LIMIT],
            len(letter.raw),
            hashlib.sha256(letter.raw).hexdigest(),
            seen_at,
            1,
            "open",
            contents.get(letter.token) or zlib.crc32(letter.raw),
            after,
        )
        for letter in letters
    ]


def _take_out_incomplete(columns: dict[str, list[Any]]) -> list[DeadLetter]:
    """Dead letters for the rows that lack a needed value; the rows leave `columns`."""
    lacking = [name for name in _NEEDED if None in columns[name]]
    refused: list[DeadLetter] = []
    if not lacking:
        return refused
    kept = [True] * len(columns["event_token"])
    for row, token in enumerate(columns["event_token"]):
        missing = [name for name in lacking if columns[name][row] is None]
        if missing:
            kept[row] = False
            detail = f"the verdict has no {', '.join(missing)}"
            record_id = str(columns["record_id"][row] or columns["shot_id"][row])
            refused.append(DeadLetter(token, record_id, "incomplete_verdict", detail, b""))
    for name, column in columns.items():
        columns[name] = list(compress(column, kept))
    return refused


def _storable(column: Sequence[Any], longest: int | None) -> bool:
    """Whether every text can be stored as it is."""
    try:
        distinct = set(column) - {None}
        whole = "".join(distinct)
        whole.encode("utf-8")
    except (TypeError, UnicodeEncodeError):
        return False
    return "\x00" not in whole and (longest is None or max(map(len, distinct), default=0) <= longest)


def _json_texts(values: Sequence[Any]) -> list[str]:
    """Each value as JSON; most are empty, and many records have the same flags."""
    known: dict[tuple[str, ...], str] = {}
    texts: list[str] = []
    for value in values:
        if not value and type(value) in _EMPTY:
            texts.append(_EMPTY[type(value)])
        elif type(value) is list and set(map(type, value)) == _ONLY_TEXT:
            names = tuple(value)
            if names not in known:
                known[names] = _json(value)
            texts.append(known[names])
        else:
            texts.append(_json(value))
    return texts


def _json(value: object) -> str:
    try:
        return _ENCODER.encode(value)
    except ValueError:
        return _ENCODER.encode(_finite(value))


def _item(value: Any) -> object:
    """A numpy value as Python's own; whatever else as its text."""
    return _finite(value.tolist()) if hasattr(value, "tolist") else str(value)


def _finite(value: object) -> object:
    """The same tree with null for NaN and infinities, which JSON does not have."""
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _finite(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(inner) for inner in value]
    return value


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_item)
