"""What the made-up twins of real tables are taken for."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from core.profile_file import parse_profile
from ingest.drafting.draft import Draft, draft_profile
from ingest.drafting.file_sample import sample_files
from ingest.drafting.guess import Guess
from ingest.drafting.profile_text import profile_text
from ingest.drafting.report import to_check
from ingest.drafting.sample import Sample
from tests.ingest.drafting import twins


def drafted(table: pd.DataFrame) -> Draft:
    return draft_profile(Sample.of(table))


def of(draft: Draft, column: str) -> Guess:
    return next(g for g in draft.guesses if g.column == column)


def test_an_experiment_is_settings_and_targets_and_is_predicted() -> None:
    draft = drafted(twins.experiment())

    assert twins.wrong(draft, twins.EXPERIMENT_TRUTH) == {}
    profile = parse_profile(profile_text(draft, "sizes").encode(), where="sizes.toml")
    assert [v.name for v in profile.targets] == ["depth", "width"]
    assert profile.regressors
    assert not profile.detectors
    assert profile.identifier.otherwise == "row"
    assert all(v.tweak for v in profile.settings)


def test_a_factor_of_a_design_without_repetition_is_a_setting_and_that_is_told() -> None:
    draft = drafted(twins.unrepeated())

    assert [g.column for g in draft.of_role("setting")] == ["Laser power W", "Speed mm/min", "Gas l/min"]
    assert [g.column for g in draft.of_role("target")] == ["Depth mm"]
    assert [g.unit for g in draft.guesses] == ["W", "mm/min", "l/min", "mm"]
    assert "18 rows, 18 combinations: no repetition" in to_check(draft)[0]


def test_a_column_of_few_levels_that_is_left_out_of_an_experiment_comes_first() -> None:
    table = twins.unrepeated().sort_values(["Gas l/min", "Laser power W"])
    uneven = [800, *([400, 600] * 9)[:17]]

    draft = drafted(table.assign(**{"Speed mm/min": uneven}))

    assert of(draft, "Speed mm/min").role == "ignored"
    assert to_check(draft)[0].startswith("'Speed mm/min' has few levels and is left out: was it set?")


def test_outcomes_without_a_telling_name_are_targets_where_they_are_few() -> None:
    table = twins.experiment().rename(columns={"Depth": "y1", "Width": "y2"})

    draft = drafted(table)

    assert [g.column for g in draft.of_role("target")] == ["y1", "y2"]
    assert {g.confidence for g in draft.of_role("target")} == {"unsure"}


def test_what_was_measured_besides_named_targets_is_left_for_a_person() -> None:
    random = np.random.default_rng(1)
    table = twins.experiment()

    draft = drafted(table.assign(vacuum=random.normal(1, 0.1, len(table)).round(3)))

    assert of(draft, "vacuum").role == "ignored"
    assert of(draft, "vacuum").confidence == "unsure"


def test_a_log_with_times_is_no_experiment() -> None:
    table = twins.experiment()
    times = pd.date_range("2024-03-04", periods=len(table), freq="min").astype(str)

    draft = drafted(table.assign(time=times))

    assert not draft.predicts
    assert draft.of_role("target") == ()


def test_a_press_s_log_in_no_order_has_every_role_right() -> None:
    draft = drafted(twins.press())

    assert twins.wrong(draft, twins.PRESS_TRUTH) == {}
    assert draft.label == ("PassOrFail", 1.0)
    assert of(draft, "Barrel_Temperature_1").standard == "BarrelTemperatureZone_1.ActualTemperature"
    assert of(draft, "Cushion_Position").standard == "CushionStroke"
    assert (of(draft, "Cycle_Time").unit, of(draft, "Max_Injection_Pressure").unit) == ("s", "")
    assert of(draft, "Cycle_Time").limits is not None


def test_two_rows_of_one_record_are_noticed() -> None:
    table = twins.press().drop(columns="_id")

    draft = drafted(pd.concat([table, table], ignore_index=True))

    assert any("repeat another row's time" in note for note in draft.notes)


def test_a_bath_s_daily_files_have_every_role_right(tmp_path: Path) -> None:
    sample, files = sample_files([twins.bath(tmp_path / "욕조 bath")], rows=10_000)

    draft = draft_profile(sample)

    assert twins.wrong(draft, twins.BATH_TRUTH) == {}
    assert len(files) == 3
    assert any("bad lots.csv" in note for note in draft.notes)
    assert draft.moments.ms is not None
    first = np.datetime64(int(draft.moments.ms[0]), "ms")
    assert first == np.datetime64("2024-03-04T16:27:17")
    assert [of(draft, n).unit for n in ("Temp", "Current", "Voltage", "pH")] == ["°C", "A", "V", "pH"]


def test_steps_of_a_press_are_settings_and_what_ramps_or_drifts_is_not() -> None:
    draft = drafted(twins.steps())

    assert twins.wrong(draft, twins.STEPS_TRUTH) == {}
    assert of(draft, "Clock").confidence == "unsure"
    assert "--date" in of(draft, "Clock").reasons[0]


def test_a_day_that_is_given_dates_times_that_have_none() -> None:
    sample = Sample.of(twins.steps())

    draft = draft_profile(
        Sample(**{f: getattr(sample, f) for f in sample.__slots__} | {"days": {0: date(2023, 4, 3)}})
    )

    assert draft.moments.ms is not None
    assert of(draft, "Clock").confidence == "likely"


def test_known_error_codes_do_not_widen_limits_and_rare_values_do() -> None:
    random = np.random.default_rng(4)
    values = random.normal(20, 0.1, 400)
    code, rare = values.copy(), values.copy()
    code[7], rare[7] = 65535, 60

    draft = drafted(pd.DataFrame({"code": code, "rare": rare}))

    coded, real = of(draft, "code").limits, of(draft, "rare").limits
    assert coded is not None
    assert real is not None
    assert coded[1] < 30
    assert real[1] > 60


def test_noughts_stay_the_bound_of_what_cannot_be_negative() -> None:
    random = np.random.default_rng(4)
    table = pd.DataFrame({"pressure [bar]": random.uniform(0.1, 3, 50), "oil (°C)": random.uniform(1, 9, 50)})

    draft = drafted(table)

    bar, oil = of(draft, "pressure [bar]").limits, of(draft, "oil (°C)").limits
    assert bar is not None
    assert oil is not None
    assert bar[0] == 0
    assert oil[0] < 0


def test_an_item_without_a_telling_name_is_proposed_where_one_text_stays_for_long() -> None:
    table = twins.steps().assign(blend=np.repeat(["blue", "red"], 105), **{"line.built_by": "Kim"})

    draft = drafted(table)

    item, maker = draft.key("item"), draft.key("maker")
    assert item is not None
    assert (item.column, item.confidence) == ("blend", "unsure")
    assert maker is not None
    assert maker.column == "line.built_by"


def test_no_bad_part_yet_is_a_total_beside_one_of_good_parts() -> None:
    table = twins.steps()
    table["inspected.good"] = range(210, 0, -1)
    table["inspected.scrap"] = 0

    draft = drafted(table)

    bad = draft.key("lot_bad")
    assert bad is not None
    assert bad.column == "inspected.scrap"


def test_a_few_values_far_off_do_not_widen_the_limits_of_many() -> None:
    random = np.random.default_rng(6)
    values = random.normal(60, 1, 5000)
    values[[5, 500]] = [-700, 1500]

    draft = drafted(pd.DataFrame({"mold temperature": values}))

    guess = of(draft, "mold temperature")
    assert guess.limits is not None
    assert (guess.limits[0] > 40, guess.limits[1] < 80) == (True, True)
    assert any("2 values lie beyond" in reason for reason in guess.reasons)


def test_trims_beside_changes_of_program_are_the_tweak() -> None:
    pressure = 80.0 + np.repeat([0, 0.5, 0, 20, 20.5, 20, 0], 30)

    draft = drafted(twins.steps().assign(pressure_set=pressure))

    assert of(draft, "pressure_set").tweak == 0.5


def test_units_that_are_only_usual_are_told_apart_from_written_ones() -> None:
    random = np.random.default_rng(6)
    table = pd.DataFrame({"speed": random.normal(9, 1, 50), "haul [m/min]": random.normal(9, 1, 50)})

    draft = drafted(table)

    assert (of(draft, "speed").unit, of(draft, "speed").unit_by_word) == ("mm/s", True)
    assert (of(draft, "haul [m/min]").unit, of(draft, "haul [m/min]").unit_by_word) == ("m/min", False)
    assert "units by what is usual: speed (mm/s)" in to_check(draft)


def test_long_runs_of_few_programs_are_a_log_and_no_experiment() -> None:
    draft = drafted(twins.steps().drop(columns=["Clock", "Day"]))

    assert not draft.predicts
    assert any("no column says when" in note for note in draft.notes)
    assert [g.column for g in draft.of_role("setting")] == ["cooling_time", "hold_time", "mold_speed"]
