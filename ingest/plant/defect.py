"""Defects with their causes: what goes wrong moves hidden state, the physics does the rest.

Severity runs from 0 to 1. A part is bad from severity `BAD_FROM` on: below it the shot is
abnormal and its part still good. A pure reading error never makes a bad part.

============== ============================================================ ============
cause          what happens on the press                                    shots
============== ============================================================ ============
short_shot     granules bridge in the hopper: air instead of melt           1–2
flash          change-over comes late, the mold breathes, melt spills       1–2
cold_start     started before barrel and mold were warm                     first ~15
check_ring_leak dirt or wear keeps the check ring open                      1–5
wrong_material another resin's viscosity after a hopper change              5–10
sensor_fault   a reading fails (good part), or a thermocouple slips and     2–6
               the controller overheats its zone (bad part)
drift          a heater weakens or the mold's cooling clogs, slowly         15–40
============== ============================================================ ============
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.plant.catalogue import Floats, Strings
from ingest.plant.conditions import Conditions
from ingest.plant.schedule import Runs

CAUSES = (
    "short_shot",
    "flash",
    "cold_start",
    "check_ring_leak",
    "wrong_material",
    "sensor_fault",
    "drift",
)
BAD_FROM = 0.35
EVENTS_PER_SHOT = 0.0019
COLD_STARTS_PER_RUN = 0.006
"""Chosen so that a normal program makes about a third of a percent bad parts."""
_DRAWN = ("short_shot", "flash", "check_ring_leak", "wrong_material", "sensor_fault", "drift")
_WEIGHTS = np.array([0.36, 0.28, 0.20, 0.04, 0.09, 0.03])
_LENGTH = {
    "short_shot": (1, 2),
    "flash": (1, 2),
    "check_ring_leak": (1, 5),
    "wrong_material": (5, 10),
    "sensor_fault": (2, 6),
    "drift": (15, 40),
}


@dataclass(frozen=True, slots=True)
class Truth:
    """What really happened to each shot; ``reading`` holds values to put over the measured ones.

    `cause` is ``""`` for a normal shot.
    """

    bad: NDArray[np.bool_]
    cause: Strings
    severity: Floats
    reading: tuple[tuple[int, str, float, float], ...]
    """Row, measured value, factor, addend: reading = value * factor + addend."""


def make_defects(rng: np.random.Generator, c: Conditions, runs: Runs, trouble: Floats) -> Truth:
    """Draw a day's defects and put them into the hidden state `c` (in place).

    Parameters
    ----------
    trouble : (n,) float64
        Factor on each shot's defect rate, its program's.
    """
    n = len(c.run)
    cause = np.full(n, "", dtype=object)
    severity = np.zeros(n)
    bad = np.zeros(n, dtype=bool)
    reading: list[tuple[int, str, float, float]] = []
    lot_luck = rng.lognormal(-0.32, 0.8, len(runs.count))
    rate = EVENTS_PER_SHOT * trouble * lot_luck[c.run]
    ends = np.cumsum(runs.count)
    starts = ends - runs.count
    events: list[tuple[int, int, str]] = []
    for first in rng.choice(n, rng.poisson(rate.sum()), p=rate / rate.sum()):
        what = str(rng.choice(_DRAWN, p=_WEIGHTS))
        length = int(rng.integers(_LENGTH[what][0], _LENGTH[what][1] + 1))
        events.append((int(first), min(length, int(ends[c.run[first]] - first)), what))
    chance = COLD_STARTS_PER_RUN * (0.3 + runs.cold) * 2
    for run in np.flatnonzero(rng.random(len(starts)) < chance):
        events.append((int(starts[run]), min(18, int(runs.count[run])), "cold_start"))
    for first, length, what in events:
        rows = np.arange(first, first + length)
        rows = rows[cause[rows] == ""]
        if not len(rows):
            continue
        peak = 0.3 + 0.7 * rng.beta(2.5, 1.0)
        level, spoils = _APPLY[what](rng, c, rows, rows - first, length, peak, reading)
        severity[rows] = np.round(level, 3)
        cause[rows] = what
        bad[rows] = spoils & (level >= BAD_FROM)
    return Truth(bad, cause, severity, tuple(reading))


_Readings = list[tuple[int, str, float, float]]
_Rows = NDArray[np.intp]


def _flickering(rng: np.random.Generator, peak: float, count: int) -> Floats:
    return peak * rng.uniform(0.75, 1.0, count)


def _short_shot(
    rng: np.random.Generator, c: Conditions, rows: _Rows, age: _Rows, length: int, peak: float, _: _Readings
) -> tuple[Floats, bool]:
    level = _flickering(rng, peak, len(rows))
    c.feed[rows] = 1 - 0.05 - 0.22 * level
    return level, True


def _flash(
    rng: np.random.Generator, c: Conditions, rows: _Rows, age: _Rows, length: int, peak: float, _: _Readings
) -> tuple[Floats, bool]:
    level = _flickering(rng, peak, len(rows))
    c.overshoot[rows] += 0.3 + 2.2 * level
    c.spill[rows] += 0.3 + 2.7 * level
    return level, True


def _cold_start(
    rng: np.random.Generator, c: Conditions, rows: _Rows, age: _Rows, length: int, peak: float, _: _Readings
) -> tuple[Floats, bool]:
    level = peak * np.exp(-age / 5.0)
    c.mold[rows] -= (22.0 * level)[:, None]
    c.barrel[rows] -= level[:, None] * np.array([6.0, 9.0, 12.0, 12.0])
    return level, True


def _check_ring_leak(
    rng: np.random.Generator, c: Conditions, rows: _Rows, age: _Rows, length: int, peak: float, _: _Readings
) -> tuple[Floats, bool]:
    level = _flickering(rng, peak, len(rows))
    c.leak[rows] += 0.6 + 6.0 * level
    return level, True


def _wrong_material(
    rng: np.random.Generator, c: Conditions, rows: _Rows, age: _Rows, length: int, peak: float, _: _Readings
) -> tuple[Floats, bool]:
    # Comes up and goes down again as the barrel is purged by the following shots.
    level = peak * np.sin(np.pi * (age + 1.0) / (length + 1.0))
    stiffer = rng.random() < 0.5
    c.viscosity[rows] *= np.exp((0.8 if stiffer else -0.9) * level)
    c.bulk[rows] *= 1 + (0.2 if stiffer else -0.2) * level
    return level, True


_READING_ERRORS: tuple[tuple[str, float, float], ...] = (
    ("cavity_pressure_max", 0.0, 0.0),  # cable off
    ("mold_temperature_2", 0.0, 850.0),  # thermocouple broken: full scale
    ("barrel_temperature_2", 0.0, 0.0),
    ("cushion_stroke", 1.0, 9.0),  # stroke transducer jumped
    ("hold_pressure_average", 0.5, 0.0),
    ("screw_speed_average", 0.0, 0.0),
)


def _sensor_fault(
    rng: np.random.Generator,
    c: Conditions,
    rows: _Rows,
    age: _Rows,
    length: int,
    peak: float,
    reading: _Readings,
) -> tuple[Floats, bool]:
    level = np.full(len(rows), peak)
    if rng.random() < 0.5:
        name, factor, addend = _READING_ERRORS[rng.integers(len(_READING_ERRORS))]
        reading.extend((int(row), name, factor, addend) for row in rows)
        return level, False
    # The slipped thermocouple reads too low; the controller heats until it reads the set
    # value, so that only a restless reading shows while the zone is far too hot.
    zone = int(rng.integers(2, 4))
    hotter = 25 + 45 * level
    c.barrel[rows, zone] += hotter
    unrest = rng.normal(0, 6.0, len(rows))
    reading.extend(
        (int(row), f"barrel_temperature_{zone + 1}", 1.0, float(u - h))
        for row, h, u in zip(rows, hotter, unrest, strict=True)
    )
    return level, True


def _drift(
    rng: np.random.Generator, c: Conditions, rows: _Rows, age: _Rows, length: int, peak: float, _: _Readings
) -> tuple[Floats, bool]:
    level = peak * (age + 1.0) / length
    if rng.random() < 0.5:
        c.barrel[rows, 3] -= 48.0 * level
        c.barrel[rows, 2] -= 24.0 * level
    else:
        c.mold[rows] += level[:, None] * np.array([40.0, 26.0])
    return level, True


_APPLY = {
    "short_shot": _short_shot,
    "flash": _flash,
    "cold_start": _cold_start,
    "check_ring_leak": _check_ring_leak,
    "wrong_material": _wrong_material,
    "sensor_fault": _sensor_fault,
    "drift": _drift,
}
