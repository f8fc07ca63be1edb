from __future__ import annotations

import io

import pytest
from rich.console import Console

from core.profile import GroupKey
from models.artifact import Coverage
from scripts.train import coverage_table


def group(status: str, kind: str | None, reason: str) -> Coverage:
    return Coverage(
        key=GroupKey("Woojin", "S14", "CN7 W/S SIDE MLD'G", 0),
        rows=12_306,
        lots=22,
        good=12_000,
        bad=12,
        first=0,
        last=1,
        status=status,
        kind=kind,
        reason=reason,
    )


@pytest.mark.parametrize("width", [80, 140])
def test_a_narrow_window_cuts_nothing_of_the_coverage_table(width: int) -> None:
    groups = [
        group("trained", "isolation_forest", ""),
        group("validate", None, "defect rate 2.31%, not below 1.00%"),
        group("too_few", None, "188 shots (3 more in lots without good and bad), fewer than 300"),
    ]
    output = io.StringIO()
    Console(file=output, width=width).print(coverage_table(groups))
    words = output.getvalue().split()

    for shown in groups:
        status = shown.kind or f"{shown.status}: {shown.reason}"
        for word in f"Woojin S14 {shown.key.item} 12,306 {status}".split():
            assert word in words
