"""What people said of verdicts: rows that are only added; of a shot the newest counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, insert, select

from core.errors import VerdictUnknown
from core.judgement import JUDGEMENTS, Judgement
from inference.store.audit import append_audit
from inference.store.reading import StoreReading, page
from inference.store.rows import safe_key, safe_text
from inference.store.tables import feedback, verdict

Feedback = dict[str, Any]
"""A row of the table by column name, and of the verdict looked at ``maker``, ``facility``, ``item``,
``cluster``, ``route`` and ``shot_time``; times in ms since 1970 UTC."""

_OF_THE_VERDICT = ("maker", "facility", "item", "cluster", "route", "shot_time")


@dataclass(frozen=True, slots=True)
class FeedbackFilter:
    """Which feedback: what meets everything given. `start` <= when it was given < `end`, in ms UTC.

    Attributes
    ----------
    newest : bool
        Only what counts: the last word of each shot.
    """

    start: int | None = None
    end: int | None = None
    facility: str | None = None
    judgement: Judgement | None = None
    newest: bool = False

    def conditions(self) -> list[ColumnElement[bool]]:
        """The same as SQL conditions."""
        found: list[ColumnElement[bool]] = []
        if self.start is not None:
            found.append(feedback.c.at_ms >= self.start)
        if self.end is not None:
            found.append(feedback.c.at_ms < self.end)
        if self.facility is not None:
            found.append(verdict.c.facility == safe_key(self.facility))
        if self.judgement is not None:
            found.append(feedback.c.judgement == self.judgement)
        if self.newest:
            later = feedback.alias("later")
            same = (later.c.shot_id == feedback.c.shot_id) & (later.c.id > feedback.c.id)
            found.append(~select(later.c.id).where(same).exists())
        return found


def give_feedback(
    connection: Connection, event_token: str, judgement: Judgement, reason: str, who: str, now: int
) -> Feedback:
    """Add what a person says of a verdict, and one row to the audit.

    Parameters
    ----------
    connection : Connection
        In a transaction of the writer.
    event_token : str
        Of the verdict that was looked at.
    judgement : {"confirm", "false_alarm", "unsure"}
    reason, who : str
    now : int
        ms since 1970 UTC.

    Raises
    ------
    VerdictUnknown
        There is no such verdict.
    ValueError
        Another judgement.
    """
    if judgement not in JUDGEMENTS:
        msg = f"expected a judgement of {', '.join(JUDGEMENTS)}, got {judgement!r}"
        raise ValueError(msg)
    names = ("event_token", "shot_id", "outcome", "model_version", *_OF_THE_VERDICT)
    looked_at = connection.execute(
        select(*(verdict.c[name] for name in names)).where(verdict.c.event_token == safe_key(event_token))
    ).one_or_none()
    if looked_at is None:
        msg = f"verdict {event_token!r}: expected one that is there, got none of that name"
        raise VerdictUnknown(msg)
    row = {
        **{name: getattr(looked_at, name) for name in names[:4]},
        "judgement": judgement,
        "reason": safe_text(reason),
        "who": safe_text(who),
        "at_ms": now,
    }
    made = connection.execute(insert(feedback), row).inserted_primary_key
    assert made is not None
    subject = f"shot {looked_at.shot_id}"
    result = f"{judgement} of {looked_at.outcome} by {looked_at.model_version}"
    append_audit(connection, now, who=who, verb="feedback", subject=subject, detail=reason, result=result)
    return row | {"id": int(made[0])} | {name: getattr(looked_at, name) for name in _OF_THE_VERDICT}


def _query() -> Select[Any]:
    beside = (verdict.c[name] for name in _OF_THE_VERDICT)
    return select(feedback, *beside).join(verdict, verdict.c.event_token == feedback.c.event_token)


class FeedbackReader(StoreReading):
    """Reads what people said of verdicts."""

    def feedback(
        self, wanted: FeedbackFilter, limit: int, before: int | None = None
    ) -> tuple[list[Feedback], int | None]:
        """One page, newest first, and the `before` of the next page (None: this was the last)."""
        query = _query().where(*wanted.conditions()).order_by(feedback.c.id.desc()).limit(limit + 1)
        if before is not None:
            query = query.where(feedback.c.id < before)
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return page([dict(row._mapping) for row in rows], limit, "id")

    def feedback_of(self, shot_id: str, limit: int = 1000) -> list[Feedback]:
        """What was said of a shot, newest first, at most `limit` rows: the first counts."""
        of_shot = _query().where(feedback.c.shot_id == safe_key(shot_id))
        query = of_shot.order_by(feedback.c.id.desc()).limit(limit)
        with self._reading() as connection:
            return [dict(row._mapping) for row in connection.execute(query)]

    def last_words(self, shot_ids: Sequence[str]) -> dict[str, Feedback]:
        """What counts of these shots, by shot id; a shot nobody said anything of is not in it."""
        if not shot_ids:
            return {}
        keys = [safe_key(shot_id) for shot_id in shot_ids]
        newest = (
            select(func.max(feedback.c.id)).where(feedback.c.shot_id.in_(keys)).group_by(feedback.c.shot_id)
        )
        with self._reading() as connection:
            rows = connection.execute(_query().where(feedback.c.id.in_(newest))).all()
        return {row.shot_id: dict(row._mapping) for row in rows}
