"""Parts melted by a travelling source of heat: a synthetic set to try predicting targets with.

After the usual textbook relations, not after any measured set:

* **Power** is current times a fixed voltage; what a millimetre gets is power / speed.
* **Melted section** is that energy times an efficiency over the heat that melts a volume; less
  of it is lost to the sides when the source moves faster.
* **Spot**: the lens current that focuses on the part falls with the distance to the lens, as a
  longer focal length does. Beside it the spot grows as any beam does beside its waist.
* **Shape**: a denser source digs deeper for its width, with a power of power / spot area.
* **Scatter**: parts differ (fit, surface), cross sections of one part differ less; both are read
  off a microscope's scale.

``python -m ingest.plant.heat_source PROFILE FILE`` writes the set of a profile with four set
values (current, lens current, speed, distance) and two targets (depth, width).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.profile import Profile
from core.profile_file import load_profile

Floats = NDArray[np.float64]

SEED = 6
PARTS = 16
FEWEST_CUTS, MOST_CUTS = 3, 6
"""Cross sections of a part."""

_LOW = np.array([42.0, 132.0, 4.0, 60.0])
_HIGH = np.array([50.0, 150.0, 12.0, 120.0])
_STEP = np.array([1.0, 2.0, 0.5, 5.0])
"""As a panel takes set values: mA, mA, mm/s, mm."""

_VOLTAGE = 19.9
"""kV"""
_SECTION_PER_ENERGY = 0.012
"""Melted section of a line energy at the usual speed [mm²/(J/mm)]."""
_USUAL_SPEED, _SPEED_POWER = 7.0, 0.12
_FOCUS, _FOCUS_POWER, _USUAL_DISTANCE = 141.0, -0.08, 85.0
"""Lens current that focuses at the usual distance [mA], and how it follows the distance."""
_DEPTH_OF_FOCUS = 9.0
"""Lens current beside the focus that doubles the spot's area [mA]."""
_DENSE, _SHAPE, _SHAPE_POWER = 900.0, 0.7, 0.45
"""Depth over width at a density of the source [W per area of the focused spot]."""
_ROUND = 0.68
"""Section over the rectangle around it."""
_PART_SCATTER, _CUT_SCATTER = 0.02, 0.018
_SCALE = 0.02
"""Of the microscope [mm]."""


def sizes(settings: Floats) -> Floats:
    """(n, 2) depth and width [mm] that settings ``(n, 4)`` come to without scatter.

    More power is deeper and wider, more speed neither:

    >>> usual, more, faster = sizes(np.array([[45, 141, 7, 85], [48, 141, 7, 85], [45, 141, 9, 85.0]]))
    >>> bool((more > usual).all() and (faster < usual).all())
    True
    """
    current, lens, speed, distance = settings.T
    power = _VOLTAGE * current
    section = _SECTION_PER_ENERGY * power / speed * (speed / _USUAL_SPEED) ** _SPEED_POWER
    focus = _FOCUS * (distance / _USUAL_DISTANCE) ** _FOCUS_POWER
    spot = (distance / _USUAL_DISTANCE) ** 0.5 * (1 + ((lens - focus) / _DEPTH_OF_FOCUS) ** 2)
    shape = _SHAPE * (power / spot / _DENSE) ** _SHAPE_POWER
    width = np.sqrt(section / (_ROUND * shape))
    return np.stack([shape * width, width], axis=1)


def measured_parts(seed: int = SEED) -> tuple[Floats, Floats]:
    """Settings ``(n, 4)`` and measured sizes ``(n, 2)`` of a few cross sections of each part."""
    random = np.random.default_rng(seed)
    # A Latin hypercube: every set value in equal steps from low to high, each in an order of its own.
    place = np.stack([(random.permutation(PARTS) + random.uniform(size=PARTS)) / PARTS for _ in _LOW], axis=1)
    settings = np.round((_LOW + place * (_HIGH - _LOW)) / _STEP) * _STEP
    cuts = random.integers(FEWEST_CUTS, MOST_CUTS + 1, PARTS)
    part = sizes(settings) * (1 + _PART_SCATTER * random.normal(size=(PARTS, 2)))
    of_cut = np.repeat(np.arange(PARTS), cuts)
    seen = part[of_cut] * (1 + _CUT_SCATTER * random.normal(size=(len(of_cut), 2)))
    return settings[of_cut], np.round(np.round(seen / _SCALE) * _SCALE, 2)


def example_text(profile: Profile, seed: int = SEED) -> str:
    """The set as CSV, columns by the last part of each variable's path."""
    variables = (*profile.settings, *profile.targets)
    table = np.concatenate(measured_parts(seed), axis=1)
    frame = pd.DataFrame(table, columns=[v.path[-1] for v in variables])
    return frame.to_csv(index=False, float_format="%g", lineterminator="\n")


if __name__ == "__main__":
    profile_name, file = sys.argv[1:]
    text = example_text(load_profile(profile_name))
    Path(file).write_text(text, encoding="utf-8", newline="\n")
