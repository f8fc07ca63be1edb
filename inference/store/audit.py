"""What people did to the store: rows that are only added, each sealed with the one before."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import Connection, insert, select

from core.errors import StoreUnavailable
from inference.store.rows import safe_text
from inference.store.tables import audit

BEGINNING = "0" * 64
"""`previous_sha` of the first row."""
_TEXTS = ("who", "verb", "subject", "detail", "result")


def append_audit(
    connection: Connection, at: int, *, who: str, verb: str, subject: str, detail: str, result: str
) -> int:
    """Add one row; its number. `at` is ms since 1970 UTC."""
    last = connection.execute(
        select(audit.c.seq, audit.c.sha).order_by(audit.c.seq.desc()).limit(1)
    ).one_or_none()
    texts = dict(zip(_TEXTS, map(safe_text, (who, verb, subject, detail, result)), strict=True))
    row = {"seq": last.seq + 1 if last else 1, "at": at, **texts}
    previous = last.sha if last else BEGINNING
    connection.execute(insert(audit), row | {"previous_sha": previous, "sha": seal(previous, row)})
    return int(row["seq"])


def seal(previous_sha: str, row: dict[str, Any]) -> str:
    """SHA-256 over the seal of the row before and this row as canonical JSON.

    Parameters
    ----------
    previous_sha : str
        `BEGINNING` for the first row.
    row : dict
        ``seq``, ``at``, ``who``, ``verb``, ``subject``, ``detail``, ``result``.
    """
    canonical = json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{previous_sha}{canonical}".encode()).hexdigest()


def verify_audit(connection: Connection) -> int:
    """Go through the chain from its beginning; how many rows it has.

    A changed, inserted or removed row breaks it. Rows cut off at the end do not: whoever
    must rule that out keeps the last ``sha`` elsewhere.

    Raises
    ------
    StoreUnavailable
        The chain is broken; the message names the first row that does not fit.
    """
    previous, number = BEGINNING, 0
    rows = connection.execution_options(yield_per=1000).execute(select(audit).order_by(audit.c.seq))
    for found in rows.mappings():
        number += 1
        row = {name: found[name] for name in ("seq", "at", *_TEXTS)}
        expected = seal(previous, row)
        if (found["seq"], found["previous_sha"], found["sha"]) != (number, previous, expected):
            msg = (
                f"audit: expected row {number} with seal {expected[:12]}..., got row {found['seq']} with "
                f"{found['sha'][:12]}...: the audit was changed by hand; compare it with a backup"
            )
            raise StoreUnavailable(msg)
        previous = expected
    return number
