"""Is the nearest setting the one whose results are nearest, in a designed experiment of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.setting_evidence import experiment

FILE = Path(__file__).parents[2].parent / "shared/data" / experiment.FILE
pytestmark = pytest.mark.skipif(
    not FILE.is_file(), reason="data of others: the designed experiment is not on this machine"
)


@pytest.fixture(scope="module")
def items() -> list[experiment.Item]:
    return experiment.read(FILE)


def test_a_tweak_of_the_melt_temperature_tells_every_setting_apart(items: list[experiment.Item]) -> None:
    tweaks = [5.0 if place == experiment.MELT else None for place in range(len(experiment.SETTINGS))]

    assert set(experiment.settings_found(items[:3])) == {75}
    assert set(experiment.settings_found(items[:3], tweaks)) == {77}


def test_results_at_the_nearest_setting_are_nearer_than_by_chance_and_than_unscaled(
    items: list[experiment.Item],
) -> None:
    ours = experiment.order(items, experiment.in_tweaks)
    unscaled = experiment.order(items, lambda settings: settings)

    assert ours.rank_correlation > 0.5
    assert ours.left < 0.55 < unscaled.left < 0.7
    assert ours.place < unscaled.place < 38  # halfway is chance


def test_what_a_setting_does_to_an_unseen_item_is_foretold_by_the_nearest_setting(
    items: list[experiment.Item],
) -> None:
    shares = experiment.transfer(items)

    assert (shares["nearest setting"] > 0.6).all()
    assert (shares["nearest setting"] > shares["random"]).all()
    assert (shares["geometry"] >= shares["nearest setting"]).all()
