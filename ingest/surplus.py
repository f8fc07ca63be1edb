"""Values that rows of a text table have beyond its header.

Pandas takes a first row that is too long as it is, and leaves out what later ones have too much. Commas
at the end of every row are harmless. A decimal comma is not: it parts a number in two, and whatever
follows is read one column too early.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from core.errors import HistoryError


def names_beyond(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A name for each value that the first of the rows has beyond the header.

    >>> len(names_beyond(["a", "b"], [[], ["47", "5", "139"]]))
    1
    """
    first = next((row for row in rows if row), ())
    return [f"\0{number}" for number in range(len(header), len(first))]


def options_for(header: Sequence[str], beyond: Sequence[str]) -> dict[str, Any]:
    """What `pandas.read_csv` is told so that it keeps them."""
    if not beyond:
        return {}
    own = [name or f"Unnamed: {number}" for number, name in enumerate(header)]  # as pandas calls them
    return {"names": [*own, *beyond], "header": 0}


def without(frames: Iterable[pd.DataFrame], beyond: Sequence[str], file: Path) -> Iterator[pd.DataFrame]:
    """The pieces of a table without what is beyond the header.

    Raises
    ------
    HistoryError
        There is something; names the row.
    """
    for frame in frames:
        more = frame[list(beyond)].notna().any(axis=1).to_numpy()
        if more.any():
            msg = (
                f"{file}: row {frame.index[int(more.argmax())] + 1}: expected "
                f"{len(frame.columns) - len(beyond)} values as the header has names, got more; "
                "write decimal points, or put numbers with decimal commas in quotes"
            )
            raise HistoryError(msg)
        yield frame.drop(columns=list(beyond)) if beyond else frame
