"""The terminal view of the demonstration: the presses and what was found last."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from scripts.demonstration.service_process import ServiceProcess

STYLE = {"OK": "default", "WARN": "yellow", "NG": "bold red"}


def screen(service: ServiceProcess, sent: int) -> RenderableType:
    """What the REST API says now, one row a press, and where to look further."""
    presses = service.get("/api/v1/facilities")["facilities"]
    status = service.get("/api/v1/status")
    table = Table(title="Latest verdict of each press", title_justify="left", expand=False)
    for name in ("press", "item", "verdict", "score", "limit", "route", "why"):
        table.add_column(name, justify="right" if name in ("score", "limit") else "left")
    for row in (press["latest"] for press in presses):
        table.add_row(
            row["facility"],
            row["item"] or "-",
            Text(row["outcome"], style=STYLE[row["outcome"]]),
            _number(row["anomaly_score"]),
            _number(_limit(row)),
            row["route"],
            _why(row),
        )
    counts = (
        f"{sent:,} shots sent · {status['verdicts']:,} verdicts · {status['dead_letters']:,} dead letters"
    )
    where = f"Look at {service.url}/  and  {service.url}/api/v1/verdicts?outcome=NG   (Ctrl-C ends)"
    return Group(table, Text(counts), Text(where, style="dim"))


def _limit(row: dict[str, Any]) -> float | None:
    return None if row["base"] is None else row["base"] + row["tolerance"]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _why(row: dict[str, Any]) -> str:
    reasons = row["reasons"]
    return f"{reasons[0]['variable']} {reasons[0]['direction']}" if reasons else ", ".join(row["flags"])
