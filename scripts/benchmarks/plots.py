"""One picture a suite: the sides of every figure, and the measured curves."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from core.errors import ConfigError

OURS, THEIRS, OTHER = "#1f6f8b", "#b8b8b8", ("#c8553d", "#588157", "#8d6b94")
LOG_FROM = 20.0
"""Sides further apart than this factor are drawn on a logarithmic axis."""
BAR, PANEL, CURVE = 0.38, 1.25, 3.4


def draw_suites(result: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write ``bench-<suite>.png`` for every suite measured; their paths.

    Parameters
    ----------
    result : mapping
        As ``./sprue bench --json`` prints it.
    folder : Path
        Made when missing.

    Raises
    ------
    ConfigError
        There is nothing to draw with.
    """
    load_matplotlib()
    folder.mkdir(parents=True, exist_ok=True)
    return [_draw_suite(result, name, folder) for name in result["suites"]]


def load_matplotlib() -> Any:
    """matplotlib, set to draw into files.

    Raises
    ------
    ConfigError
        It is not installed.
    """
    try:
        matplotlib: Any = importlib.import_module("matplotlib")
    except ModuleNotFoundError:
        msg = "pictures: expected matplotlib, found none; `./sprue bench` installs it (group peers)"
        raise ConfigError(msg) from None
    matplotlib.use("Agg")
    return matplotlib


def picture_name(suite: str) -> str:
    """File name of a suite's picture."""
    return f"bench-{suite}.png"


def _draw_suite(result: Mapping[str, Any], suite: str, folder: Path) -> Path:
    pyplot: Any = importlib.import_module("matplotlib.pyplot")
    figures = [
        (key, figure)
        for key, figure in result["figures"].items()
        if figure["suite"] == suite and figure["value"] is not None
    ]
    curves: dict[str, list[Mapping[str, Any]]] = {}
    for curve in result["suites"][suite]["curves"]:
        curves.setdefault(curve["title"], []).append(curve)
    heights = [PANEL + BAR * len(figure["rates"]) for _, figure in figures] + [CURVE] * len(curves)
    whole, axes = pyplot.subplots(
        len(heights),
        1,
        figsize=(10, sum(heights) + 0.6),
        height_ratios=heights,
        squeeze=False,
        layout="constrained",
    )
    for axis, (key, figure) in zip(axes[:, 0], figures, strict=False):
        _draw_bars(axis, key, figure)
    for axis, (title, lines) in zip(axes[len(figures) :, 0], curves.items(), strict=True):
        _draw_curves(axis, title, lines)
    smoke = " · SMOKE TEST, FIGURES SAY NOTHING" if result["quick"] else ""
    whole.suptitle(f"./sprue bench {suite}{smoke}", fontsize=11, x=0.01, ha="left")
    path = folder / picture_name(suite)
    whole.savefig(path, dpi=110, metadata={"Software": None})
    pyplot.close(whole)
    return path


def _draw_bars(axis: Any, key: str, figure: Mapping[str, Any]) -> None:
    sides = list(figure["rates"].items())
    values = [side["median"] for _, side in sides]
    below = [side["median"] - side["min"] for _, side in sides]
    above = [side["max"] - side["median"] for _, side in sides]
    colours = [OURS if _is_ours(name) else THEIRS for name, _ in sides]
    places = range(len(sides))
    axis.barh(places, values, xerr=(below, above), color=colours, height=0.7, capsize=3, ecolor="#444444")
    axis.set_yticks(places, [name for name, _ in sides])
    axis.invert_yaxis()
    if max(values) > LOG_FROM * min(values):
        axis.set_xscale("log")
        axis.set_xlim(min(values) / 3, max(values) * 6)
    else:
        axis.set_xlim(0, (max(values) + max(above)) * 1.18)
    for place, value, more in zip(places, values, above, strict=True):
        axis.annotate(
            f" {readable(value)}",
            (value + more, place),
            va="center",
            xytext=(3, 0),
            textcoords="offset points",
        )
    axis.set_xlabel(figure["unit"])
    axis.set_title(f"{key}: {_headline(figure)}", loc="left", fontsize=10)
    axis.spines[["top", "right"]].set_visible(False)


def _draw_curves(axis: Any, title: str, lines: Iterable[Mapping[str, Any]]) -> None:
    lines = list(lines)
    for colour, line in zip((OURS, *OTHER), lines, strict=False):
        axis.plot(line["sizes"], line["values"], marker="o", color=colour, label=line["name"])
    axis.set_xscale("log")
    sizes = sorted({size for line in lines for size in line["sizes"]})
    axis.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axis.minorticks_off()
    every = [value for line in lines for value in line["values"]]
    if max(every) > LOG_FROM / 4 * min(every):
        axis.set_yscale("log")
    else:
        axis.set_ylim(0, max(every) * 1.2)
    axis.set_xlabel(lines[0]["sizes_name"])
    axis.set_ylabel(lines[0]["values_name"])
    axis.set_title(title, loc="left", fontsize=10)
    axis.grid(alpha=0.3)
    axis.legend(frameon=False)
    axis.spines[["top", "right"]].set_visible(False)


def _headline(figure: Mapping[str, Any]) -> str:
    value = readable(figure["value"])
    if figure["target"] is None:
        return f"{value} (reported)"
    met = "met" if figure["met"] else "MISSED"
    return f"{value}, target {figure['sense']} {readable(figure['target'])}: {met}"


def _is_ours(name: str) -> bool:
    return name.startswith(("sprue", "judge")) or name[0].isdigit()


def readable(value: float) -> str:
    """Three significant digits, thousands separated.

    >>> readable(1234567.0), readable(0.01234), readable(12.0)
    ('1,230,000', '0.0123', '12')
    """
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 100 else f"{rounded:g}"
