from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from core.profile_file import load_profile
from ingest.plant import GO_LIVE, Plant, PlantChunk
from ingest.plant.catalogue import SETTING_NAMES
from ingest.plant.defect import BAD_FROM, CAUSES

PROFILE = load_profile("injection_molding")
KEYS = ["id", "time", "maker", "facility", "item", "lot_good", "lot_bad"]
PRODUCTION = [v.name for v in PROFILE.production]


def joined(chunks: list[PlantChunk]) -> tuple[pd.DataFrame, pd.DataFrame]:
    frame = pd.concat([c.frame for c in chunks], ignore_index=True)
    return frame, pd.concat([c.truth for c in chunks], ignore_index=True)


def program_of(plant: Plant, frame: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Nearest program of the same press: undoes operators' small changes."""
    steps = np.array([10, 10, 10, 10, 10, 10, 2, 50, 2, 2, 10, 20, 5])
    values = frame[list(SETTING_NAMES)].to_numpy()
    found = np.empty(len(frame), dtype=np.int64)
    for press, name in enumerate(plant.presses.name):
        rows = np.flatnonzero(frame["facility"] == name)
        own = np.flatnonzero(plant.programs.press == press)
        gap = ((values[rows, None] - plant.programs.values[own]) / steps) ** 2
        found[rows] = own[gap.sum(axis=2).argmin(axis=1)]
    return found


def test_frame_has_the_keys_and_the_profiles_variables(history: PlantChunk) -> None:
    assert history.frame.columns.tolist() == KEYS + [v.name for v in PROFILE.variables]
    assert tuple(v.name for v in PROFILE.settings) == SETTING_NAMES
    assert str(history.frame["time"].dtype) == "datetime64[ns, UTC]"
    assert len(history.frame) == 60_000
    assert history.frame["id"].is_unique
    assert history.frame["time"].is_monotonic_increasing


def test_truth_is_only_in_the_truth(history: PlantChunk) -> None:
    assert history.truth.columns.tolist() == ["shot_id", "bad", "cause", "severity"]
    assert not {"bad", "cause", "severity"} & set(history.frame)
    assert (history.truth["shot_id"] == history.frame["id"]).all()
    words = history.frame.select_dtypes(object).melt()["value"].unique()
    assert not set(CAUSES) & set(words)


def test_same_seed_makes_the_same_bytes_and_another_seed_others() -> None:
    def written(seed: int) -> str:
        frame, truth = joined([*Plant(seed).history(700), *Plant(seed).live(300)])
        return frame.to_csv() + truth.to_csv()

    assert written(3) == written(3)
    assert written(3) != written(4)


def test_history_of_any_length_ends_with_the_same_shots(plant: Plant, history: PlantChunk) -> None:
    frame, truth = joined(list(plant.history(1234)))
    pd.testing.assert_frame_equal(frame, history.frame.tail(1234).reset_index(drop=True))
    pd.testing.assert_frame_equal(truth, history.truth.tail(1234).reset_index(drop=True))


def test_live_part_goes_on_where_the_history_ends(
    plant: Plant, history: PlantChunk, live: PlantChunk
) -> None:
    go_live = pd.Timestamp(GO_LIVE, tz="Asia/Seoul")
    assert history.frame["time"].iloc[-1] < go_live < live.frame["time"].iloc[0]
    assert not set(live.frame["id"]) & set(history.frame["id"])
    frame, _ = joined(list(plant.live(500)))
    pd.testing.assert_frame_equal(frame, live.frame.head(500))


def test_live_part_has_no_end_and_keeps_one_day_at_a_time(plant: Plant) -> None:
    chunks = itertools.islice(plant.live(), 20)
    days = [(c.frame["time"] + pd.Timedelta(hours=9)).dt.date.unique().tolist() for c in chunks]
    assert all(len(day) == 1 for day in days)
    assert [day[0] for day in days] == sorted({day[0] for day in days})


def test_presses_run_side_by_side(live: PlantChunk) -> None:
    first_hour = live.frame.head(300)
    assert first_hour["facility"].nunique() >= 6
    changes = (first_hour["facility"] != first_hour["facility"].shift()).mean()
    assert changes > 0.5


def test_no_press_makes_two_shots_at_once(history: PlantChunk) -> None:
    for _, shots in history.frame.groupby("facility"):
        between = shots["time"].diff().dt.total_seconds().dropna()
        assert between.min() > 5


def test_plant_is_three_makers_a_dozen_presses_twenty_items(history: PlantChunk) -> None:
    frame = history.frame
    assert frame["maker"].nunique() == 3
    assert frame["facility"].nunique() == 12
    assert 18 <= frame["item"].nunique() <= 22
    assert (frame.groupby("facility")["maker"].nunique() == 1).all()


@pytest.mark.parametrize("seed", [0, 1])
def test_group_sizes_reach_every_detectors_bounds(seed: int) -> None:
    plant = Plant(seed)
    frame, truth = joined(list(plant.history(60_000)))
    group = program_of(plant, frame)
    sizes = pd.Series(group).value_counts()
    rate = truth["bad"].groupby(group).mean()
    assert (sizes < 500).sum() >= 5
    for rule in PROFILE.detectors:
        most = rule.max_rows or np.inf
        assert ((sizes >= rule.min_rows) & (sizes < most)).sum() >= 2, rule.kind
    large = sizes.index[sizes >= 500]
    assert 3 <= (rate[large] >= 0.01).sum() < 0.5 * len(large)
    settings = pd.Series(group).groupby([frame["facility"], frame["item"]]).nunique()
    assert settings.min() == 1
    assert settings.max() == 5
    assert len(frame[list(SETTING_NAMES)].drop_duplicates()) > 2 * len(sizes)


def test_every_cause_occurs_and_only_severe_shots_are_bad(history: PlantChunk) -> None:
    truth = history.truth
    assert set(truth["cause"]) == {"", *CAUSES}
    assert not truth.loc[truth["cause"] == "", "bad"].any()
    assert (truth.loc[truth["bad"], "severity"] >= BAD_FROM - 1e-3).all()
    abnormal = truth[truth["cause"] != ""]
    assert 0.1 < (~abnormal["bad"]).mean() < 0.7
    assert 0.003 < truth["bad"].mean() < 0.015


@pytest.mark.parametrize(
    ("cause", "column", "sign"),
    [
        ("short_shot", "cavity_pressure_max", -1),
        ("short_shot", "cushion_stroke", -1),
        ("flash", "transfer_pressure", 1),
        ("flash", "cushion_stroke", -1),
        ("cold_start", "mold_temperature_1", -1),
        ("check_ring_leak", "cushion_stroke", -1),
    ],
)
def test_bad_parts_show_in_the_values_their_cause_moves(
    plant: Plant, history: PlantChunk, cause: str, column: str, sign: int
) -> None:
    group = program_of(plant, history.frame)
    values = history.frame[column]
    normal = values.where(history.truth["cause"] == "")
    centre = normal.groupby(group).transform("median")
    spread = normal.groupby(group).transform("std")
    chosen = history.truth["bad"] & (history.truth["cause"] == cause)
    assert ((values - centre) / spread)[chosen].median() * sign > 3


def test_values_keep_to_physical_limits_except_broken_sensors(history: PlantChunk, live: PlantChunk) -> None:
    for chunk in (history, live):
        sound = chunk.truth["cause"].to_numpy() != "sensor_fault"
        for v in PROFILE.variables:
            assert v.limits is not None
            values = chunk.frame.loc[sound, v.name].dropna()
            assert values.between(*v.limits).all(), v.name


def test_variables_correlate_as_on_a_press(plant: Plant, history: PlantChunk) -> None:
    group = program_of(plant, history.frame)
    as_programmed = (history.frame[list(SETTING_NAMES)] == plant.programs.values[group]).all(axis=1)
    rows = as_programmed & (history.truth["cause"] == "")
    frame, group = history.frame[rows], group[rows]
    within = frame[PRODUCTION] - frame[PRODUCTION].groupby(group).transform("mean")
    correlation = within.corr().to_numpy()

    def together(one: str, other: str) -> float:
        return float(correlation[PRODUCTION.index(one), PRODUCTION.index(other)])

    assert together("injection_pressure_max", "transfer_pressure") > 0.8
    assert together("injection_pressure_max", "cavity_pressure_max") < -0.3
    assert together("cushion_stroke", "cushion_volume") > 0.9
    assert together("cushion_stroke", "plastification_volume") < -0.1
    assert together("injection_start_position", "cushion_stroke") > 0.1
    assert together("mold_temperature_1", "mold_temperature_2") > 0.2


def test_live_part_has_settings_and_an_item_the_history_never_saw(
    plant: Plant, history: PlantChunk, live: PlantChunk
) -> None:
    sets = list(SETTING_NAMES)
    whole = live.frame.dropna(subset=sets)
    group = program_of(plant, whole)
    kinds = pd.Series([plant.programs.kind[g] for g in group]).value_counts()
    assert {"near", "far", "new_item"} < set(kinds.index)
    assert 0.02 < 1 - kinds["seen"] / kinds.sum() < 0.15
    unseen = np.array([plant.programs.kind[g] in ("near", "far") for g in group])
    known = set(map(tuple, history.frame[sets].drop_duplicates().to_numpy()))
    assert not known & set(map(tuple, whole.loc[unseen, sets].to_numpy()))
    pairs = set(zip(history.frame["facility"], history.frame["item"], strict=True))
    fresh = set(zip(whole["facility"], whole["item"], strict=True)) - pairs
    assert len({pair for pair in fresh if pair[1] is not None}) == 1


def test_unseen_settings_come_on_the_first_live_day(plant: Plant) -> None:
    first = next(plant.live()).frame.dropna()
    kinds = {plant.programs.kind[g] for g in program_of(plant, first)}
    assert kinds == {"seen", "near", "far", "new_item"}


def test_fields_go_missing_in_the_stream_and_measured_ones_in_the_history(
    history: PlantChunk, live: PlantChunk
) -> None:
    sets = list(SETTING_NAMES)
    assert live.frame["item"].isna().any()
    assert live.frame[sets].isna().all(axis=1).any()
    assert (live.frame[sets].isna().sum(axis=1) == 1).any()
    assert live.frame[PRODUCTION].isna().any(axis=None)
    assert live.frame[["id", "time", "maker", "facility"]].notna().all(axis=None)
    assert history.frame[PRODUCTION].isna().any(axis=None)
    assert history.frame[KEYS + sets].notna().all(axis=None)
