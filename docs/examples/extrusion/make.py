"""Make a shop's past and present: ``make.py FOLDER`` writes history.csv and pipes.jsonl.

The shop is made up. Two hidden causes, heat and throughput, move all six measured values; two
pipes at the end of ``pipes.jsonl`` are bad on purpose.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

RECIPES = {"PE 110": (62.0, 205.0, 4.2), "PVC 50": (38.0, 188.0, 9.5)}
LINES = {"line 1": ("PE 110", 1600), "line 2": ("PVC 50", 500)}
SETTINGS = ("screw_speed", "die_temperature", "haul_off_speed")
MEASURED = (
    "melt_pressure",
    "melt_temperature",
    "motor_load",
    "haul_off_force",
    "wall_thickness",
    "outer_diameter",
)
BAD = {
    "cold die": ("line 1", {"melt_pressure": 330.0, "melt_temperature": 160.0, "motor_load": 99.0}),
    "pulled thin": ("line 2", {"wall_thickness": 1.1, "haul_off_force": 6.5, "outer_diameter": 42.0}),
}


def pipes(rng: np.random.Generator, line: str, count: int, start: str) -> pd.DataFrame:
    """Pipes of one line, ten minutes apart, as the history has them."""
    item, _ = LINES[line]
    screw, die, haul = RECIPES[item]
    heat, throughput = rng.normal(size=(2, count))
    noise = rng.normal(scale=0.2, size=(6, count))
    number = np.arange(count)
    return pd.DataFrame(
        {
            "id": [f"{line}-{start}-{n}" for n in number],
            "time": pd.date_range(start, periods=count, freq="10min", tz="UTC"),
            "maker": "Extrusionsbau",
            "facility": line,
            "item": item,
            "lot_good": number % 144 + 1,
            "lot_bad": 0,
            "screw_speed_set": screw,
            "die_temperature_set": die,
            "haul_off_speed_set": haul,
            "melt_pressure": 3.2 * screw + 4 * (throughput - heat + noise[0]),
            "melt_temperature": die + 6 + 1.5 * (heat + noise[1]),
            "motor_load": screw + 2 * (throughput - heat + noise[2]),
            "haul_off_force": 0.4 * haul + 0.1 * (throughput + noise[3]),
            "wall_thickness": 25 / haul + 0.05 * (throughput + noise[4]),
            "outer_diameter": float(item.split()[1]) + 0.1 * (throughput + heat + noise[5]),
        }
    )


def document(row: dict[str, Any]) -> dict[str, Any]:
    """A pipe as its line's computer would write it."""
    return {
        "cut": {"number": row["id"], "at": row["time"].isoformat()},
        "line": {"built_by": row["maker"], "name": row["facility"]},
        "pipe": row["item"],
        "inspected": {"good": row["lot_good"], "scrap": row["lot_bad"]},
        "recipe": {"asked": {name: row[f"{name}_set"] for name in SETTINGS}},
        "seen": {"by": {"sensors": {name: row[name] for name in MEASURED}}},
    }


def main(folder: Path) -> None:
    """Write both files."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    past = [pipes(rng, line, count, "2026-01-05") for line, (_, count) in LINES.items()]
    pd.concat(past).to_csv(folder / "history.csv", index=False)
    present = pd.concat([pipes(rng, line, 100, "2026-02-02") for line in LINES])
    records = present.to_dict("records")
    for name, (line, values) in BAD.items():
        last = present[present["facility"] == line].iloc[-1].to_dict()
        last["time"] += pd.Timedelta("10min")
        records.append(last | {"id": name} | values)
    text = "".join(json.dumps(document(row), ensure_ascii=False) + "\n" for row in records)
    (folder / "pipes.jsonl").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
