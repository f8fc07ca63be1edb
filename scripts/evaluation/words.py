"""Words and rows that text and page share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inference.evaluation.tally import FALSE_ALARM_RATES, recall_name
from scripts.evaluation.frame import interval

Plain = dict[str, Any]

RANKING_WORDS = {
    "auroc": "AUROC",
    "average_precision": "average precision",
    **{recall_name(rate): f"recall at {rate * 100:g} % false alarms" for rate in FALSE_ALARM_RATES},
}
LIMIT_WORDS = {
    "recall": "bad shots NG at the limit in use",
    "warned_bad": "bad shots WARN beside them",
    "false_alarms": "good shots NG (false alarms)",
    "warned_good": "good shots WARN beside them",
}
PART_HEADINGS = ("", "shots", "bad", "of these NG", "of these WARN", "others NG", "others WARN")


def limit_in_use(found: Plain) -> str:
    """Beside the version's name: whose limit its verdicts are under, when not the profile's.

    >>> limit_in_use({"threshold_choice": 7})
    ' under threshold choice 7'
    """
    choice = found.get("threshold_choice")
    return f" under threshold choice {choice}" if choice else ""


def shot_rows(figures: Plain) -> list[tuple[str, ...]]:
    """Lines of the table of shots, a column for all and for each route."""
    rows = [
        (words, *(_cell(one["ranking"].get(name)) for one in figures.values()))
        for name, words in RANKING_WORDS.items()
    ]
    for name, words in LIMIT_WORDS.items():
        rows.append((words, *(_cell(one[name], shares=True) for one in figures.values())))
    return rows


def _cell(value: Plain | None, *, shares: bool = False) -> str:
    """A figure with its interval in brackets."""
    if value is None:
        return "–"
    said, between = interval(value, shares=shares)
    return f"{said} ({between})" if between else said


def part_row(part: Plain) -> tuple[str, ...]:
    """One line of a table of parts.

    >>> part_row({"name": "P1", "shots": 1200, "bad": 4, "caught": 3, "warned": 0,
    ...           "alarms": 12, "worries": 6})
    ('P1', '1,200', '4', '3 (75%)', '0', '12 (1.00%)', '6 (0.50%)')
    """
    caught = f"{part['caught']:,} ({part['caught'] / part['bad']:.0%})" if part["bad"] else "–"
    others = part["shots"] - part["bad"]
    alarms = f"{part['alarms']:,} ({part['alarms'] / others:.2%})" if others else "–"
    worries = f"{part['worries']:,} ({part['worries'] / others:.2%})" if others else "–"
    warned = f"{part['warned']:,}" if part["bad"] else "–"
    return part["name"], f"{part['shots']:,}", f"{part['bad']:,}", caught, warned, alarms, worries


def parts_worst_first(parts: Sequence[Plain]) -> list[Plain]:
    """Most bad shots first, then most flags."""
    return sorted(parts, key=lambda part: (-part["bad"], -part["caught"] - part["alarms"], part["name"]))


def peer_headings() -> list[str]:
    """Of the table of other libraries."""
    return ["", *RANKING_WORDS.values()]


def peer_rows(peers: Plain, *, intervals: bool = True) -> list[list[str]]:
    """A line for each detector, best average precision first."""

    def precision(told: tuple[str, Plain]) -> float:
        return -(told[1]["average_precision"]["value"] or 0.0)

    return [
        [name, *(_cell(figures[f]) if intervals else interval(figures[f])[0] for f in RANKING_WORDS)]
        for name, figures in sorted(peers["methods"].items(), key=precision)
    ]


def peer_caption(peers: Plain) -> str:
    """What the comparison rests on."""
    return (
        f"{peers['shots']:,} unseen labelled shots, {peers['bad']:,} bad, of {peers['groups']:,} trained "
        "groups; the others learnt from the shots of training in the table, on z-scores"
    )
