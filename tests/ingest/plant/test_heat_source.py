"""The synthetic set that ships: what its generator writes, and plausible as physics."""

from __future__ import annotations

from importlib import resources

import numpy as np
import pytest

from core.profile_file import load_profile
from ingest.plant.heat_source import FEWEST_CUTS, MOST_CUTS, PARTS, example_text, measured_parts, sizes

PROFILE = load_profile("beam_welding")
USUAL = np.array([[45.0, 141.0, 7.0, 85.0]])


def test_the_shipped_set_is_what_the_generator_writes() -> None:
    shipped = (resources.files("core") / "profiles" / PROFILE.example).read_bytes()

    assert shipped == example_text(PROFILE).encode()
    assert shipped.splitlines()[0] == b"IW,IF,VW,FP,Depth,Width"


def test_a_few_cross_sections_are_measured_of_each_part() -> None:
    settings, targets = measured_parts()
    distinct, cuts = np.unique(settings, axis=0, return_counts=True)

    assert len(distinct) == PARTS
    assert set(cuts) <= set(range(FEWEST_CUTS, MOST_CUTS + 1))
    assert len(targets) == len(settings)


def test_every_row_is_within_the_profile_s_physical_limits() -> None:
    values = np.concatenate(measured_parts(), axis=1)

    for column, variable in zip(values.T, (*PROFILE.settings, *PROFILE.targets), strict=True):
        assert variable.limits is not None
        assert variable.limits[0] < column.min()
        assert column.max() < variable.limits[1]


@pytest.mark.parametrize(("column", "step", "deeper", "wider"), [(0, 3, 1, 1), (2, 2, -1, -1)])
def test_more_energy_melts_more(column: int, step: float, deeper: int, wider: int) -> None:
    other = USUAL.copy()
    other[:, column] += step

    assert np.sign(sizes(other) - sizes(USUAL)).tolist() == [[deeper, wider]]


@pytest.mark.parametrize("beside", [-8.0, 8.0])
def test_out_of_focus_it_is_shallower_and_wider(beside: float) -> None:
    other = USUAL.copy()
    other[:, 1] += beside

    (depth, width), (shallow, wide) = sizes(USUAL)[0], sizes(other)[0]

    assert shallow < depth
    assert wide > width


def test_another_seed_is_another_set() -> None:
    assert example_text(PROFILE, seed=1) != example_text(PROFILE, seed=2)
