"""What the demonstration shows in a terminal: the presses while it runs, the figures at its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from scripts.demonstration.feed import Sent
from scripts.demonstration.service_process import ServiceProcess

STYLE = {"OK": "default", "WARN": "yellow", "NG": "bold red"}
_WIDTHS = {"press": 3, "item": 7, "verdict": 7, "score": 5, "limit": 5, "judged by": 9, "why": 0}
"""What a column keeps in a narrow terminal; "why" is the one that is cut."""


def screen(service: ServiceProcess, sent: Sent, *, feeding: bool) -> RenderableType:
    """What the REST API says now, one row a press, and where to look further; 80 columns hold it."""
    presses = service.get("/api/v1/facilities")["facilities"]
    status = service.get("/api/v1/status")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name, width in _WIDTHS.items():
        number = name in ("score", "limit")
        table.add_column(name, justify="right" if number else "left", no_wrap=True, min_width=width)
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
    # Counted after the answer: what was judged was sent before.
    shots = len(sent.inserted_at)
    counts = f"{shots:,} shots sent · {status['verdicts']:,} judged · {status['dead_letters']:,} dead letters"
    lines = [
        Text(""),
        Text(counts + ("" if feeding else " · all are in, the service stays up"), overflow="fold"),
        Text(""),
        Text(f"machine hall  {service.url}/", overflow="fold"),
        Text(f"REST          {service.url}/api/v1/verdicts?outcome=NG", overflow="fold"),
        Text("Ctrl-C ends it and counts what came out.", style="dim"),
    ]
    return Group(table, *lines)


def summary(figures: Mapping[str, Any]) -> RenderableType:
    """The figures of `scripts.demonstration.report` for a person."""
    outcomes, routes = figures["outcomes"], figures["routes"]
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    table.add_row(
        "shots",
        f"{figures['shots']:,} sent, {figures['verdicts']:,} judged, {figures['dead_letters']:,} dead "
        f"letters, {figures['lost']:,} lost, {figures['doubled']:,} doubled",
    )
    table.add_row("verdicts", " · ".join(f"{name} {count:,}" for name, count in outcomes.items()))
    table.add_row("judged by", " · ".join(f"{name} {count:,}" for name, count in routes.items()))
    table.add_row("bad parts", f"{figures['bad_shots']:,}, judged NG: {_percent(figures['ng_recall'])}")
    good = figures["shots"] - figures["bad_shots"]
    table.add_row("good parts", f"{good:,}, judged NG: {_percent(figures['false_alarm_rate'])}")
    if figures["abnormal_good_shots"]:
        table.add_row(
            "", f"among them {figures['abnormal_good_shots']:,} with a slight fault on the press, "
            f"judged NG: {figures['flagged_abnormal_good']:,}"
        )  # fmt: skip
    if figures["latency_p50_ms"] is not None:
        half, most = figures["latency_p50_ms"], figures["latency_p99_ms"]
        table.add_row("latency", f"{half:g} ms for half of the shots, {most:g} ms for 99 of 100")
    return table


def _limit(row: Mapping[str, Any]) -> float | None:
    return None if row["base"] is None else row["base"] + row["tolerance"]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.2%}"


def _why(row: Mapping[str, Any]) -> str:
    reasons = row["reasons"]
    if not reasons or row["outcome"] == "OK":
        return ", ".join(row["flags"])
    return f"{reasons[0]['variable']} {reasons[0]['direction']}"
