"""Rows for people in a window of any width, and for programs behind a pipe; nothing is ever cut."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console

_BETWEEN = "  "
_INDENT = "    "


def print_rows(names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: for the window's width, or one tab-separated line a row into a pipe or file.

    Parameters
    ----------
    names : sequence of str
        Headings of the columns.
    rows : sequence of sequence of str
        Texts without control characters, as many as there are `names`.
    """
    width = Console().width if sys.stdout.isatty() else None
    for line in lines(names, rows, width):
        print(line)


def printable(text: str) -> str:
    r"""What a sender or a person wrote, as text and not as a command to the terminal.

    >>> printable("off\x1b[2J")
    'off\ufffd[2J'
    """
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def lines(names: Sequence[str], rows: Sequence[Sequence[str]], width: int | None) -> Iterator[str]:
    r"""The lines of a table; columns beyond the width go below their row, by name.

    Parameters
    ----------
    names, rows
        See `print_rows`.
    width : int or None
        Cells a line has; None: separated by tabs, however long.

    Examples
    --------
    >>> table = ["seq", "record", "detail"], [["1", "shot-1", "cycle_time: got 'a'"]]
    >>> for line in lines(*table, 30):
    ...     print(line)
    seq  record
    1    shot-1
        detail: cycle_time: got
        'a'
    >>> list(lines(*table, None))[1]
    "1\tshot-1\tcycle_time: got 'a'"
    """
    if width is None:
        yield from ("\t".join(row) for row in (names, *rows))
        return
    widths = [max(map(cell_len, column)) for column in zip(names, *rows, strict=True)]
    beside = _fitting(widths, width)
    yield _beside(names, widths[:beside])
    for row in rows:
        yield _beside(row, widths[:beside])
        for name, text in zip(names[beside:], row[beside:], strict=True):
            yield from _below(f"{name}: {text}", width)


def _fitting(widths: Sequence[int], width: int) -> int:
    """How many columns, the first at least, fit beside one another."""
    used = -len(_BETWEEN)
    for number, wide in enumerate(widths):
        used += len(_BETWEEN) + wide
        if used > width:
            return max(number, 1)
    return len(widths)


def _beside(texts: Sequence[str], widths: Sequence[int]) -> str:
    beside = zip(texts[: len(widths)], widths, strict=True)
    padded = (text + " " * (wide - cell_len(text)) for text, wide in beside)
    return _BETWEEN.join(padded).rstrip()


def _below(text: str, width: int) -> Iterator[str]:
    # A letter of Korean takes two cells: by half the letters it fits in any case.
    letters = width if cell_len(text) == len(text) else width // 2
    yield from textwrap.wrap(
        text, max(letters, 20), initial_indent=_INDENT, subsequent_indent=_INDENT, break_on_hyphens=False
    )
