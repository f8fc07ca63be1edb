"""The one writer of the verdict store: `core.stream.Sink` on SQLite or PostgreSQL."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from typing import Any

from sqlalchemy import select

from core.beside import DriftLot, ShadowRun
from core.judgement import Judgement
from core.stream import Position, Work, Written
from core.verdict import Verdicts
from inference.store.audit import append_audit
from inference.store.beside import keep_beside
from inference.store.choices import ThresholdChoice, append_choice
from inference.store.connection import WriterConnection
from inference.store.drift_lots import open_lots
from inference.store.feedback import Feedback, give_feedback
from inference.store.gaps import (
    begin_comparing,
    close_gaps,
    count_compared,
    index_records,
    open_gap,
    unchanged_records,
)
from inference.store.insert import insert_new
from inference.store.letters import dismiss, failed_again, settle
from inference.store.positions import allowed
from inference.store.rows import (
    DEAD_LETTER_COLUMNS,
    VERDICT_COLUMNS,
    Row,
    dead_letter_rows,
    verdict_rows,
)
from inference.store.shadow import stored_run
from inference.store.space import MIN_FREE_BYTES
from inference.store.statements import (
    last_seq,
    put_position,
    remember,
    stored_position,
    written_after,
)
from inference.store.states import log_states
from inference.store.tables import dead_letter, fill_memory, verdict

Clock = Callable[[], int]

_OUTCOME_AND_ROUTE = itemgetter(VERDICT_COLUMNS.index("outcome"), VERDICT_COLUMNS.index("route"))


def now_ms() -> int:
    """The present, in ms since 1970 UTC."""
    return time.time_ns() // 1_000_000


class VerdictStore:
    """Writes verdicts, dead letters, fill memory and the stream position in one transaction.

    The first call connects; after any error the connection is dropped, because the outcome
    is unknown, and the next call connects anew. Not for several threads at once.
    What each method raises is in `core.stream.Sink`.

    Parameters
    ----------
    url : str
        SQLAlchemy URL, ``sqlite:///path`` or ``postgresql://...``.
    clock : callable
        The present in ms since 1970 UTC; stamps ``judged_at``.
    min_free_bytes : int
        Below so much free disk nothing is written: `StoreFull` (SQLite).
    identity_folder : Path, optional
        Where a file says which store lived on the server, so that its loss is noticed (PostgreSQL;
        SQLite's stands beside the database).
    """

    def __init__(
        self,
        url: str,
        *,
        clock: Clock = now_ms,
        min_free_bytes: int = MIN_FREE_BYTES,
        identity_folder: Path | None = None,
    ) -> None:
        self._clock = clock
        self._link = WriterConnection(url, clock, min_free_bytes, identity_folder)
        self._judged: Mapping[tuple[str, str], int] = {}
        self._compared = 0

    @property
    def judged(self) -> Mapping[tuple[str, str], int]:
        """Verdicts newly written by this object, by ``(outcome, route)``. Safe from any thread."""
        return self._judged

    def open(self, anew: bool = False) -> None:
        """Connect now: lock, tables, identity. The other methods do so by themselves.

        With `anew` a store that was lost is replaced by an empty one, its remains renamed;
        a store that is there is opened as it is.
        """
        self._link.open(anew)

    def write(self, work: Work) -> Written:
        """Write `work` in one transaction; rows that are there already are counted, not doubled."""
        with self._link.transaction() as connection:
            now = self._clock()
            rows: list[Row] = []
            letters, contents = list(work.dead_letters), {}
            if work.verdicts is not None:
                rows, refused = verdict_rows(work.tokens, work.verdicts, now, work.records)
                if refused and work.records:
                    contents = dict(zip(work.tokens, [content for _, content in work.records], strict=True))
                letters += refused
            last = last_seq(connection)
            verdicts = insert_new(connection, verdict, VERDICT_COLUMNS, rows, work.origin)
            new = Counter(map(_OUTCOME_AND_ROUTE, rows))
            if verdicts < len(rows):  # some were there already: count what is really new
                new = written_after(connection, last)
            dead = 0
            if letters:
                set_aside = dead_letter_rows(letters, now, last, contents)
                dead = insert_new(connection, dead_letter, DEAD_LETTER_COLUMNS, set_aside)
            remember(connection, work.memory)
            keep_beside(connection, work.beside, now)
            if work.origin == "reconcile":
                count_compared(connection, max(self._compared, len(rows) + len(letters)), verdicts + dead)
            if work.gap_closed:
                close_gaps(connection, now)
            log_states(connection, work.states)
            put_position(
                connection, allowed(connection, work.position, self._link.where), self._link.epoch, now
            )
            replayed = len(rows) - verdicts + len(letters) - dead
        self._link.mark_begun()
        self._compared = 0
        self._judged = Counter(self._judged) + new
        return Written(verdicts=verdicts, dead_letters=dead, replayed=replayed)

    def note_gap(self, cause: str, begin: Callable[[int], Position]) -> Position:
        """Note a gap and store the position that ``begin(its number)`` gives, in one transaction."""
        with self._link.transaction() as connection:
            now = self._clock()
            reached = stored_position(connection)
            number = open_gap(connection, cause, now, reached.cluster_time if reached else (0, 0))
            position = replace(begin(number), kind="reposition")
            begin_comparing(connection, number, position)
            put_position(connection, position, self._link.epoch, now)
        self._link.mark_begun()
        return position

    def unchanged(self, records: Sequence[tuple[str, int]]) -> list[bool]:
        """Which records (id, content checksum) were last judged, or set aside, as they are.

        Asked once for each batch of reconciling, of all its records: so they are counted.
        """
        with self._link.transaction() as connection:
            index_records(connection)
            same = unchanged_records(connection, records)
        self._compared = len(records)
        return same

    def position(self) -> Position | None:
        """The last position written, None on a first run."""
        with self._link.transaction() as connection:
            return stored_position(connection)

    def memory(self) -> Mapping[str, str]:
        """Fill memory of every facility (facility -> JSON)."""
        with self._link.transaction() as connection:
            return {row.facility: row.memory for row in connection.execute(select(fill_memory))}

    def shadow_run(self, run: int) -> ShadowRun | None:
        """A challenger's trial as it was written, None where nothing was."""
        with self._link.transaction() as connection:
            return stored_run(connection, run)

    def open_lots(self, version: str) -> Sequence[DriftLot]:
        """The newest lot of each model of a version, as it was written."""
        with self._link.transaction() as connection:
            return open_lots(connection, version)

    def settle_letter(self, seq: int, verdicts: Verdicts, who: str) -> None:
        """Write the one verdict that a dead letter got after all, under the letter's event token.

        Raises
        ------
        LetterSettled
            It is not open any more; nothing was changed. So do the two methods below.
        """
        with self._link.transaction() as connection:
            new = settle(connection, seq, verdicts, who, self._clock())
        if new:
            columns = verdicts.plain_columns()
            self._judged = Counter(self._judged) + Counter(
                zip(columns["outcome"], columns["route"], strict=True)
            )

    def dismiss_letter(self, seq: int, reason: str, who: str) -> None:
        """Close a dead letter without a verdict."""
        with self._link.transaction() as connection:
            dismiss(connection, seq, reason, who, self._clock())

    def letter_failed_again(self, seq: int, reason: str, detail: str, who: str) -> None:
        """Count one more attempt at a dead letter, which stays open."""
        with self._link.transaction() as connection:
            failed_again(connection, seq, reason, detail, who, self._clock())

    def give_feedback(self, event_token: str, judgement: Judgement, reason: str, who: str) -> Feedback:
        """Add what a person says of a verdict; see `inference.store.feedback.give_feedback`."""
        with self._link.transaction() as connection:
            return give_feedback(connection, event_token, judgement, reason, who, self._clock())

    def choose_threshold(self, who: str, why: str, rule: Mapping[str, Any]) -> ThresholdChoice:
        """Add a choice of the limit; see `inference.store.choices.append_choice`."""
        with self._link.transaction() as connection:
            return append_choice(connection, self._clock(), who, why, rule)

    def audited(self, who: str, verb: str, subject: str, detail: str, result: str) -> None:
        """Add one row to the audit."""
        with self._link.transaction() as connection:
            row = {"who": who, "verb": verb, "subject": subject, "detail": detail, "result": result}
            append_audit(connection, self._clock(), **row)

    def check(self) -> None:
        """Raise `StoreLost` when SQLite's file is gone or another one; cheap, and a server is not asked."""
        self._link.check()

    def close(self) -> None:
        """Fold SQLite's log into the file, let go of connection and lock. Safe to call twice."""
        self._link.close()
