"""Does setting clustering find the documented phases of a real press."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.setting_evidence import press

FILE = Path(__file__).parents[2].parent / "shared/data" / press.FILE
pytestmark = pytest.mark.skipif(
    not FILE.is_file(), reason="real data: the press's cycle protocol is not on this machine"
)


def test_the_seven_phases_are_found_from_the_set_values_without_a_shot_wrong() -> None:
    cycle, _ = press.read(FILE)

    found = press.compare(cycle, press.set_values(cycle))

    assert (found.clusters, found.rand, found.own, found.wrong) == (7, 1.0, 7, ())


def test_each_phase_of_a_real_press_has_a_cluster_of_its_own_by_measured_values() -> None:
    cycle, measured = press.read(FILE)

    found = press.compare(cycle, measured)

    assert found.own == len(press.PHASES)
    assert found.rand > 0.9
    boundaries = {52, 77, 102, 170, 171}  # of two documented phases, or the first cycles of one
    ramp = set(range(127, 134))  # until the barrel has followed its set temperature
    assert set(found.wrong) <= boundaries | ramp
