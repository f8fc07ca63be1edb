"""Makes shots out of the KAMP CN7 file: one row a shot, lot medians as set values.

    python docs/examples/kamp_injection_cn7/prepare.py RAW.csv.gz FOLDER

writes ``shots.csv`` (what a press would send: neither labels nor counts), ``history.csv``
(the same shots with their lot's running counts, as a plant's history has them) and
``labels.csv`` (shot, bad; for measuring alone). The two rows of a shot (left and right
cavity) carry the same sensor values; a shot is bad when either part is. Set values are
not in the file: the median of each lot stands in for them.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Prepared:
    """The files written."""

    shots: Path
    history: Path
    labels: Path


def prepare(raw: Path, folder: Path) -> Prepared:
    """Write the three files into `folder`, shots in the order of their time."""
    parts = pd.read_csv(raw)
    parts["item"] = parts["PART_NAME"].str.replace(r"\s+[LR]H$", "", regex=True)
    parts["maker"] = "Woojin"
    parts["time"] = pd.to_datetime(parts["TimeStamp"]).dt.tz_localize("Asia/Seoul")
    keys = ["EQUIP_CD", "item", "time"]
    bad_parts = parts.groupby(keys)["PassOrFail"].transform("sum")
    shots = parts.assign(bad=bad_parts > 0).drop_duplicates(keys).sort_values("time").reset_index(drop=True)
    shots["shot"] = shots["EQUIP_CD"] + shots["time"].dt.strftime("-%Y%m%d-%H%M%S")
    lot = shots.groupby("PART_FACT_PLAN_DATE")
    for column in SET_FROM_MEDIAN:
        shots[f"set.{column}"] = lot[column].transform("median").round(1)
    lot_bad = lot["bad"].cumsum()
    lot_good = lot.cumcount() + 1 - lot_bad
    sent = shots.drop(columns=[*NOT_MEASURED, *LABELS, "bad"])
    folder.mkdir(parents=True, exist_ok=True)
    written = Prepared(folder / "shots.csv", folder / "history.csv", folder / "labels.csv")
    sent.to_csv(written.shots, index=False)
    # Counted shot by shot these totals would give every label away, so no press sends them here.
    sent.assign(lot_good=lot_good, lot_bad=lot_bad).to_csv(written.history, index=False)
    shots[["shot", "bad"]].to_csv(written.labels, index=False)
    return written


if __name__ == "__main__":
    done = prepare(Path(sys.argv[1]), Path(sys.argv[2]))
    print(done.shots, done.history, done.labels, sep="\n")
