"""What each press runs on a day. A day's plan depends on the seed and the day alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ingest.plant.catalogue import Floats, Ints, Items, Presses, on_panel
from ingest.plant.program import SEEN, Programs

SHOTS_PER_DAY = 950.0
"""Of the whole plant on a working day; short runs of many items, as in a job shop."""
_TYPICAL_RUN = 60.0
_FIRST_LIVE_RUN = 24
_LONGEST_RUN = 420
_SHIFT_START_S = 7 * 3600.0
_SUNDAY = 6
_MONDAY = 0


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs of one day, one row each: a press molding one program without change-over.

    `settings` (r, 13) are the program's values with the operator's small changes;
    `start` seconds after the plant's midnight; `cold` how far mold and barrel are from
    steady at the start, 0 (hot) to 1 (a Monday morning).
    """

    program: Ints
    count: Ints
    settings: Floats
    start: Floats
    cold: Floats


def plan_day(
    rng: np.random.Generator, day: int, weekday: int, presses: Presses, items: Items, programs: Programs
) -> Runs:
    """Draw the runs of a day; negative days are the history, from 0 on it is live.

    Parameters
    ----------
    weekday : int
        0 = Monday; Sundays are idle.
    """
    program, count = _draw_counts(rng, day, programs)
    if weekday == _SUNDAY:
        program, count = program[:0], count[:0]
    order = np.lexsort((rng.random(len(program)), programs.press[program]))
    program, count = program[order], count[order]
    press, item = programs.press[program], programs.item[program]
    first = np.concatenate([[True], press[1:] != press[:-1]])[: len(program)]
    same_item = np.concatenate([[False], (item[1:] == item[:-1]) & ~first[1:]])[: len(program)]
    cold = np.where(same_item, 0.1, rng.uniform(0.2, 0.5, len(program)))
    cold[first] = rng.uniform(0.5, 0.8, first.sum()) + 0.2 * (weekday == _MONDAY)
    settings = _tweaked(rng, programs.values[program])
    change_over = np.where(same_item, 300.0, rng.uniform(900, 2400, len(program)))
    change_over[first] = rng.uniform(0, 1200, first.sum())
    longest = _longest(presses, settings, press, count)
    start = np.zeros(len(program))
    for k in range(len(program)):
        free = _SHIFT_START_S if first[k] else start[k - 1] + longest[k - 1]
        start[k] = free + change_over[k]
    return Runs(program=program, count=count, settings=settings, start=start, cold=cold)


def _longest(presses: Presses, settings: Floats, press: Ints, count: Ints) -> Floats:
    """Time no run exceeds [s]: generous cycle times, so that runs of a press never overlap."""
    cycle: Floats = presses.idle_time[press] + settings[:, 8] + settings[:, 9] + 12.0
    return count * cycle * 1.2 + 600.0


def _draw_counts(rng: np.random.Generator, day: int, programs: Programs) -> tuple[Ints, Ints]:
    """Programs that run today and their shots; the expectation is each program's share."""
    wanted = programs.share * SHOTS_PER_DAY
    chance = np.minimum(1.0, wanted / _TYPICAL_RUN)
    spread = rng.lognormal(-0.045, 0.3, len(wanted))
    count = np.clip(np.round(wanted / chance * spread), 12, _LONGEST_RUN).astype(np.int64)
    runs = rng.random(len(wanted)) < chance
    unseen = np.array([kind != SEEN for kind in programs.kind])
    if day < 0:
        runs &= ~unseen
    elif day == 0:
        runs |= unseen
        count[unseen] = _FIRST_LIVE_RUN
    chosen = np.flatnonzero(runs)
    return chosen, count[chosen]


def _tweaked(rng: np.random.Generator, values: Floats) -> Floats:
    """Now and then an operator changes a set value a little for a run."""
    values = values.copy()
    for row in np.flatnonzero(rng.random(len(values)) < 0.15):
        what = rng.integers(4)
        sign = rng.choice([-1.0, 1.0])
        if what == 0:
            values[row, :4] += sign * rng.integers(1, 4)
        elif what == 1:
            values[row, 7] += sign * 5 * rng.integers(1, 4)
        elif what == 2:
            values[row, 9] += sign * 0.5
        else:
            values[row, 10] += sign * rng.integers(2, 6)
    return on_panel(values)
