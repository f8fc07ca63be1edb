"""From set values and hidden state to what the press measures.

A lumped model of one cycle, after the usual textbook relations (Osswald & Hernández-Ortiz,
*Polymer Processing*; Rosato, *Injection Molding Handbook*):

* **Melt temperature**: weighted zones of the barrel, the nozzle end most, followed with the
  delay of the melt that is still in the barrel (two to three shots), plus shear heat of
  plasticizing: faster screw and higher back pressure make it hotter.
* **Viscosity**: Arrhenius in temperature (``exp(b T^2 (1/T - 1/Tref))``, b the thinning per
  kelvin), power law in shear rate, times the material lot's factor.
* **Filling pressure** ``P = R (Q/Qref)^n * viscosity``: rises with speed (less than
  proportionally) and with colder melt or mold (frozen layer). At the machine's limit the
  speed gives way instead.
* **Change-over** happens a little late (valve delay times speed); what is pushed in too
  much compresses the nearly full cavity: transfer pressure rises steeply with it.
* **Hold**: the controller reaches a share of the set pressure, the average suffers from
  leakage; the cavity sees what the flow path's viscosity leaves over.
* **Cushion** = dosed stroke minus what the cavity took at its pressure (compressible melt)
  minus leakage and spill; when it is used up, the hold pressure no longer arrives.
* **Dosing** draws the screw back from the last cushion: time = stroke / (output * screw
  speed), slower with back pressure, quicker with stiffer melt, as granules feed.
  Stiffer melt also resists the screw: it turns a little slower and pushes back harder.
* **Air or a leak** in front of the screw lets it shoot forward: a higher speed peak.
* **Mold**: set value plus the heat each shot brings, reached over the first cycles.
* **Cycle time** = closing and opening + injection + hold + the longer of cooling and dosing.
"""

from __future__ import annotations

import numpy as np

from ingest.plant.catalogue import MATERIALS, Floats, Items, Presses
from ingest.plant.conditions import Conditions, autoregressive

_ZONE_WEIGHT = np.array([0.08, 0.17, 0.30, 0.45])
_BARREL_LAG = 0.6
"""Share of the last shot's melt temperature that is still in the next."""
_FREEZING = 0.004
"""Rise of filling pressure per kelvin of colder mold."""
_COMPRESSIBILITY = 8e-5
"""Of the melt [1/bar]; typical 0.5 to 1e-4 at melt temperature."""
_EXPANSION = 4e-4
"""Extra stroke per kelvin of hotter melt for the same part [1/K]."""
_STIFFNESS = 110.0
"""Rise of transfer pressure with stroke beyond a full cavity [bar/mm]."""
_KELVIN = 273.15


def melt_temperature(c: Conditions) -> Floats:
    """(n,) temperature of the melt in front of the screw [°C]."""
    zones: Floats = (c.settings[:, :4] + c.barrel) @ _ZONE_WEIGHT
    zones += 0.45 * (c.settings[:, 3] - c.settings[:, :4] @ _ZONE_WEIGHT)
    settled: Floats = zones.copy()
    for back in range(1, 8):  # what earlier shots of the same run left in the barrel
        earlier = np.where(c.number >= back, np.roll(zones, back), zones)
        settled += _BARREL_LAG**back * (earlier - zones) * (1 - _BARREL_LAG)
    shear: Floats = 0.03 * (c.settings[:, 11] - 100) + 0.04 * (c.settings[:, 10] - 60)
    return settled + shear


def mold_rise(c: Conditions, items: Items, melt: Floats) -> Floats:
    """(n,) mold temperature above its set value from the heat of the melt [K].

    It comes with the first cycles; about ten of them are scrapped before the first counted shot.
    """
    steady = 0.02 * (melt - c.settings[:, 4]) * (0.8 + 0.2 * items.size[c.item])
    rise: Floats = steady * (1 - np.exp(-(c.number + 10) / 8.0))
    return rise


def measure(rng: np.random.Generator, c: Conditions, presses: Presses, items: Items) -> dict[str, Floats]:
    """Measured values of every shot, by the profile's names, at the resolution of a press.

    Parameters
    ----------
    rng : numpy Generator
        Noise of process and sensors.
    c : Conditions
        Hidden state of `n` shots, in the order they were made, run by run.

    Returns
    -------
    dict of str to (n,) float64
        24 measured values.
    """
    n = len(c.run)
    s = c.settings
    area = presses.area[c.press]
    noise = presses.noise[c.press]
    gain = presses.gain[c.press]
    material = items.material[c.item]

    def jitter(sigma: float) -> Floats:
        return sigma * noise * rng.standard_normal(n)

    melt = melt_temperature(c)
    rise = mold_rise(c, items, melt)
    mold = s[:, 4, None] + c.mold + rise[:, None] * np.array([1.0, 0.85])
    cavity_wall = mold.mean(axis=1)
    reference = MATERIALS.melt[material] + _KELVIN
    thinning = MATERIALS.thinning[material] * reference**2
    stiffness = np.exp(thinning * (1 / (melt + _KELVIN) - 1 / reference)) * c.viscosity

    power = MATERIALS.power[material]
    flow = s[:, 5] * area / items.flow[c.item]
    frozen = np.exp(_FREEZING * (MATERIALS.mold[material] + 4 - cavity_wall))
    needed = items.resistance[c.item] * flow**power * stiffness * frozen
    needed *= (1 - 0.05 * np.minimum(c.leak, 8.0)) * (0.35 + 0.65 * c.feed) * (1 + jitter(0.006))
    limit = presses.limit[c.press]
    pressure = np.minimum(needed, limit)
    speed = s[:, 5] * (pressure / needed) ** (1 / power)

    dosed = s[:, 12] + jitter(0.04)
    start = dosed + presses.decompression[c.press] + jitter(0.03)
    late = speed * presses.delay[c.press] + c.overshoot
    change_over = s[:, 6] - late + jitter(0.015)
    transfer = pressure * 0.93 + _STIFFNESS * c.overshoot + jitter(3.0)
    peak = np.maximum(pressure, transfer) + np.abs(jitter(2.0))

    hold = s[:, 7] * presses.tracking[c.press]
    lost = items.path[c.item] * stiffness**0.5 * np.exp(-0.004 * (cavity_wall - MATERIALS.mold[material]))
    cavity = (hold + 0.3 * _STIFFNESS * c.overshoot) * np.exp(-lost)
    cavity *= 1 + jitter(0.006)
    taken = items.volume[c.item] * (1 + _COMPRESSIBILITY * (cavity - 300))
    taken = taken * (1 + _EXPANSION * (melt - MATERIALS.melt[material])) / area
    left = dosed * c.feed - taken - c.leak * (hold / 500) - c.spill + jitter(0.04)
    missing = np.clip(-left, 0, 6)
    cavity = cavity * np.exp(-0.35 * missing) * np.exp(-0.02 * np.maximum(c.leak - 0.5, 0))
    cavity *= 1 - 0.05 * np.minimum(c.spill, 4)
    cushion = np.maximum(left, 0) + np.abs(jitter(0.01))
    average = hold * (1 - 0.012 * np.minimum(missing + np.maximum(c.leak - 0.5, 0), 6)) + jitter(1.5)
    highest = np.maximum(hold * 1.015, hold + 0.08 * (transfer - hold)) + np.abs(jitter(2.0))

    before = np.where(c.number > 0, np.roll(cushion, 1), cushion)
    drawn = dosed - before
    turns = s[:, 11] / 60 * presses.output[c.press] * presses.diameter[c.press]
    output = turns * c.bulk * (1 - 0.0012 * s[:, 10] / stiffness**0.3)
    output *= (0.5 + 0.5 * c.feed) * (1 + 0.008 * autoregressive(rng, n, 0.5)[:, 0] * noise)
    dosing = drawn / output
    opposed = s[:, 10] * (1 + 0.06 * (stiffness - 1)) * (0.6 + 0.4 * c.feed)
    turning = s[:, 11] * 0.99 * (1 - 0.02 * (stiffness - 1)) * (1 + 0.05 * (1 - c.feed))
    fastest = speed * 1.03 * (1 + 0.008 * np.minimum(c.leak, 8) + 0.15 * (1 - c.feed))
    injection = (start - change_over) / (speed * 0.92) + 0.06 + jitter(0.004)
    cycle = presses.idle_time[c.press] + injection + s[:, 8] + np.maximum(s[:, 9], dosing + 0.5)
    cycle += 0.15 * np.abs(rng.standard_normal(n)) + jitter(0.03)

    return {
        "cycle_time": np.round(cycle, 2),
        "injection_time": np.round(injection, 3),
        "dosing_time": np.round(dosing, 2),
        "cushion_stroke": np.round(cushion, 2),
        "cushion_volume": np.round(cushion * area, 2),
        "plastification_volume": np.round(drawn * area, 2),
        "injection_pressure_max": np.round(peak * gain, 1),
        "transfer_pressure": np.round(transfer * gain, 1),
        "hold_pressure_average": np.round(average * gain, 1),
        "hold_pressure_max": np.round(highest * gain, 1),
        "cavity_pressure_max": np.round(cavity, 1),
        "back_pressure": np.round(opposed * gain + jitter(1.0), 1),
        "injection_speed_average": np.round(speed * 0.92 + jitter(0.15), 1),
        "injection_speed_max": np.round(fastest + jitter(0.3), 1),
        "injection_start_position": np.round(start, 2),
        "vp_changeover_position": np.round(change_over, 2),
        "decompression_volume": np.round((start - dosed) * area, 2),
        "screw_speed_average": np.round(turning + jitter(0.4), 1),
        **{
            f"barrel_temperature_{z + 1}": np.round(s[:, z] + c.barrel[:, z] + jitter(0.15), 1)
            for z in range(4)
        },
        **{f"mold_temperature_{k + 1}": np.round(mold[:, k] + jitter(0.1), 1) for k in range(2)},
    }
