"""Setting clusters maker by maker, on the simulated plant."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from clustering.makers import cluster_rows, fit_spaces
from core.batch import Batch
from core.profile_file import load_profile
from ingest.frame import batch_from_frame
from ingest.plant import Plant

PROFILE = load_profile("injection_molding")


@pytest.fixture(scope="module")
def plant() -> Plant:
    return Plant(seed=5)


@pytest.fixture(scope="module")
def history(plant: Plant) -> Batch:
    frame = pd.concat([chunk.frame for chunk in plant.history(20_000)], ignore_index=True)
    return batch_from_frame(frame, PROFILE)[0]


def test_programs_a_press_ran_for_an_item_are_its_clusters(plant: Plant, history: Batch) -> None:
    spaces = fit_spaces(history)
    cluster = cluster_rows(history, spaces)
    programs = plant.programs
    values: dict[tuple[str, str], list[NDArray[np.float64]]] = {}
    for press, item, row in zip(programs.press, programs.item, programs.values, strict=True):
        key = (plant.presses.name[press], plant.items.name[item])
        values.setdefault(key, []).append(row)
    for (facility, item), rows in values.items():
        mine = (history.facility == facility) & (history.item == item) & (cluster >= 0)
        nearest = (
            np.abs(history.settings[mine][:, None] / np.array(rows)[None] - 1).sum(axis=2).argmin(axis=1)
        )
        pairs = pd.DataFrame({"program": nearest, "cluster": cluster[mine]}).drop_duplicates()
        assert pairs["program"].is_unique
        assert pairs["cluster"].is_unique


def test_makers_are_clustered_apart(history: Batch) -> None:
    spaces = fit_spaces(history)
    assert [s.maker for s in spaces] == sorted(set(history.maker))
    for space in spaces:
        alone = fit_spaces(history.take(history.maker == space.maker))
        np.testing.assert_array_equal(alone[0].centres, space.centres)


def test_a_record_of_an_unknown_maker_has_no_cluster(history: Batch) -> None:
    spaces = fit_spaces(history)
    strangers = history.take(slice(0, 4))
    strangers.maker[:] = [None, "Nobody", spaces[0].maker, spaces[0].maker]
    strangers.settings[3, 0] = np.nan
    assert (cluster_rows(strangers, spaces) >= 0).tolist() == [False, False, True, False]


def test_a_retrain_on_more_history_keeps_the_numbers(history: Batch) -> None:
    early = fit_spaces(history.take(slice(0, 10_000)))
    late = fit_spaces(history, previous=early)
    rows = history.take(slice(0, 10_000))
    before, after = cluster_rows(rows, early), cluster_rows(rows, late)
    assert (before == after).mean() > 0.99


def test_a_tweak_of_the_profile_counts_for_every_maker(history: Batch) -> None:
    share = fit_spaces(history)
    width = len(share[0].scale)
    for one, other in zip(share, fit_spaces(history, tweaks=[3.0, *[None] * (width - 1)]), strict=True):
        assert other.scale[0] == 3.0
        np.testing.assert_array_equal(one.scale[1:], other.scale[1:])
