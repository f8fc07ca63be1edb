"""A CSV or Parquet file as production history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pandas as pd

from core.profile import Profile
from ingest.history_columns import history_columns, without_lots
from ingest.history_load import LoadedHistory, Unfit, load_frames
from ingest.history_query import HistoryQuery
from ingest.table import read_table


@dataclass(frozen=True, slots=True)
class FileHistory:
    """A file's rows by makers and range; the counterpart of `ingest.history.CollectedHistory`."""

    path: Path
    profile: Profile
    query: HistoryQuery
    chunk_rows: int = 50_000

    def frames(self) -> Iterator[pd.DataFrame]:
        """The file as it is, piece by piece: all rows, the file's own columns.

        Raises
        ------
        HistoryError
            The file is no table, or columns are missing; see `ingest.table.read_table`.
        """
        for frame in read_table(self.path, self.profile, chunk_rows=self.chunk_rows):
            columns = [str(c) for c in frame.columns]
            history_columns(columns, self.profile, where=str(self.path), numbered=True)
            yield frame

    def load(self, *, unfit: Unfit = "leave_out", report_file: Path | None = None) -> LoadedHistory:
        """The wanted rows as one batch, in the file's order; see `load_frames`."""
        columns: list[str] = []

        def noted() -> Iterator[pd.DataFrame]:
            for frame in self.frames():
                columns[:] = map(str, frame.columns)
                yield frame

        loaded = load_frames(
            noted(),
            self.profile,
            unfit=unfit,
            report_file=report_file,
            wanted=self.query.wants,
        )
        return replace(loaded, without_lots=without_lots(columns, self.profile, where=str(self.path)))


def file_history(
    path: str | Path,
    profile: Profile,
    *,
    makers: Sequence[str] | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> FileHistory:
    """History out of a ``.csv``, ``.csv.gz`` or ``.parquet`` file.

    Raises
    ------
    ConfigError
        `start` or `end` has no offset, or they are the wrong way round.
    """
    return FileHistory(Path(path), profile, HistoryQuery(str(path), tuple(makers or ()), start, end))
