"""Figures with their intervals, one line each, best on top, as inline SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from scripts.evaluation.svg import ticks

Plain = dict[str, Any]

LINE, LEFT, RIGHT, TOP, BOTTOM, WIDTH = 17, 150, 58, 26, 22, 520


def interval_plot(title: str, rows: Sequence[tuple[str, Plain, bool]], *, rising: bool) -> str:
    """An ``<svg>`` element.

    Parameters
    ----------
    rows : sequence of (name, figure with ``value``, ``low``, ``high``, whether it is ours)
        Figures without a value are left out.
    rising : bool
        Whether a higher figure is better.
    """
    some = [row for row in rows if row[1]["value"] is not None]
    some.sort(key=lambda row: row[1]["value"], reverse=rising)
    ends: list[float] = [
        e for _, f, _ in some for e in (f["low"], f["value"], f["high"]) if e is not None
    ] or [0.0]
    low, high = min(ends), max(ends)
    low, high = (low, high) if high > low else (low - 0.5, low + 0.5)
    height = TOP + LINE * len(some) + BOTTOM

    def at(value: float) -> float:
        return LEFT + (value - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    drawn = [f'<text class="title" x="8" y="15">{escape(title)}</text>']
    for tick in ticks(low, high):
        x = at(tick)
        drawn.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{height - BOTTOM}"/>')
        drawn.append(f'<text class="tick" x="{x:.1f}" y="{height - 7}" text-anchor="middle">{tick:g}</text>')
    for number, (name, told, own) in enumerate(some):
        y = TOP + LINE * (number + 0.5)
        kind = "bad" if own else "good"
        weight = ' font-weight="600"' if own else ""
        drawn.append(
            f'<text class="tick" x="{LEFT - 10}" y="{y + 3.5:.1f}" text-anchor="end"{weight}>'
            f"{escape(name)}</text>"
        )
        if told["low"] is not None:
            drawn.append(
                f'<line class="line {kind}" x1="{at(told["low"]):.1f}" x2="{at(told["high"]):.1f}" '
                f'y1="{y:.1f}" y2="{y:.1f}"/>'
            )
        # A square for ours: not by colour alone.
        x = at(told["value"])
        drawn.append(
            f'<rect class="dot {kind}" x="{x - 3.5:.1f}" y="{y - 3.5:.1f}" width="7" height="7"/>'
            if own
            else f'<circle class="dot {kind}" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>'
        )
        drawn.append(
            f'<text class="tick" x="{WIDTH - RIGHT + 12}" y="{y + 3.5:.1f}">{told["value"]:.3f}</text>'
        )
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" '
        f'aria-label="{escape(title)}">{"".join(drawn)}</svg>'
    )
