"""A process nobody at home knows, with keys and values of its own: a profile, and no code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

PROFILE = """\
[process]
name = "tile_firing"
record = "batch of tiles"

[keys]
id = "firing.number"
time = "firing.out_of_kiln"
maker = "kiln.built_by"
facility = "kiln.name"
item = "ware"

[lot]
good = "sorted.first_choice"
bad = "sorted.broken"
utc_offset = "+05:30"

[selection]
max_defect_rate = 0.02
min_shots = 300
held_out_share = 0.25

[[detector]]
kind = "isolation_forest"
min_rows = 300
max_rows = 1000
parameters = { n_estimators = 40, max_samples = 128 }

[[detector]]
kind = "autoencoder"
min_rows = 1000
parameters = { hidden = [8, 2], epochs = 40, patience = 5 }

[threshold]
fixed_sigmas = 5.0
cv_gain = 0.2
distance_gain = 1.0
margin_limit = 4.0
warn_share = 0.0
trim_counted_bad = true
range_excess = 1.0
range_outcome = "NG"

[fill]
unreadable = "dead_letter"
max_filled_share = 0.5
"""
SETTINGS = {
    "peak_wanted": ("°C", [0, 1600]),
    "belt_wanted": ("m/h", [0, 100]),
    "air_wanted": ("m³/h", [0, 9000]),
}
MEASURED = {
    "peak": ("°C", [0, 1700]),
    "cooling_rate": ("K/min", [0, 200]),
    "oxygen": ("%", [0, 21]),
    "gas_per_tile": ("m³", [0, 5]),
    "shrinkage": ("%", [0, 30]),
    "glaze_gloss": ("GU", [0, 150]),
}
RECIPES = {"white": (1120.0, 30.0, 2400.0), "terracotta": (1040.0, 42.0, 1800.0)}
KILNS = {"K-north": ("white", 1600), "K-south": ("terracotta", 500)}


def profile_text() -> str:
    text = PROFILE
    for role, variables, folder in (
        ("setting", SETTINGS, "recipe.asked"),
        ("production", MEASURED, "seen.by.sensors"),
    ):
        for name, (unit, limits) in variables.items():
            text += f'\n[[variable]]\nname = "{name}"\nrole = "{role}"\nunit = "{unit}"\n'
            text += f'path = "{folder}.{name}"\nlimits = {limits}\n'
    return text


def firings(rng: np.random.Generator, kiln: str, count: int, start: str) -> pd.DataFrame:
    """Firings of one kiln, ten minutes apart; two hidden causes move all six measured values."""
    ware, _ = KILNS[kiln]
    peak, belt, air = RECIPES[ware]
    heat, draught = rng.normal(size=(2, count))
    noise = rng.normal(scale=0.2, size=(6, count))
    number = np.arange(count)
    columns: dict[str, Any] = {
        "id": [f"{kiln}-{start}-{n}" for n in number],
        "time": pd.date_range(start, periods=count, freq="10min", tz="UTC"),
        "maker": "Ofenbau",
        "facility": kiln,
        "item": ware,
        "lot_good": number % 144 + 1,
        "lot_bad": 0,
        "peak_wanted": peak,
        "belt_wanted": belt,
        "air_wanted": air,
        "peak": peak + 3 * (heat + noise[0]),
        "cooling_rate": belt + 1.5 * (draught + noise[1]),
        "oxygen": 6 + 0.4 * (draught - heat + noise[2]),
        "gas_per_tile": 0.8 + 0.03 * (heat + draught + noise[3]),
        "shrinkage": peak / 180 + 0.1 * (heat + noise[4]),
        "glaze_gloss": 80 + 2 * (heat - draught + noise[5]),
    }
    return pd.DataFrame(columns)


def document(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A firing as its kiln's computer would write it."""
    return {
        "firing": {"number": row["id"], "out_of_kiln": row["time"].to_pydatetime()},
        "kiln": {"built_by": row["maker"], "name": row["facility"]},
        "ware": row["item"],
        "sorted": {"first_choice": row["lot_good"], "broken": row["lot_bad"]},
        "recipe": {"asked": {name: row[name] for name in SETTINGS}},
        "seen": {"by": {"sensors": {name: row[name] for name in MEASURED}}},
    }


@pytest.fixture
def plant(tmp_path: Path) -> tuple[Path, Path]:
    """The profile's file and a home trained with it from a CSV, by the command a user types."""
    profile, history, home = tmp_path / "타일 소성.toml", tmp_path / "history.csv", tmp_path / "home"
    profile.write_text(profile_text(), encoding="utf-8")
    rng = np.random.default_rng(1)
    past = [firings(rng, kiln, count, "2026-01-05") for kiln, (_, count) in KILNS.items()]
    pd.concat(past).to_csv(history, index=False)
    run = subprocess.run(
        [sys.executable, "-m", "scripts", "train", "--history", history, "--profile", profile, "--json"],
        env={**os.environ, "SPRUE_HOME": str(home), "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout.splitlines()[-1])
    assert told["kinds"] == {"autoencoder": 1, "isolation_forest": 1}
    return profile, home


def test_a_profile_alone_brings_a_new_process_from_history_to_verdicts(
    plant: tuple[Path, Path], make_line: Callable[..., Any]
) -> None:
    profile, home = plant
    line = make_line(home, profile=str(profile))
    rng = np.random.default_rng(2)
    live = pd.concat([firings(rng, kiln, 100, "2026-02-02") for kiln in KILNS])
    documents = [document(row) for row in live.to_dict("records")]
    outliers = {
        "cold spot": ("K-north", {"peak": 1060.0, "glaze_gloss": 40.0, "shrinkage": 4.0}),
        "door left open": ("K-south", {"oxygen": 20.0, "cooling_rate": 95.0, "gas_per_tile": 2.5}),
    }
    for name, (kiln, values) in outliers.items():
        row = live[live["facility"] == kiln].iloc[-1].to_dict()
        row.update({"id": name, "time": pd.Timestamp(datetime.now(UTC)), **values})
        documents.append(document(row))
    line.service.start()
    line.service.wait_ready()
    line.shots.insert_many(documents)
    line.wait_for(len(documents))

    assert line.dead_letters() == []
    verdicts = {v["shot_id"]: v for v in line.verdicts()}
    assert set(verdicts) == {*live["id"], *outliers}
    assert {v["route"] for v in verdicts.values()} == {"trained"}
    kinds = {(v["facility"], v["model_kind"]) for v in verdicts.values()}
    assert kinds == {("K-north", "autoencoder"), ("K-south", "isolation_forest")}
    ordinary = [verdicts[name]["outcome"] for name in live["id"]]
    assert ordinary.count("OK") >= 0.9 * len(ordinary)
    assert ordinary.count("NG") <= 0.02 * len(ordinary)
    for name, (_, values) in outliers.items():
        assert verdicts[name]["outcome"] == "NG"
        assert verdicts[name]["reasons"][0]["variable"] in values
    assert line.service.get("/api/v1/status")["unknown_fields"] == {}
