"""The suite's tables as texts, for terminal and page."""

from __future__ import annotations

from typing import Any

Plain = dict[str, Any]

MEASURE_WORDS = {"auroc": "AUROC", "average_precision": "average precision"}


def measure_headings(found: Plain) -> list[str]:
    """Method, each set, mean, mean rank."""
    sets = [f"{name} (apart)" if about["apart"] else name for name, about in found["sets"].items()]
    return ["", *sets, "mean", "mean rank"]


def measure_rows(found: Plain, measure: str) -> list[list[str]]:
    """A line for each method, best mean rank first; the best of a set begins with ``*``."""
    told = found["measures"][measure]
    names = [method["name"] for method in found["methods"]]
    names.sort(key=lambda name: told["mean_rank"][name]["value"] or float("inf"))
    best = {
        data: max((row[name]["value"] for name in names if row[name]["value"] is not None), default=None)
        for data, row in told["table"].items()
    }
    rows = []
    for name in names:
        cells = [_cell(row[name]["value"], best[data]) for data, row in told["table"].items()]
        mean, rank = told["mean"][name], told["mean_rank"][name]
        rows.append([name, *cells, _cell(mean["value"], None), _ranked(rank)])
    return rows


def set_rows(found: Plain) -> list[tuple[str, ...]]:
    """A line for each set: size, protocol, what our choices took."""
    rows: list[tuple[str, ...]] = []
    for name, about in found["sets"].items():
        chosen = "; ".join(
            f"{way}: {', '.join(f'{kind} {count}' for kind, count in kinds.items())}"
            for way, kinds in about["chosen"].items()
        )
        size = f"{about['rows']:,} / {about['units']:,} ({about['bad']:,} bad)"
        rows.append((name, size, str(about["seeds"]), about["protocol"], chosen))
    return rows


def _cell(value: float | None, best: float | None) -> str:
    if value is None:
        return "–"
    return f"{'*' if value == best else ''}{value:.3f}"


def _ranked(rank: Plain) -> str:
    if rank["value"] is None:
        return "–"
    between = f" ({rank['low']:.1f}–{rank['high']:.1f})" if rank["low"] is not None else ""
    return f"{rank['value']:.2f}{between}"
