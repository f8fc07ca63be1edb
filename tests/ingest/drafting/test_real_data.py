"""Drafts of real data against what their provenance says of the columns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.profile_file import parse_profile
from ingest.drafting.converted import converted
from ingest.drafting.draft import Draft, draft_profile
from ingest.drafting.file_sample import sample_files
from ingest.drafting.profile_text import profile_text
from ingest.drafting.sample import Sample
from ingest.drafting.trial import try_tables
from scripts.setting_evidence import press
from tests.ingest.drafting.twins import BATH_TRUTH, EXPERIMENT_TRUTH, wrong

DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data"


def there(name: str) -> Path:
    if not (DATA / name).exists():
        pytest.skip(f"real data: ../shared/data/{name} is not there")
    return DATA / name


def readable_share(draft: Draft, table: pd.DataFrame) -> float:
    profile = parse_profile(profile_text(draft, "drafted").encode(), where="drafted.toml")
    trial = try_tables([table], profile, most=len(table))
    assert trial.trouble == ""
    return trial.readable / trial.rows


def test_settings_and_targets_of_the_experiment_are_all_right() -> None:
    sample, _ = sample_files([there("ebw/ebw_data.csv")], rows=50_000)

    draft = draft_profile(sample)

    assert wrong(draft, EXPERIMENT_TRUTH) == {}
    assert draft.experiment is not None
    assert (draft.experiment.combinations, draft.experiment.rows) == (15, 72)
    assert readable_share(draft, sample.frame) == 1


KEYS = {"_id": "id", "TimeStamp": "time", "PART_NAME": "item", "EQUIP_CD": "facility"}
IGNORED = (
    "PART_FACT_PLAN_DATE", "PART_FACT_SERIAL", "EQUIP_NAME", "PassOrFail", "Reason", "Switch_Over_Position",
    "Barrel_Temperature_7",
)  # fmt: skip


def test_nine_in_ten_columns_of_the_labelled_press_are_right() -> None:
    file = there("kamp_injection_cn7/labeled_cn7_2020-10-16_to_2020-10-20.csv.gz")
    sample, _ = sample_files([file], rows=50_000)

    draft = draft_profile(sample)

    columns = [str(c) for c in sample.frame.columns]
    truth = {c: KEYS.get(c, "ignored" if c in IGNORED else "production") for c in columns}
    # In this cut it never varies; elsewhere it does, and is measured.
    assert wrong(draft, truth) == {"Clamp_Open_Position": "ignored"}
    assert len(wrong(draft, truth)) <= 0.1 * len(truth)
    assert draft.label == ("PassOrFail", 1.0)
    assert readable_share(draft, converted(draft, sample)) == 1
    units = {g.column: g.unit for g in draft.of_role("production")}
    assert {units[c] for c in units if c.endswith("_Time")} == {"s"}
    assert {units[c] for c in units if "Temperature" in c} == {"°C"}
    assert {units[c] for c in units if c.endswith("_RPM")} == {"rpm"}
    assert {units[c] for c in units if c.endswith("_Position")} == {"mm"}
    assert {units[c] for c in units if c.endswith("_Pressure")} == {""}
    standards = {g.column: g.standard for g in draft.of_role("production")}
    assert standards["Plasticizing_Time"] == "DosingTime"
    assert standards["Max_Back_Pressure"] == "BackPressure"
    assert standards["Mold_Temperature_3"] == "MouldTemperatureZone_3.ActualTemperature"


def test_columns_and_times_of_the_daily_files_are_all_right() -> None:
    sample, files = sample_files([there("plating_bath")], rows=1_000_000)

    draft = draft_profile(sample)

    assert wrong(draft, BATH_TRUTH) == {}
    assert (len(files), sample.rows) == (33, 50_094)
    table = converted(draft, sample, assume_good=True)
    assert (table["time"].iloc[0], table["time"].iloc[-1][:10]) == ("2021-09-06T16:27:17", "2021-10-27")
    assert readable_share(draft, table) == 1


CONSTANT = ("VT låse position", "Udst.fremme position", "Fejlemner", "Testemner")


def of_press() -> pd.DataFrame:
    table = press._sheet(there(str(press.FILE))).reset_index(drop=True)
    for name in ("Dato", "Tid"):  # a day's fraction, shown as the workbook shows it
        seconds = (table[name].astype(float) * 86_400).round().astype(int)
        table[name] = [f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}" for s in seconds]
    return table


def truth_of_press(table: pd.DataFrame) -> dict[str, str]:
    special = {"Dato": "ignored", "Tid": "time", "Cykler": "id"}
    constant = [c for c in table if c in CONSTANT or str(c).startswith(("Stopur", "Bruger"))]
    assert len(constant) == 16
    return {str(c): special.get(str(c), "ignored" if c in constant else "production") for c in table}


def test_a_protocol_without_set_values_has_none_guessed() -> None:
    table = of_press()

    draft = draft_profile(Sample.of(table))

    assert wrong(draft, truth_of_press(table)) == {}
    assert readable_share(draft, table) == 1


def test_the_documented_set_values_beside_it_are_all_taken_for_settings() -> None:
    table = of_press()
    truth = truth_of_press(table)
    values = press.set_values(table["Cykler"].to_numpy(dtype=np.int64))
    for place, name in enumerate(press.STANDARD):
        table[name], truth[name] = values[:, place], "setting"

    draft = draft_profile(Sample.of(table))

    assert wrong(draft, truth) == {}
