"""What the demonstration of a process that predicts shows: how well, and where to look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from scripts.prediction.figure_names import ERROR, ERROR_RANDOM, INSIDE, MEANING, R2, R2_RANDOM, named


def validation_table(figures: Mapping[str, Any]) -> RenderableType:
    """The figures of `scripts.demonstration.targets_report.figures`; 80 columns hold them."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("target")
    names = [name for target in figures["targets"].values() for name in target["regressors"]]
    table.add_column("regressor", overflow="fold", min_width=max(map(len, names), default=0))
    for name in (R2, ERROR, INSIDE, R2_RANDOM, ERROR_RANDOM):
        table.add_column(name, justify="right")
    for name, target in figures["targets"].items():
        for regressor, splits in target["regressors"].items():
            chosen = regressor == target["chosen"]
            cells = _cells(splits, target["unit"])
            table.add_row(name, named(regressor, chosen=chosen), *cells, style="bold" if chosen else None)
    return Group(table, Text(MEANING, style="dim"))


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
