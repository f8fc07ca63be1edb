"""Small plots as inline SVG: axes, lines, bars, dots; no script, no outside asset."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

LEFT, RIGHT, TOP, BOTTOM = 52, 18, 38, 40
"""Room around the plotting area, in pixels."""


class Plot:
    """One plot; drawn things are added in the order in which they cover each other.

    Classes of what is drawn (``good``, ``bad``, ``limit``, ...) get their colour from the page.

    Parameters
    ----------
    title, x_label, y_label : str
    x, y : (float, float)
        Ranges of the axes.
    percent : str
        Axes told in percent: ``""``, ``"x"``, ``"y"`` or ``"xy"``.
    size : (int, int)
        Pixels.
    """

    def __init__(
        self,
        title: str,
        x_label: str,
        y_label: str,
        x: tuple[float, float] = (0.0, 1.0),
        y: tuple[float, float] = (0.0, 1.0),
        *,
        percent: str = "",
        size: tuple[int, int] = (420, 300),
    ) -> None:
        self._title, self._x_label, self._y_label = title, x_label, y_label
        self._x, self._y = _not_empty(x), _not_empty(y)
        self._percent = percent
        self._width, self._height = size
        self._drawn: list[str] = []
        self._legend: list[tuple[str, str]] = []

    def line(self, points: Iterable[Sequence[float]], kind: str, label: str = "") -> None:
        """A line through these points."""
        path = " ".join(f"{self._px(x):.1f},{self._py(y):.1f}" for x, y in points)
        self._drawn.append(f'<polyline class="line {kind}" points="{path}"/>')
        self._note(kind, label)

    def bars(self, edges: Sequence[float], heights: Sequence[float], kind: str, label: str = "") -> None:
        """A histogram's bars."""
        ground = self._py(self._y[0])
        for left, right, height in zip(edges, edges[1:], heights, strict=False):
            if height > 0:
                top = self._py(min(height, self._y[1]))
                a, b = self._px(left), self._px(right)
                self._drawn.append(
                    f'<rect class="bar {kind}" x="{a:.1f}" y="{top:.1f}" width="{max(b - a - 0.5, 0.5):.1f}" '
                    f'height="{max(ground - top, 0):.1f}"/>'
                )
        self._note(kind, label)

    def dots(self, points: Iterable[tuple[float, float, str]], kind: str, label: str = "") -> None:
        """Dots with what they say when pointed at; ``bad`` ones are squares, not by colour alone."""
        for x, y, says in points:
            a, b = self._px(x), self._py(y)
            shape = (
                f'<rect class="dot {kind}" x="{a - 3:.1f}" y="{b - 3:.1f}" width="6" height="6">'
                if kind == "bad"
                else f'<circle class="dot {kind}" cx="{a:.1f}" cy="{b:.1f}" r="3">'
            )
            end = "</rect>" if kind == "bad" else "</circle>"
            self._drawn.append(f"{shape}<title>{escape(says)}</title>{end}")
        self._note(kind, label)

    def upright(self, x: float, kind: str, label: str = "") -> None:
        """A line from bottom to top."""
        self.line([(x, self._y[0]), (x, self._y[1])], kind, label)

    def svg(self) -> str:
        """The plot as an ``<svg>`` element."""
        w, h = self._width, self._height
        middle = (LEFT + w - RIGHT) / 2
        return "".join(
            [
                f'<svg viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" '
                f'aria-label="{escape(self._title)}">',
                *self._axes(),
                *self._drawn,
                f'<text class="title" x="{LEFT}" y="14">{escape(self._title)}</text>',
                f'<text class="label" x="{middle}" y="{h - 6}" text-anchor="middle">'
                f"{escape(self._x_label)}</text>",
                f'<text class="label" transform="translate(12 {(TOP + h - BOTTOM) / 2}) rotate(-90)" '
                f'text-anchor="middle">{escape(self._y_label)}</text>',
                *self._key(),
                "</svg>",
            ]
        )

    def _axes(self) -> Iterable[str]:
        left, right = LEFT, self._width - RIGHT
        bottom = self._height - BOTTOM
        for tick in ticks(*self._x):
            at = self._px(tick)
            yield f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{bottom}"/>'
            yield (
                f'<text class="tick" x="{at:.1f}" y="{bottom + 14}" text-anchor="middle">'
                f"{_said(tick, 'x' in self._percent)}</text>"
            )
        for tick in ticks(*self._y):
            at = self._py(tick)
            yield f'<line class="grid" x1="{left}" x2="{right}" y1="{at:.1f}" y2="{at:.1f}"/>'
            yield (
                f'<text class="tick" x="{left - 5}" y="{at + 3.5:.1f}" text-anchor="end">'
                f"{_said(tick, 'y' in self._percent)}</text>"
            )
        yield f'<path class="axis" d="M{left} {TOP}V{bottom}H{right}"/>'

    def _key(self) -> Iterable[str]:
        at = float(self._width - RIGHT)
        for kind, label in reversed(self._legend):
            at -= 6.1 * len(label)
            yield f'<text class="tick" x="{at:.1f}" y="29">{escape(label)}</text>'
            yield f'<line class="key {kind}" x1="{at - 15:.1f}" x2="{at - 4:.1f}" y1="25.5" y2="25.5"/>'
            at -= 26

    def _note(self, kind: str, label: str) -> None:
        if label:
            self._legend.append((kind, label))

    def _px(self, x: float) -> float:
        low, high = self._x
        return LEFT + (min(max(x, low), high) - low) / (high - low) * (self._width - LEFT - RIGHT)

    def _py(self, y: float) -> float:
        low, high = self._y
        share = (min(max(y, low), high) - low) / (high - low)
        return self._height - BOTTOM - share * (self._height - TOP - BOTTOM)


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers between two bounds, about as many as asked for.

    >>> ticks(0.0, 1.0), ticks(0.0, 0.023)
    ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [0.0, 0.005, 0.01, 0.015, 0.02])
    """
    rough = (high - low) / about
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * unit for factor in (1, 2, 5, 10) if factor * unit >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(n * step, 12) for n in range(first, math.floor(high / step + 1e-9) + 1)]


def _said(value: float, percent: bool) -> str:
    return f"{value * 100:g}%" if percent else f"{value:g}"


def _not_empty(bounds: tuple[float, float]) -> tuple[float, float]:
    low, high = bounds
    return (low, high) if high > low else (low, low + 1.0)
