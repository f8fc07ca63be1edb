"""Verdicts and dead letters as rows that every database takes.

What a sender puts into a text can break a whole batch at the database: NUL and lone
surrogates are no text to PostgreSQL or UTF-8. They are replaced here by U+FFFD.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from typing import Any

from core.stream import DeadLetter
from core.verdict import VERDICT_FIELDS, Verdicts

RAW_LIMIT = 64 * 1024
"""Bytes kept of a dead letter's record."""

KEY_LIMIT = 500
"""Characters of a name in an index; PostgreSQL refuses a row whose index entry is over 2.7 kB."""

_KEYS = ("event_token", "shot_id", "facility", "item", "lot")
_TEXT = [f.name for f in VERDICT_FIELDS if f.kind == "text"]
_JSON = [f.name for f in VERDICT_FIELDS if f.kind == "json"]
_NEEDED = [f.name for f in VERDICT_FIELDS if not f.nullable and f.kind != "json"]

Row = dict[str, Any]


def safe_text(text: object) -> str:
    r"""`text` without what databases refuse.

    >>> safe_text("a\x00b\ud800")
    'a\ufffdb\ufffd'
    """
    whole = str(text).replace("\x00", "\ufffd")
    # A lone surrogate becomes three bytes under surrogatepass; only one replacement is wanted.
    return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in whole)


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
    tokens: Sequence[str], verdicts: Verdicts, judged_at: int
) -> tuple[list[Row], list[DeadLetter]]:
    """Rows of the verdict table, and dead letters for verdicts that lack what a row needs.

    Parameters
    ----------
    tokens : sequence of str
        Event token of each verdict.
    verdicts : Verdicts
    judged_at : int
        ms since 1970 UTC.

    Raises
    ------
    ValueError
        Not as many tokens as verdicts.
    """
    rows: list[Row] = []
    refused: list[DeadLetter] = []
    for token, row in zip(tokens, verdicts.rows(), strict=True):
        missing = [name for name in _NEEDED if row[name] is None]
        if missing:
            detail = f"the verdict has no {', '.join(missing)}"
            refused.append(DeadLetter(token, str(row["shot_id"]), "incomplete_verdict", detail, b""))
            continue
        for name in _JSON:
            row[name] = _json(row[name])
        row["event_token"] = token
        row["judged_at"] = judged_at
        rows.append(row)
    if not all(_plain(row) for row in rows):
        for row in rows:
            for name in (*_TEXT, *_JSON, "event_token"):
                if row[name] is not None:
                    row[name] = safe_key(row[name]) if name in _KEYS else safe_text(row[name])
    return rows, refused


def dead_letter_rows(letters: Sequence[DeadLetter], seen_at: int) -> list[Row]:
    """Rows of the dead letter table; `seen_at` is ms since 1970 UTC."""
    return [
        {
            "event_token": safe_key(letter.token),
            "record_id": safe_text(letter.record_id),
            "reason": safe_key(letter.reason),
            "detail": safe_text(letter.detail),
            "raw": letter.raw[:RAW_LIMIT],
            "raw_length": len(letter.raw),
            "raw_sha256": hashlib.sha256(letter.raw).hexdigest(),
            "first_seen": seen_at,
            "attempts": 1,
            "state": "open",
        }
        for letter in letters
    ]


def _plain(row: Row) -> bool:
    try:
        whole = "".join([row[name] or "" for name in (*_TEXT, *_JSON, "event_token")])
        whole.encode("utf-8")
        short = all(len(row[name] or "") <= KEY_LIMIT for name in _KEYS)
    except (TypeError, UnicodeEncodeError):
        return False
    return short and "\x00" not in whole


def _json(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_item)
    except ValueError:
        return json.dumps(_finite(value), ensure_ascii=False, separators=(",", ":"), default=_item)


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
