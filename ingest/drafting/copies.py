"""Files of a folder that hold the same rows as another one: what an earlier run converted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ingest.drafting.clock import day_in_name
from ingest.drafting.column import columns_of

TOTALS = frozenset({"lot_good", "lot_bad"})
_WRITTEN = TOTALS | {"time"}
"""Columns that `--convert` adds."""


def converted_headers(headers: Mapping[Path, tuple[str, ...]]) -> dict[Path, Path]:
    """Files whose columns are another one's and lot totals besides, by that other one."""
    found: dict[Path, Path] = {}
    for file, header in headers.items():
        own = set(header)
        if not own >= TOTALS:
            continue
        for other, columns in headers.items():
            if other != file and not set(columns) & TOTALS and own - _WRITTEN <= set(columns):
                found[file] = other
                break
    return found


def same_rows(files: Sequence[Path], read: Callable[[Path], Iterator[pd.DataFrame]]) -> dict[Path, Path]:
    """Files with the same rows as another one, by that one.

    Numbers count as the same however they are written (`1,5` and `1.50`), and the order of the
    rows counts for nothing within a piece. Of the same ones the file written first is kept.

    Parameters
    ----------
    files : sequence of Path
        With the same columns.
    read : callable
        The rows of a file in pieces.
    """
    begins: dict[tuple[object, ...], list[Path]] = {}
    for file in sorted(files, key=lambda f: f.stat().st_mtime_ns):
        first = next(read(file), None)
        if first is not None and len(first):
            begins.setdefault((day_in_name(file.name), *_content(first)), []).append(file)
    copies: dict[Path, Path] = {}
    for alike in begins.values():
        known: dict[tuple[object, ...], Path] = {}
        for file in alike if len(alike) > 1 else ():
            kept = known.setdefault(tuple(map(_content, read(file))), file)
            if kept != file:
                copies[file] = kept
    return copies


def _content(rows: pd.DataFrame) -> tuple[object, ...]:
    """The same for the same rows, whatever their order."""
    told = {}
    for name, column in columns_of(rows).items():
        is_number = column.kind == "number" and not column.unreadable
        values = pd.Series(column.numbers) if is_number else column.values.astype(str).str.strip()
        told[name] = pd.util.hash_pandas_object(values, index=False).to_numpy()
    whole = pd.util.hash_pandas_object(pd.DataFrame(told), index=False).to_numpy()
    return len(rows), int(whole.sum()), int(np.bitwise_xor.reduce(whole))
