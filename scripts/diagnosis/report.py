"""Findings for people (80 columns will do) and for machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from scripts.diagnosis.finding import LEVELS, Finding, Level

_STYLE: dict[Level, str] = {
    "problem": "bold red",
    "warning": "yellow",
    "note": "cyan",
    "ok": "green",
}
_LEVEL_WIDTH, _SUBJECT_WIDTH, _LEAST_WIDTH = 8, 19, 20


def show(console: Console, finding: Finding) -> None:
    """One finding, with what to do below it, wrapped to the console's width."""
    width = max(_LEAST_WIDTH, console.width - _LEVEL_WIDTH - _SUBJECT_WIDTH)
    lines = [*Text(finding.sentence).wrap(console, width, overflow="fold")]
    if finding.advice:
        advice = Text(f"-> {finding.advice}", style="bold" if finding.level == "problem" else "")
        lines += advice.wrap(console, width, overflow="fold")
    head = Text(f"{finding.level:<{_LEVEL_WIDTH}}", style=_STYLE[finding.level])
    head.append(f"{finding.subject:<{_SUBJECT_WIDTH}}", style="not bold default")
    for line in lines:
        line.rstrip()
        console.print(Text.assemble(head, line), no_wrap=True, crop=False, overflow="ignore")
        head = Text(" " * (_LEVEL_WIDTH + _SUBJECT_WIDTH))


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


def conclusion(findings: Sequence[Finding]) -> str:
    """What the findings come to, and what to do first.

    >>> conclusion([Finding("ok", "a", "b"), Finding("problem", "reachable", "b", area="MongoDB")])
    'This home cannot judge yet. Begin with: MongoDB, reachable.'
    >>> conclusion([Finding("warning", "current", "b", area="Model"), Finding("ok", "a", "b")])
    'Nothing keeps sprue from starting here. Look at: Model, current.'
    >>> conclusion([Finding("note", "a", "b")])
    'Nothing keeps sprue from starting here.'
    """
    problems = [f"{f.area}, {f.subject}" for f in findings if f.level == "problem"]
    warnings = [f"{f.area}, {f.subject}" for f in findings if f.level == "warning"]
    if problems:
        return f"This home cannot judge yet. Begin with: {problems[0]}."
    if warnings:
        return f"Nothing keeps sprue from starting here. Look at: {'; '.join(dict.fromkeys(warnings))}."
    return "Nothing keeps sprue from starting here."


def as_object(findings: Sequence[Finding], code: int) -> dict[str, Any]:
    """All findings as one JSON object."""
    counts = Counter(finding.level for finding in findings)
    return {
        "exit_code": code,
        "counts": {level: counts[level] for level in LEVELS},
        "findings": [asdict(finding) for finding in findings],
    }
