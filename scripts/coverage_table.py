"""What became of each facility–item–setting group, as a table (IM-04, IM-05)."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from models.artifact import Coverage
from scripts.listing import print_rows, printable

HEADINGS = ("maker", "facility", "item", "setting", "shots", "lots", "defects", "status")


def print_coverage(coverage: Sequence[Coverage]) -> None:
    """Print the table: for people as it fits their window, into a pipe one tab-separated line a row."""
    if sys.stdout.isatty():
        Console().print(coverage_table(coverage))
    else:
        print_rows(HEADINGS, [[*map(printable, _texts(c))] for c in coverage])


def coverage_table(coverage: Sequence[Coverage]) -> Table:
    """The facility–item–setting table with what became of each group (IM-04, IM-05)."""
    table = Table(title="Facility–item–setting groups", title_justify="left", box=None, padding=(0, 1, 0, 0))
    for name in HEADINGS:
        # Where it is narrow item and status wrap; anything cut short would say nothing.
        wraps = name in ("item", "status")
        table.add_column(
            name,
            justify="right" if name in ("setting", "shots", "lots", "defects") else "left",
            no_wrap=not wraps,
            overflow="fold",
        )
    for c in coverage:
        table.add_row(*map(escape, _texts(c)))
    return table


def _texts(c: Coverage) -> list[str]:
    rate = "-" if c.defect_rate != c.defect_rate else f"{c.defect_rate:.2%}"
    status = c.kind if c.status == "trained" and c.kind else c.status
    return [
        c.key.maker, c.key.facility, c.key.item, str(c.key.cluster), f"{c.rows:,}", str(c.lots), rate,
        f"{status}: {c.reason}" if c.reason else status,
    ]  # fmt: skip
