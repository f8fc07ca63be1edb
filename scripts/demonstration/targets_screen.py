"""What the demonstration of a process that predicts shows: how well, and where to look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text


def validation_table(figures: Mapping[str, Any]) -> RenderableType:
    """The figures of `scripts.demonstration.targets_report.figures`; 80 columns hold them."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("target")
    table.add_column("regressor", overflow="fold")
    for name in ("R2", "off by", "inside", "R2 at random", "off by"):
        table.add_column(name, justify="right")
    for name, target in figures["targets"].items():
        for regressor, splits in target["regressors"].items():
            style = "bold" if regressor == target["chosen"] else None
            table.add_row(name, regressor, *_cells(splits, target["unit"]), style=style)
    lines = (
        "R2, off by (mean error), inside their intervals: on whole settings left out of training.",
        "R2 at random: rows left out whose twins stayed in training; too good to be true.",
        "Bold is chosen.",
    )
    return Group(table, *(Text(line, style="dim") for line in lines))


def where_to_look(url: str, command: str) -> RenderableType:
    """Addresses and a command to go on with."""
    lines = (
        f"form          {url}/predict",
        f"REST          {url}/api/v1/predictor",
        f"command line  {command}",
        "Ctrl-C ends it.",
    )
    return Group(*(Text(line, overflow="fold") for line in lines))


def _cells(splits: Mapping[str, Any], unit: str) -> Iterator[str]:
    by_setting, at_random = splits["by_setting"] or {}, splits["random"] or {}
    yield _number(by_setting.get("r2"))
    yield f"{_number(by_setting.get('mae'))} {unit}".rstrip()
    coverage = by_setting.get("coverage")
    yield "-" if coverage is None else f"{coverage:.0%}"
    yield _number(at_random.get("r2"))
    yield f"{_number(at_random.get('mae'))} {unit}".rstrip()


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}" if abs(value) >= 1 else f"{value:.3g}"
