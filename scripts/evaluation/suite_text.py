"""The comparison of the suite as text for a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from scripts.evaluation.suite_words import MEASURE_WORDS, measure_headings, measure_rows

Plain = dict[str, Any]


def show_suite(found: Plain, console: Console) -> None:
    """Print what `scripts.evaluation.suite_table.suite_report` gave; the best of a set is bold."""
    own = {method["name"] for method in found["methods"] if method["own"]}
    for measure, words in MEASURE_WORDS.items():
        table = Table(title=words, title_justify="left", box=None, padding=(0, 1, 0, 0))
        for number, heading in enumerate(measure_headings(found)):
            table.add_column(escape(heading), justify="right" if number else "left", overflow="fold")
        for row in measure_rows(found, measure):
            table.add_row(*(_cell(cell, own) for cell in row))
        console.print(table)
    for note in found["notes"]:
        console.print(note, highlight=False, markup=False)
    for failed in found["failed"]:
        said = f"{failed['method']} failed on {failed['set']}, seed {failed['seed']}: {failed['why']}"
        console.print(said, highlight=False, markup=False)


def _cell(cell: str, own: set[str]) -> str:
    if cell.startswith("*"):
        return f"[bold]{escape(cell[1:])}[/]"
    return f"[bold]{escape(cell)}[/]" if cell in own else escape(cell)
