"""What became of each facility–item–setting group, as a table for people (IM-04, IM-05)."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from models.artifact import Coverage


def coverage_table(coverage: Sequence[Coverage]) -> Table:
    """The facility–item–setting table with what became of each group (IM-04, IM-05)."""
    table = Table(title="Facility–item–setting groups", title_justify="left", box=None, padding=(0, 1, 0, 0))
    for name in ("maker", "facility", "item", "setting", "shots", "lots", "defects", "status"):
        # Where it is narrow item and status wrap; anything cut short would say nothing.
        wraps = name in ("item", "status")
        table.add_column(
            name,
            justify="right" if name in ("setting", "shots", "lots", "defects") else "left",
            no_wrap=not wraps,
            overflow="fold",
        )
    for c in coverage:
        rate = "-" if c.defect_rate != c.defect_rate else f"{c.defect_rate:.2%}"
        status = c.kind if c.status == "trained" and c.kind else c.status
        table.add_row(
            escape(c.key.maker), escape(c.key.facility), escape(c.key.item), str(c.key.cluster),
            f"{c.rows:,}", str(c.lots), rate, escape(f"{status}: {c.reason}" if c.reason else status),
        )  # fmt: skip
    return table
