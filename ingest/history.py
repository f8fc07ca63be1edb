"""Collects production history from PostgreSQL, in chunks, restartable (IM-01)."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pandas as pd
from filelock import FileLock, Timeout
from psycopg2 import extensions

from core.errors import ConfigError
from core.profile import Profile
from ingest.history_load import LoadedHistory, Unfit, load_frames
from ingest.history_parts import Progress, part_file, read_progress, write_part, write_progress
from ingest.history_query import HistoryQuery, HistoryTable
from ingest.read_only import connected


@dataclass(frozen=True, slots=True)
class CollectedHistory:
    """A history that lies in a folder as Parquet parts.

    Attributes
    ----------
    folder : Path
    profile : Profile
    parts : tuple of Path
        In the order of (time, id).
    rows : int
    unplaced : int
        Rows of the table that are not here: without identifier or usable time.
    absent : tuple of str
        Fields the table has no column for: missing in every row.
    without_lots : str
        What to say of lot totals among them; empty where there are both.
    """

    folder: Path
    profile: Profile
    parts: tuple[Path, ...]
    rows: int
    unplaced: int
    absent: tuple[str, ...]
    without_lots: str = ""

    def frames(self) -> Iterator[pd.DataFrame]:
        """The parts as tables with flat names, one after the other."""
        for part in self.parts:
            yield pd.read_parquet(part)

    def load(self, *, unfit: Unfit = "leave_out", report_file: Path | None = None) -> LoadedHistory:
        """All rows as one batch and what was found wrong; see `ingest.history_load.load_frames`."""
        loaded = load_frames(self.frames(), self.profile, unfit=unfit, report_file=report_file)
        return replace(loaded, without_lots=self.without_lots)


def collect(
    url: str,
    table: str,
    profile: Profile,
    folder: Path,
    *,
    makers: Sequence[str] | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    chunk_rows: int = 50_000,
    fresh: bool = False,
    progress: Callable[[int], None] | None = None,
) -> CollectedHistory:
    """Read a table's rows into Parquet parts below `folder`.

    Rows come in the order of (time, id) through one server-side cursor of a read-only
    transaction. Interrupted at any point, the next call with the same query goes on
    after the last complete part; called again when complete it adds what has come since,
    reading its last day anew. Rows entered more than a day late are seen by `fresh`
    only. Every query (server, table, makers, range, profile) has a folder of
    its own below `folder`. A time without offset counts as UTC.

    Parameters
    ----------
    url : str
        ``postgresql://user:password@host/database``; never shown in a message.
    table : str
        Table or view, ``schema.table`` allowed.
    profile : Profile
    folder : Path
    makers : sequence of str, optional
        Only these makers' rows.
    start, end : datetime, optional
        ``start <= time < end``, with an offset.
    chunk_rows : int
        Rows a part holds.
    fresh : bool
        Throw away what was collected before and start over.
    progress : callable, optional
        Called with the rows collected so far whenever a part is safe on disk.

    Raises
    ------
    ConfigError
        The URL or an argument is not one.
    HistoryError
        Table or columns are not what the profile expects, or the folder is damaged.
    SourceUnavailable
        The database cannot be reached now.
    """
    if chunk_rows < 1:
        raise ConfigError(f"chunk_rows: expected at least 1, got {chunk_rows!r}")
    query = HistoryQuery(table, tuple(makers or ()), start, end)
    with connected(url) as connection:
        found = HistoryTable.find(connection, table, profile)
        identity = {
            **query.as_text(),
            "source": found.identity,
            "profile": profile.sha256,
            "columns": found.columns,
        }
        own = folder / _folder_name(table, identity)
        if fresh and own.exists():
            shutil.rmtree(own)
        own.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(own / ".lock", timeout=0):
                reached = read_progress(own, identity)
                if reached.complete:
                    reached = reached.without_late_rows()
                    write_progress(own, reached)
                reached = _read_rows(connection, found, query, own, reached, chunk_rows, progress)
        except Timeout:
            raise ConfigError(f"{own}: another run is collecting into this folder; wait for it") from None
    return CollectedHistory(
        folder=own,
        profile=profile,
        parts=tuple(part_file(own, number) for number in range(len(reached.rows_of_part))),
        rows=reached.rows,
        unplaced=reached.unplaced,
        absent=tuple(name for name in ("maker", "item", "lot_good", "lot_bad") if name not in found.columns),
        without_lots=found.without_lots,
    )


def _read_rows(
    connection: extensions.connection,
    table: HistoryTable,
    query: HistoryQuery,
    folder: Path,
    reached: Progress,
    chunk_rows: int,
    progress: Callable[[int], None] | None,
) -> Progress:
    statement, parameters = table.select_rows(query, reached.after)
    with connection.cursor(name="history") as cursor:
        cursor.execute(statement, parameters)
        while rows := cursor.fetchmany(chunk_rows):
            reached = write_part(folder, reached, table.frame(rows), table.after(rows[-1]))
            if progress is not None:
                progress(reached.rows)
    with connection.cursor() as cursor:
        unplaced = table.count_unplaced(cursor, query)
    reached = replace(reached, complete=True, unplaced=unplaced)
    write_progress(folder, reached)
    return reached


def _folder_name(table: str, identity: dict[str, object]) -> str:
    text = json.dumps(identity, sort_keys=True, ensure_ascii=False)
    return f"{table}-{hashlib.sha256(text.encode('utf-8')).hexdigest()[:12]}"
