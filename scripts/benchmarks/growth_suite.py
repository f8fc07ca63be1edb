"""Growth: the time of a shot in a small plant and in a very large one."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.profile import Profile
from scripts.benchmarks.figure import Figure, ratio_of
from scripts.benchmarks.judging import Line, line_of, outcome_counts
from scripts.benchmarks.rounds import Effort, Sample, interleave, steady
from scripts.benchmarks.suite import Curve, SuiteResult
from scripts.benchmarks.synthetic_plant import DATA_SETS, synthetic_plant

BATCH = 256
GROUPS, SETTINGS = (10, 100, 1000, 10_000), (100, 1000, 10_000, 100_000)
BESIDE = 1000
"""Groups of the plants that differ in their settings only."""


def run(effort: Effort, folder: Path, profile: Profile) -> SuiteResult:
    """Measure every figure of the suite ``growth``."""
    groups = (10, 30) if effort.quick else GROUPS
    settings = (100, 1000) if effort.quick else SETTINGS
    beside = 30 if effort.quick else BESIDE
    by_groups = {n: _line(effort, profile, n, None) for n in groups}
    facts = {f"{n} groups": outcome_counts(by_groups[n]) for n in (groups[0], groups[-1])}
    grown = _grown(
        "growth_groups",
        by_groups,
        effort,
        "Batches of 256 shots drawn evenly from all groups, all three kinds of model; the plant's settings"
        " and presses grow with its groups.",
    )
    del by_groups
    by_settings = {n: _line(effort, profile, beside, n) for n in settings}
    facts |= {f"{n} settings": outcome_counts(by_settings[n]) for n in (settings[0], settings[-1])}
    wider = _grown(
        "growth_settings",
        by_settings,
        effort,
        f"{beside:,} groups; the plant's setting clusters grow, each with two known combinations, over three "
        "makers. 2 % of the shots run under another known setting than a trained one, 1 % under a setting"
        " that history never saw, another one each time: those search all clusters of their maker.",
    )
    curves = [
        _curve("time a shot by groups", "groups", groups, grown),
        _curve("time a shot by settings", "settings", settings, wider),
    ]
    return SuiteResult([grown, wider], curves, facts)


def _line(effort: Effort, profile: Profile, groups: int, settings: int | None) -> Line:
    data_sets = 2 if effort.quick else DATA_SETS
    plant = synthetic_plant(profile, groups, settings=settings, data_sets=data_sets)
    return line_of(plant, profile, size=BATCH, batches=2 if effort.quick else 16)


def _grown(key: str, lines: dict[int, Line], effort: Effort, note: str) -> Figure:
    unit = key.removeprefix("growth_")
    sides: dict[str, Sample] = {
        f"{n:,} {unit}": steady(line.work, effort.seconds) for n, line in lines.items()
    }
    rates = interleave(sides, effort.rounds)
    times = {name: [1e6 / rate for rate in values] for name, values in rates.items()}
    smallest, *_, largest = times
    return Figure(key, ratio_of(times[largest], times[smallest]), times, "us/shot", note=note)


def _curve(title: str, name: str, sizes: tuple[int, ...], figure: Figure) -> Curve:
    values = [float(np.median(times)) for times in figure.rates.values()]
    return Curve(title, "sprue judge", name, "us/shot", sizes, values)
