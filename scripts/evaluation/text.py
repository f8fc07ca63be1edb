"""The evaluation of a version as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from scripts.evaluation.frame import interval
from scripts.evaluation.words import (
    PART_HEADINGS,
    limit_in_use,
    part_row,
    parts_worst_first,
    peer_caption,
    peer_headings,
    peer_rows,
    shot_rows,
)

Plain = dict[str, Any]

MOST_GROUPS = 25
TITLES = {"unseen": "Not seen in training", "seen": "Seen in training (flattering)"}


def show(found: Plain, console: Console) -> None:
    """Print what `scripts.evaluation.report.report` gave."""
    refused = sum(found["refused"].values())
    version = found["version"] + limit_in_use(found)
    console.print(
        f"version {version}: {found['rows']:,} rows with a verdict, {found['shots']:,} shots"
        + (f"; {refused:,} rows without a verdict" if refused else ""),
        highlight=False, markup=False, soft_wrap=True,
    )  # fmt: skip
    for name, section in found["sections"].items():
        if section["shots"]:
            _show_section(TITLES[name], section, console)
    if found.get("peers") is not None:
        console.print(f"\n{peer_caption(found['peers'])}", highlight=False, markup=False)
        console.print(_table(peer_headings(), peer_rows(found["peers"], intervals=False)))


def _show_section(title: str, section: Plain, console: Console) -> None:
    console.print(
        f"\n[bold]{title}[/]: {section['shots']:,} shots, {section['labelled']:,} labelled, "
        f"{section['flagged']:,} NG, {section['warned']:,} WARN",
        highlight=False,
    )
    figures, lots = section["figures"], section["lot_figures"]
    if figures:
        heads = [f"{name}: {one['shots']:,}, {one['bad']:,} bad" for name, one in figures.items()]
        console.print(_table(("shots", *heads), shot_rows(figures)))
        left = figures["all"]["unranked"]
        if left:
            console.print(f"{left:,} shots judged by static limits are in no ranking", highlight=False)
    if lots is not None:
        low, high = lots["flags_expected"]
        any_bad, over = lots["any_bad"], lots["over_limit"]
        agree = f"{low:,.0f}–{high:,.0f} would agree"
        rows = [
            ("rank correlation with the defect rate", *interval(lots["rank_correlation"])),
            (f"AUC, {any_bad['bad']} lots with a counted bad", *interval(any_bad["auc"])),
            ("of these with a flagged shot", *interval(any_bad["recall"], shares=True)),
            (f"of the {any_bad['good']} others, flagged", *interval(any_bad["false_alarms"], shares=True)),
            (f"AUC, {over['bad']} lots over the defect limit", *interval(over["auc"])),
            ("of these with a flagged shot", *interval(over["recall"], shares=True)),
            ("flags / counted bad", f"{lots['flagged']:,.0f} / {lots['counted_bad']:,.0f}", agree),
        ]
        console.print(_table((f"{lots['lots']:,} counted lots", "", "95 % interval"), rows))
    for heading, parts in (("fault kind", section["causes"]), ("route", section["routes"])):
        if parts:
            console.print(_parts(heading, parts))
    some = parts_worst_first(section["groups"])
    console.print(_parts("group", some[:MOST_GROUPS]))
    if len(some) > MOST_GROUPS:
        console.print(f"{len(some) - MOST_GROUPS} more groups with --json or --html", highlight=False)


def _parts(heading: str, parts: Sequence[Plain]) -> Table:
    return _table((heading, *PART_HEADINGS[1:]), [part_row(part) for part in parts_worst_first(parts)])


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    made = Table(box=None, padding=(0, 2, 0, 0), title_justify="left")
    for number, heading in enumerate(headings):
        made.add_column(escape(heading), justify="left" if number == 0 else "right", overflow="fold")
    for row in rows:
        made.add_row(*(escape(cell) for cell in row))
    return made
