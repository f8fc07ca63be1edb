"""What stands in the plant: materials, items, presses, and the programs they run.

Everything is columns, so that a day's shots gather their constants by index. The lay-out
(who molds what, how often) is fixed; the constants of presses and items come from the seed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Strings = NDArray[np.object_]

SETTING_NAMES = (
    "barrel_temperature_1_set",
    "barrel_temperature_2_set",
    "barrel_temperature_3_set",
    "barrel_temperature_4_set",
    "mold_temperature_set",
    "injection_speed_set",
    "vp_changeover_position_set",
    "hold_pressure_set",
    "hold_time_set",
    "cooling_time_set",
    "back_pressure_set",
    "screw_speed_set",
    "dosing_stroke_set",
)
"""Columns of every (n, 13) table of set values in this package."""

_RESOLUTION = np.array([1, 1, 1, 1, 1, 1, 0.1, 1, 0.1, 0.1, 1, 1, 0.1])


def on_panel(values: Floats) -> Floats:
    """(..., 13) set values as the press's panel can take them: whole degrees, tenths of a second."""
    rounded: Floats = np.round(np.round(values / _RESOLUTION) * _RESOLUTION, 1)
    return rounded


@dataclass(frozen=True, slots=True)
class Materials:
    """Resins. Columns: reference melt and mold temperature [°C], power-law index, thinning per K.

    `thinning` is the relative fall of viscosity per kelvin at the reference temperature,
    the slope of Arrhenius there; values as in processing handbooks.
    """

    name: Strings
    melt: Floats
    mold: Floats
    power: Floats
    thinning: Floats


MATERIALS = Materials(
    name=np.array(["PP", "ABS", "PA66", "PC", "POM"], dtype=object),
    melt=np.array([230.0, 240.0, 285.0, 295.0, 205.0]),
    mold=np.array([40.0, 60.0, 80.0, 90.0, 90.0]),
    power=np.array([0.34, 0.30, 0.55, 0.60, 0.45]),
    thinning=np.array([0.012, 0.020, 0.020, 0.028, 0.014]),
)


@dataclass(frozen=True, slots=True)
class Items:
    """Molded parts. `size` is the class of press they need.

    `volume` shot volume [cm³], `resistance` fill pressure [bar] at the reference flow
    `flow` [cm³/s], `path` how much of the hold pressure the flow path eats,
    `speed` [mm/s], `hold` [bar], `cooling` [s] the tool maker's first settings.
    """

    name: Strings
    size: Ints
    material: Ints
    volume: Floats
    resistance: Floats
    flow: Floats
    path: Floats
    speed: Floats
    hold: Floats
    cooling: Floats


@dataclass(frozen=True, slots=True)
class Presses:
    """Facilities. Columns of constants, one row a press.

    `diameter` screw [mm]; `area` [cm³ per mm of stroke]; `zone_offset` (m, 4) thermocouple
    errors [K]; `gain` of the pressure transducers; `delay` of the change-over [s];
    `limit` highest pressure [bar]; `idle_time` closing, opening, ejecting [s]; `output`
    axial screw travel per turn and diameter; `tracking` share of the hold pressure
    reached; `noise` relative to an average press; `wear_days`, `wear_phase` life and age
    of the check ring; `decompression` [mm].
    """

    name: Strings
    maker: Strings
    size: Ints
    diameter: Floats
    area: Floats
    zone_offset: Floats
    gain: Floats
    delay: Floats
    limit: Floats
    idle_time: Floats
    output: Floats
    tracking: Floats
    noise: Floats
    wear_days: Floats
    wear_phase: Floats
    decompression: Floats


MAKERS = ("Hanul", "Daesung", "Nordhaus")
_SIZES = (0, 1, 1, 2)
"""Every maker has four presses: one small, two of middle size, one large."""
_DIAMETERS = (30.0, 42.0, 55.0)
_ITEMS_PER_SIZE = (6, 9, 5)


def make_presses(rng: np.random.Generator) -> Presses:
    """Four presses of each maker; makers differ in control and speed, presses in everything."""
    per_maker = len(_SIZES)
    count = len(MAKERS) * per_maker
    maker = np.repeat(np.arange(len(MAKERS)), per_maker)
    size = np.tile(_SIZES, len(MAKERS))
    diameter = np.array(_DIAMETERS)[size] + rng.choice([-2.0, 0.0, 2.0], count)
    return Presses(
        name=np.array([f"{MAKERS[m][0]}{k % per_maker + 1:02d}" for k, m in enumerate(maker)], dtype=object),
        maker=np.array(MAKERS, dtype=object)[maker],
        size=size,
        diameter=diameter,
        area=np.pi / 4 * diameter**2 / 1000,
        zone_offset=rng.normal(0, 1.0, (count, 4)),
        gain=1 + rng.normal(0, 0.012, count),
        delay=np.array([0.0020, 0.0035, 0.0050])[maker] + rng.uniform(0, 0.0005, count),
        limit=np.array([2100.0, 2300.0, 2000.0])[maker],
        idle_time=np.array([7.0, 5.5, 9.0])[maker] + 2.0 * size + rng.uniform(-0.5, 0.5, count),
        output=0.19 + rng.normal(0, 0.008, count),
        tracking=np.array([0.985, 0.995, 0.975])[maker] + rng.normal(0, 0.002, count),
        noise=np.array([1.0, 0.8, 1.2])[maker] * rng.uniform(0.9, 1.1, count),
        wear_days=rng.uniform(140, 260, count),
        wear_phase=rng.uniform(0, 1, count),
        decompression=np.array([4.0, 3.0, 5.0])[maker] + size,
    )


def make_items(rng: np.random.Generator) -> Items:
    """Twenty items, of the three sizes and five materials in turn."""
    size = np.repeat(np.arange(3), _ITEMS_PER_SIZE)
    count = len(size)
    letters = np.array(["BRK", "HSG", "CVR", "CLP", "GEA", "PNL", "DUC"])
    diameter = np.array(_DIAMETERS)[size]
    area = np.pi / 4 * diameter**2 / 1000
    speed = np.round(rng.uniform(45, 110, count))
    return Items(
        name=np.array([f"{letters[k % 7]}-{104 + 17 * k}" for k in range(count)], dtype=object),
        size=size,
        material=np.arange(count) % len(MATERIALS.name),
        volume=area * diameter * rng.uniform(1.1, 2.1, count),
        resistance=rng.uniform(550, 1050, count),
        flow=speed * area,
        path=rng.uniform(0.35, 0.7, count),
        speed=speed,
        hold=np.round(rng.uniform(380, 720, count), -1),
        cooling=np.round(rng.uniform(9, 16, count) + 3 * size, 1),
    )
