"""Where the shots to evaluate come from: a file, or the plant's history as training reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rich.console import Console

from core.batch import NO_TIME, Strings
from core.config import Config, redacted
from core.errors import SourceUnavailable
from core.profile import Profile
from ingest.history import collect
from ingest.table import read_table


@dataclass(frozen=True, slots=True)
class Wanted:
    """Rows wanted: makers (all when empty) and ``start <= time < end``."""

    makers: Sequence[str] = ()
    start: datetime | None = None
    end: datetime | None = None

    def mask(self, maker: Strings, time: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which rows these are, ``(n,)``; a row without time is in no range."""
        keep = np.ones(len(time), dtype=bool)
        if self.makers:
            keep &= pd.Series(maker).isin(list(self.makers)).to_numpy()
        if self.start is not None:
            keep &= time >= self.start.timestamp() * 1000
        if self.end is not None:
            keep &= (time < self.end.timestamp() * 1000) & (time != NO_TIME)
        return keep


def frames_of(
    file: Path | None, config: Config, profile: Profile, wanted: Wanted, console: Console
) -> tuple[Iterator[pd.DataFrame], str]:
    """The rows, frame by frame, and what they are called in the report.

    Parameters
    ----------
    file : Path or None
        A table file, given as a whole: what came before the wanted rows fills gaps in them.
        None means the PostgreSQL history that training reads, the wanted rows of it.

    Raises
    ------
    SourceUnavailable
        That history cannot be reached; where nobody said where it is, that, too.
    """
    if file is not None:
        return read_table(file, profile, chunk_rows=config.batch_size), file.name
    with console.status("Reading the history ...") as status:
        try:
            collected = collect(
                config.history_url.get_secret_value(),
                config.history_table,
                profile,
                config.home / "history",
                makers=wanted.makers,
                start=wanted.start,
                end=wanted.end,
                progress=lambda rows: status.update(f"Reading the history ... {rows:,} rows"),
            )
        except SourceUnavailable as error:
            if "history_url" in config.model_fields_set:
                raise
            msg = f"{error}; give --history FILE or set SPRUE_HISTORY_URL"
            raise SourceUnavailable(msg) from None
    where = f"{config.history_table} of {redacted(config.history_url.get_secret_value())}"
    return _pieces(collected.frames(), config.batch_size), where


def _pieces(frames: Iterator[pd.DataFrame], rows: int) -> Iterator[pd.DataFrame]:
    for frame in frames:
        for start in range(0, len(frame), rows):
            yield frame.iloc[start : start + rows].reset_index(drop=True)
