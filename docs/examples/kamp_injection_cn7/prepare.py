"""Makes shots out of the KAMP CN7 file: one row a shot, lot medians as set values.

    python docs/examples/kamp_injection_cn7/prepare.py RAW.csv.gz FOLDER

writes ``shots.csv`` (what a press would send; no label in it) and ``labels.csv``
(shot, bad). The two rows of a shot (left and right cavity) carry the same sensor
values; a shot is bad when either part is. Set values are not in the file: the median
of each lot stands in for them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

SET_FROM_MEDIAN = [
    *(f"Barrel_Temperature_{i}" for i in range(1, 7)),
    "Hopper_Temperature",
    "Plasticizing_Position",
    "Clamp_Open_Position",
    "Max_Screw_RPM",
    "Max_Injection_Speed",
]
NOT_MEASURED = ["_id", "TimeStamp", "PART_FACT_PLAN_DATE", "PART_FACT_SERIAL", "PART_NAME", "EQUIP_NAME"]
LABELS = ["PassOrFail", "Reason"]


def prepare(raw: Path, folder: Path) -> tuple[Path, Path]:
    """Write ``shots.csv`` and ``labels.csv`` into `folder` and return their paths."""
    parts = pd.read_csv(raw)
    parts["item"] = parts["PART_NAME"].str.replace(r"\s+[LR]H$", "", regex=True)
    parts["maker"] = "Woojin"
    parts["time"] = pd.to_datetime(parts["TimeStamp"]).dt.tz_localize("Asia/Seoul")
    keys = ["EQUIP_CD", "item", "time"]
    bad_parts = parts.groupby(keys)["PassOrFail"].transform("sum")
    shots = parts.assign(bad=bad_parts > 0).drop_duplicates(keys).sort_values("time").reset_index(drop=True)
    shots["shot"] = [f"{press}-{time:%Y%m%d-%H%M%S}" for press, time in zip(shots.EQUIP_CD, shots.time, strict=True)]
    lot = shots.groupby("PART_FACT_PLAN_DATE")
    for column in SET_FROM_MEDIAN:
        shots[f"set.{column}"] = lot[column].transform("median").round(1)
    shots["lot_bad"] = lot["bad"].cumsum()
    shots["lot_good"] = lot.cumcount() + 1 - shots["lot_bad"]
    folder.mkdir(parents=True, exist_ok=True)
    shots_file, labels_file = folder / "shots.csv", folder / "labels.csv"
    shots[["shot", "bad"]].to_csv(labels_file, index=False)
    shots.drop(columns=[*NOT_MEASURED, *LABELS, "bad"]).to_csv(shots_file, index=False)
    return shots_file, labels_file


if __name__ == "__main__":
    for written in prepare(Path(sys.argv[1]), Path(sys.argv[2])):
        print(written)
