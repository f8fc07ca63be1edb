"""Small made-up tables that resemble real ones, and what is true of their columns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from ingest.drafting.draft import Draft

Truth = Mapping[str, str]
"""Column -> its key, or its role where it is a variable."""
BEGIN = datetime(2024, 3, 4, 6, tzinfo=UTC)
AFTERNOON = datetime(2024, 3, 4, 16, 27, 17, tzinfo=UTC)


def found(draft: Draft) -> dict[str, str]:
    """What the draft says of each column, in the words of a `Truth`."""
    return {g.column: g.role if g.place == "variable" else g.place for g in draft.guesses}


def wrong(draft: Draft, truth: Truth) -> dict[str, str]:
    """Columns guessed wrongly, with the guess."""
    guessed = found(draft)
    assert guessed.keys() == truth.keys()
    return {column: guessed[column] for column in truth if guessed[column] != truth[column]}


EXPERIMENT_TRUTH: Truth = {
    "IW": "setting", "IF": "setting", "VW": "setting", "FP": "setting", "Depth": "target", "Width": "target",
}  # fmt: skip


def experiment() -> pd.DataFrame:
    """Fifteen settings of four values, each run four times; two sizes measured."""
    random = np.random.default_rng(5)
    levels = [(43, 44, 47, 49), (131, 139, 146, 150), (4.5, 8.0, 10.0, 12.0), (50, 80, 125)]
    programs = np.array([[random.choice(values) for values in levels] for _ in range(15)])
    rows = np.repeat(programs, 4, axis=0)
    depth = 0.02 * rows[:, 0] - 0.05 * rows[:, 2] + random.normal(0, 0.05, len(rows)) + 1
    width = 0.01 * rows[:, 1] - 0.04 * rows[:, 2] + random.normal(0, 0.05, len(rows)) + 1
    table = pd.DataFrame(rows, columns=["IW", "IF", "VW", "FP"])
    return table.assign(Depth=depth.round(2), Width=width.round(2))


PRESS_TRUTH: Truth = {
    "_id": "id", "TimeStamp": "time", "PLAN_DATE": "ignored", "PART_SERIAL": "ignored", "PART_NAME": "item",
    "EQUIP_CD": "facility", "EQUIP_NAME": "ignored", "PassOrFail": "ignored", "Reason": "ignored",
    "Injection_Time": "production", "Cycle_Time": "production", "Clamp_Close_Time": "production",
    "Cushion_Position": "production", "Switch_Over_Position": "ignored",
    "Max_Injection_Pressure": "production", "Barrel_Temperature_1": "production",
    "Hold_Pressure_Set": "setting", "Cooling_Time_SP": "setting",
}  # fmt: skip


def press(rows: int = 600) -> pd.DataFrame:
    """A press's log in no order: keys, labels, set values, values that hardly move."""
    random = np.random.default_rng(7)
    time = [BEGIN + timedelta(seconds=60 * n) for n in range(rows)]
    bad = random.random(rows) < 0.02
    table = pd.DataFrame(
        {
            "_id": [f"5f89{n:020x}" for n in random.permutation(rows)],
            "TimeStamp": [f"{t:%Y-%m-%d %H:%M:%S}" for t in time],
            "PLAN_DATE": [t.date().isoformat() for t in time],
            "PART_SERIAL": np.where(np.arange(rows) % 2, 23, 24),
            "PART_NAME": np.where(np.arange(rows) % 2, "Cover LH", "Cover RH"),
            "EQUIP_CD": "S14",
            "EQUIP_NAME": "650톤-2호기",
            "PassOrFail": bad.astype(int),
            "Reason": np.where(bad, "short shot", ""),
            "Injection_Time": random.normal(9.5, 0.05, rows).round(2),
            "Cycle_Time": random.normal(59.5, 0.1, rows).round(2),
            "Clamp_Close_Time": np.where(np.arange(rows) // 60 % 3 == 1, 7.13, 7.12),
            "Cushion_Position": 653.4 + 0.01 * random.integers(0, 4, rows),
            "Switch_Over_Position": 0.0,
            "Max_Injection_Pressure": random.normal(141, 0.4, rows).round(1),
            "Barrel_Temperature_1": random.normal(276, 0.6, rows).round(1),
            "Hold_Pressure_Set": np.repeat([80, 85, 80], rows // 3),
            "Cooling_Time_SP": 12.5,
        }
    )
    return table.sample(frac=1, random_state=3).reset_index(drop=True)


BATH_TRUTH: Truth = {
    "Index": "ignored", "Lot": "ignored", "Time": "time", "pH": "production", "Temp": "production",
    "Current": "production", "Voltage": "production",
}  # fmt: skip


def bath(folder: Path, days: int = 3, rows: int = 240) -> Path:
    """A folder of daily files with a byte order mark, and one file of another kind."""
    random = np.random.default_rng(11)
    folder.mkdir(parents=True, exist_ok=True)
    for day in range(days):
        clock = [AFTERNOON + timedelta(seconds=5 * n) for n in range(rows)]
        table = pd.DataFrame(
            {
                "Index": range(1, rows + 1),
                "Lot": np.repeat(np.arange(1, rows // 60 + 1), 60),
                "Time": [f"오후 {t.hour - 12}:{t:%M:%S}.0" for t in clock],
                "pH": random.uniform(1.5, 3, rows).round(2),
                "Temp": random.uniform(20, 28, rows).round(2),
                "Current": random.uniform(3, 4.5, rows).round(2),
                "Voltage": random.uniform(3, 5, rows).round(2),
            }
        )
        table.to_csv(folder / f"sensor-2024.03.{day + 4:02}.csv", index=False, encoding="utf-8-sig")
    (folder / "bad lots.csv").write_text("Index,Date,LoT\n1,2024-03-04,2\n", encoding="utf-8-sig")
    return folder


STEPS_TRUTH: Truth = {
    "Day": "ignored", "Clock": "time", "Cykler": "id", "Cyklustid": "production", "Zone 1": "production",
    "Stopur 1": "ignored", "Feed zone": "production", "cooling_time": "setting", "hold_time": "setting",
    "mold_speed": "setting",
}  # fmt: skip


def steps(rows: int = 210) -> pd.DataFrame:
    """A press taken through programs, the newest cycle first, with a time of day and no date."""
    random = np.random.default_rng(13)
    phase = np.repeat(np.arange(7), rows // 7)
    zone = 220.0 - 30 * (phase == 4)
    ramp = np.flatnonzero(phase == 4)[:12]
    zone[ramp] = np.linspace(219, 191, len(ramp)).round()
    table = pd.DataFrame(
        {
            "Day": "03:04:23",
            "Clock": [f"{BEGIN + timedelta(seconds=25 * n):%H:%M:%S}" for n in range(rows)],
            "Cykler": range(1, rows + 1),
            "Cyklustid": (25 - 10 * (phase == 2) + random.normal(0, 0.05, rows)).round(2),
            "Zone 1": zone,
            "Stopur 1": 0,
            "Feed zone": np.repeat([50, 51, 50, 49, 50], rows // 5),
            "cooling_time": np.where(phase == 2, 10.0, 20.0),
            "hold_time": np.where(phase == 1, 0.5, 2.0),
            "mold_speed": np.where(phase == 6, 100.0, 200.0),
        }
    )
    return table.iloc[::-1].reset_index(drop=True)


def unrepeated() -> pd.DataFrame:
    """A full design of eighteen settings, each run once; units unbracketed in the names."""
    random = np.random.default_rng(17)
    runs = [(w, v, g) for w in (1200, 1500, 1800) for v in (400, 600, 800) for g in (8, 12)]
    table = pd.DataFrame(runs, columns=["Laser power W", "Speed mm/min", "Gas l/min"])
    depth = table["Laser power W"] / 600 - table["Speed mm/min"] / 500 + random.normal(0, 0.03, len(table))
    return table.assign(**{"Depth mm": depth.round(3)}).sample(frac=1, random_state=1).reset_index(drop=True)


def inspected(rows: int = 400) -> pd.DataFrame:
    """A press's log as a German machine writes it, with the inspection's result as 1 and 0."""
    random = np.random.default_rng(19)
    time = [BEGIN + timedelta(seconds=30 * n) for n in range(rows)]
    return pd.DataFrame(
        {
            "Zeit": [f"{t:%d.%m.%Y %H:%M:%S}" for t in time],
            "Temperatur [°C]": random.normal(220, 1, rows).round(1),
            "Düsendruck bar": random.normal(800, 5, rows).round(1),
            "Gutteil": (random.random(rows) > 0.005).astype(int),
        }
    )
