"""What no panel shows: material lots, weather, wear, warm-up, control noise, per shot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ingest.plant.catalogue import Floats, Ints, Items, Presses
from ingest.plant.program import Programs
from ingest.plant.schedule import Runs


@dataclass(frozen=True, slots=True)
class Conditions:
    """Hidden state of each shot; defects change it, the physics reads it.

    Attributes
    ----------
    run, number : (n,) int64
        Run of the day and shot number within it.
    press, item : (n,) int64
    settings : (n, 13) float64
        Set values as the press carries them out.
    time : (n,) float64
        Nominal seconds after the plant's midnight (for weather only).
    viscosity, bulk : (n,) float64
        The material lot's viscosity and granule feeding, relative to the resin's data sheet.
    ambient : (n,) float64
        Hall temperature [°C].
    leak : (n,) float64
        Melt that flows back through the check ring in the hold phase [mm of stroke].
    feed : (n,) float64
        Share of the dosed stroke that is melt rather than air.
    overshoot : (n,) float64
        Extra stroke before change-over to hold pressure [mm].
    spill : (n,) float64
        Melt pressed out of the parting line [mm of stroke].
    barrel : (n, 4) float64
        True barrel temperature minus set value [K].
    mold : (n, 2) float64
        True mold temperature minus set value, without the heat of the melt [K].
    """

    run: Ints
    number: Ints
    press: Ints
    item: Ints
    settings: Floats
    time: Floats
    viscosity: Floats
    bulk: Floats
    ambient: Floats
    leak: Floats
    feed: Floats
    overshoot: Floats
    spill: Floats
    barrel: Floats
    mold: Floats


def autoregressive(rng: np.random.Generator, n: int, memory: float, columns: int = 1) -> Floats:
    """(n, columns) noise of standard deviation 1 whose neighbours correlate by `memory`.

    An AR(1) process written as a convolution with ``memory ** k``, cut where it has faded.
    """
    length = int(np.ceil(np.log(1e-3) / np.log(memory)))
    kernel = memory ** np.arange(length) * np.sqrt(1 - memory**2)
    white = rng.standard_normal((n + length - 1, columns))
    return np.stack([np.convolve(white[:, c], kernel, "valid") for c in range(columns)], axis=1)


def make_conditions(
    rng: np.random.Generator,
    seed: int,
    day: int,
    day_of_year: int,
    runs: Runs,
    presses: Presses,
    items: Items,
    programs: Programs,
) -> Conditions:
    """Expand a day's runs to shots and give each its hidden state, all without defects."""
    run = np.repeat(np.arange(len(runs.count)), runs.count)
    n = len(run)
    number = np.arange(n) - np.repeat(np.cumsum(runs.count) - runs.count, runs.count)
    press, item = programs.press[runs.program][run], programs.item[runs.program][run]
    time = runs.start[run] + 45.0 * number
    lots = _material_lots(seed, day)
    season = 7.0 * np.sin(2 * np.pi * (day_of_year - 110) / 365)
    hour = 2.5 * np.sin(2 * np.pi * (time / 86400 - 0.375))
    ambient = 21.0 + season + hour + rng.normal(0, 1.0)
    noise = presses.noise[press][:, None]
    age = np.mod(day / presses.wear_days + presses.wear_phase, 1.0)[press]
    # Operators let the press warm up before the first counted shot; the mold's last
    # kelvins come with the melt of the first cycles (time constant about eight cycles).
    warming = (runs.cold[run] * np.exp(-number / 8.0))[:, None]
    return Conditions(
        run=run,
        number=number,
        press=press,
        item=item,
        settings=runs.settings[run],
        time=time,
        viscosity=lots[items.material[item], 0] * (1 + 0.006 * rng.standard_normal(n)),
        bulk=lots[items.material[item], 1] * (1 + 0.004 * rng.standard_normal(n)),
        ambient=ambient,
        leak=0.08 + 0.22 * age + 0.02 * np.abs(rng.standard_normal(n)),
        feed=np.ones(n),
        overshoot=np.zeros(n),
        spill=np.zeros(n),
        barrel=0.5 * noise * autoregressive(rng, n, 0.9, 4)
        + presses.zone_offset[press]
        + 0.03 * (ambient[:, None] - 21.0)
        - 0.8 * warming,
        mold=0.35 * noise * autoregressive(rng, n, 0.9, 2) + 0.10 * (ambient[:, None] - 21.0) - 2.0 * warming,
    )


def _material_lots(seed: int, day: int) -> Floats:
    """(materials, 2) viscosity and granule feeding of the lot each resin is on this day."""
    factors = np.empty((5, 2))
    for material in range(5):
        period = 3 + (material * 2 + seed) % 5
        lot = (day + 7 * material + 100_000) // period
        rng = np.random.default_rng([seed, 3, material, lot])
        factors[material] = np.exp(np.clip(rng.standard_normal(2), -2, 2) * [0.045, 0.012])
    return factors
