"""Shots of the simulated plant with one fault each, and their twins without it.

Twins are measured with the same noise, so what differs between them is what the fault moved.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from core.profile_file import load_profile
from ingest.plant.conditions import Conditions, make_conditions
from ingest.plant.defect import _APPLY, _LENGTH
from ingest.plant.physics import measure
from ingest.plant.schedule import Runs
from ingest.plant.simulator import Plant

Floats = NDArray[np.float64]

NAMES = tuple(variable.name for variable in load_profile("injection_molding").production)
SHOTS_A_RUN = 40
FIRST = 12
"""Shot of a run at which a fault begins; a cold start begins with the run."""
_SAME_NOISE = 9

GUILTY: dict[str, tuple[str, ...]] = {
    "short_shot": ("cushion_stroke", "cushion_volume", "cavity_pressure_max", "hold_pressure_average",
                   "injection_speed_max", "dosing_time", "back_pressure", "screw_speed_average"),
    "flash": ("vp_changeover_position", "cushion_stroke", "cushion_volume", "transfer_pressure",
              "hold_pressure_max", "injection_time", "injection_pressure_max"),
    "cold_start": ("mold_temperature_1", "mold_temperature_2", "barrel_temperature_2",
                   "barrel_temperature_3", "barrel_temperature_4"),
    "check_ring_leak": ("cushion_stroke", "cushion_volume", "plastification_volume", "hold_pressure_average",
                        "cavity_pressure_max", "injection_speed_max", "dosing_time"),
    "wrong_material": ("transfer_pressure", "injection_pressure_max", "cavity_pressure_max", "dosing_time",
                       "hold_pressure_max"),
    "sensor_fault": (),
    "drift": ("mold_temperature_1", "barrel_temperature_4"),
}  # fmt: skip
"""What each kind of fault moves in the greater part of its shots by half its normal band at least;
of a drift one or the other, by its variant; of a sensor fault the one reading that fails, or the
restless zone and the pressures of the overheated melt."""


@dataclass(frozen=True, slots=True)
class Planted:
    """Shots of one kind of fault.

    Attributes
    ----------
    clean, faulty : (n, p) float64
        Measured values without and with it.
    reading : (n,) int64
        The one value whose reading failed and that alone; -1 where the press went wrong.
    """

    clean: Floats
    faulty: Floats
    reading: NDArray[np.int64]

    def guilty(self, half_band: Floats) -> NDArray[np.bool_]:
        """Values ``(n, p)`` that the fault moved by half their normal band; of each shot the most moved."""
        moved = np.abs(self.faulty - self.clean) / half_band
        guilty: NDArray[np.bool_] = moved >= 1
        guilty[np.arange(len(moved)), moved.argmax(axis=1)] = True
        return guilty


def normal_shots(runs: int, seed: int, program: int = 5) -> Floats:
    """Measured values ``(n, p)`` of one press, item and setting without faults, over many days."""
    plant = Plant(1)
    return _measured(plant, _conditions(plant, program, runs, seed), seed)


def planted(kind: str, runs: int, seed: int, program: int = 5) -> Planted:
    """One event of the kind in each run, drawn as the simulator draws it."""
    plant, rng = Plant(1), np.random.default_rng([seed, len(kind)])
    conditions = _conditions(plant, program, runs, seed)
    twin = Conditions(**{f.name: getattr(conditions, f.name).copy() for f in fields(Conditions)})
    events: list[NDArray[np.intp]] = []
    readings: list[tuple[int, str, float, float]] = []
    for run in range(runs):
        cold = kind == "cold_start"
        shortest, longest = (18, 18) if cold else _LENGTH[kind]
        length = min(int(rng.integers(shortest, longest + 1)), SHOTS_A_RUN - FIRST)
        rows = run * SHOTS_A_RUN + (0 if cold else FIRST) + np.arange(length)
        severity = 0.3 + 0.7 * rng.beta(2.5, 1.0)
        _APPLY[kind](rng, conditions, rows, rows - rows[0], length, severity, readings)
        events.append(rows)
    clean, faulty = (_measured(plant, c, _SAME_NOISE) for c in (twin, conditions))
    failed = np.full(len(clean), -1)
    for row, name, factor, addend in readings:
        column = NAMES.index(name)
        faulty[row, column] = round(faulty[row, column] * factor + addend, 2)
        if np.array_equal(conditions.barrel[row], twin.barrel[row]):
            failed[row] = column
    rows = np.concatenate(events)
    return Planted(clean[rows], faulty[rows], failed[rows])


def _conditions(plant: Plant, program: int, runs: int, seed: int) -> Conditions:
    """Hidden state of runs of one program, two on each of the days before going live."""
    rng = np.random.default_rng(seed)
    parts = []
    for day in range((runs + 1) // 2):
        count = min(2, runs - 2 * day)
        today = Runs(
            program=np.full(count, program),
            count=np.full(count, SHOTS_A_RUN),
            settings=np.repeat(plant.programs.values[program][None], count, axis=0),
            start=np.array([28_000.0, 60_000.0])[:count],
            cold=rng.uniform(0.05, 0.3, count),
        )
        part = make_conditions(
            rng, plant.seed, -1 - day - seed % 7, 100, today, plant.presses, plant.items, plant.programs
        )
        part.run[:] += 2 * day
        parts.append(part)
    return Conditions(
        **{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Conditions)}
    )


def _measured(plant: Plant, conditions: Conditions, seed: int) -> Floats:
    values = measure(np.random.default_rng(seed), conditions, plant.presses, plant.items)
    return np.stack([values[name] for name in NAMES], axis=1)
