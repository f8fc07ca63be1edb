"""Dead letters settled by a person: replayed, dismissed, or tried once more in vain."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import Connection, Row, select, update

from core.errors import LetterSettled, LetterUnknown
from core.verdict import Verdicts
from inference.store.audit import append_audit
from inference.store.insert import insert_new
from inference.store.rows import VERDICT_COLUMNS, safe_key, safe_text, verdict_rows
from inference.store.tables import dead_letter, verdict

Settled = Literal["replayed", "dismissed"]


def settle(connection: Connection, seq: int, verdicts: Verdicts, who: str, now: int) -> int:
    """Write the letter's one verdict under its own event token; how many were new (0 or 1).

    Raises
    ------
    LetterSettled
        There is no such letter, or it is not open.
    ValueError
        Not exactly one verdict, or one that cannot be stored.
    """
    letter = _open_letter(connection, seq)
    record = (letter.record_id, letter.content)
    rows, refused = verdict_rows([letter.event_token], verdicts, now, [record])
    if len(rows) != 1:
        msg = f"dead letter {seq}: expected one whole verdict, got {[r.detail for r in refused] or 'none'}"
        raise ValueError(msg)
    new = insert_new(connection, verdict, VERDICT_COLUMNS, rows)
    _close(connection, seq, "replayed")
    outcome = rows[0][VERDICT_COLUMNS.index("outcome")]
    _audit(connection, now, who, "replay", seq, "", f"verdict {outcome}")
    return new


def dismiss(connection: Connection, seq: int, reason: str, who: str, now: int) -> None:
    """Close the letter without a verdict; raises `LetterSettled`."""
    _open_letter(connection, seq)
    _close(connection, seq, "dismissed")
    _audit(connection, now, who, "dismiss", seq, reason, "dismissed")


def failed_again(connection: Connection, seq: int, reason: str, detail: str, who: str, now: int) -> None:
    """Count an attempt and say why it failed; the letter stays open. Raises `LetterSettled`."""
    letter = _open_letter(connection, seq)
    changed = {"attempts": letter.attempts + 1, "reason": safe_key(reason), "detail": safe_text(detail)}
    connection.execute(update(dead_letter).where(dead_letter.c.seq == seq).values(changed))
    _audit(connection, now, who, "replay", seq, detail, f"still bad: {reason}")


def _open_letter(connection: Connection, seq: int) -> Row[Any]:
    columns = [c for c in dead_letter.columns if c.name != "raw"]
    found = connection.execute(select(*columns).where(dead_letter.c.seq == seq)).one_or_none()
    if found is None:
        msg = f"dead letter {seq}: expected one that is there, got none of that number; list them"
        raise LetterUnknown(msg)
    if found.state != "open":
        msg = f"dead letter {seq}: expected an open one, got one that is {found.state} already; nothing to do"
        raise LetterSettled(msg)
    return found


def _close(connection: Connection, seq: int, state: Settled) -> None:
    connection.execute(update(dead_letter).where(dead_letter.c.seq == seq).values(state=state))


def _audit(connection: Connection, now: int, who: str, verb: str, seq: int, detail: str, result: str) -> None:
    subject = f"dead letter {seq}"
    append_audit(connection, now, who=who, verb=verb, subject=subject, detail=detail, result=result)
