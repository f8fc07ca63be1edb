"""Findings for people (80 columns will do) and for machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from scripts.diagnosis.finding import LEVELS, Finding, Level

_STYLE: dict[Level, str] = {
    "problem": "bold red",
    "warning": "yellow",
    "note": "cyan",
    "ok": "green",
}
_LEVEL_WIDTH, _SUBJECT_WIDTH = 7, 18


def show(console: Console, finding: Finding) -> None:
    """One finding, with what to do below it."""
    row = Table.grid(padding=(0, 1), expand=True)
    row.add_column(width=_LEVEL_WIDTH)
    row.add_column(width=_SUBJECT_WIDTH, overflow="fold")
    row.add_column(ratio=1, overflow="fold")
    said = Text(finding.sentence)
    if finding.advice:
        said.append(f"\n-> {finding.advice}", style="bold" if finding.level == "problem" else "")
    row.add_row(Text(finding.level, style=_STYLE[finding.level]), Text(finding.subject), said)
    console.print(row)


def summary(findings: Sequence[Finding]) -> str:
    """How many of each level.

    >>> summary([Finding("ok", "a", "b"), Finding("problem", "a", "b"), Finding("ok", "a", "b")])
    '1 problem, 0 warnings, 0 notes, 2 in order'
    """
    counts = Counter(finding.level for finding in findings)
    parts = [
        f"{counts[level]} in order"
        if level == "ok"
        else f"{counts[level]} {level}{'' if counts[level] == 1 else 's'}"
        for level in LEVELS
    ]
    return ", ".join(parts)


def as_object(findings: Sequence[Finding], code: int) -> dict[str, Any]:
    """All findings as one JSON object."""
    counts = Counter(finding.level for finding in findings)
    return {
        "exit_code": code,
        "counts": {level: counts[level] for level in LEVELS},
        "findings": [asdict(finding) for finding in findings],
    }
