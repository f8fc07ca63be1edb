"""Setting clusters against the documented phases of a real press."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from clustering.kmeans import SettingCluster

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

FILE = Path("injection_setting_steps") / "machine_parameters.xlsx"
STANDARD: Mapping[str, float] = {
    "cooling_time": 20.0, "hold_time": 2.0, "hold_pressure": 500.0, "injection_pressure": 800.0,
    "nozzle": 220.0, "zone_1": 200.0, "zone_2": 210.0, "zone_3": 220.0,
    "injection_speed": 103.9, "hold_speed": 55.0, "mold_speed": 200.0,
}  # fmt: skip
PHASES: tuple[tuple[int, Mapping[str, float]], ...] = (
    (1, {}),
    (52, {"hold_time": 0.5}),
    (77, {"cooling_time": 10.0}),
    (103, {"injection_pressure": 300.0, "hold_pressure": 200.0}),
    (127, {"nozzle": 190.0, "zone_1": 170.0, "zone_2": 180.0, "zone_3": 190.0}),
    (146, {"injection_speed": 50.0, "hold_speed": 25.0}),
    (170, {"mold_speed": 100.0}),
)
"""First cycle of each phase, and what was set otherwise than the standard. Whether cycle 102 is of the
third or the fourth is not documented: its pressure decides nothing alone."""
MEASURED = (
    "Cyklustid",
    "Sprøjtetid",
    "Sprøjtetryk maks.",
    "DV1 Er-temperatur",
    "CV1 Er-temperatur",
    "VT lukke tid",
    "Sprøjtetryk Integral",
)
"""Cycle time, injection time, largest pressure, two barrel temperatures, closing time, pressure integral."""


@dataclass(frozen=True, slots=True)
class Found:
    """How far clusters and phases are the same.

    Attributes
    ----------
    clusters : int
    rand : float
        Adjusted Rand index; 1: the same partition, 0: as by chance.
    own : int
        Phases that have a cluster of their own, the most frequent one of their cycles.
    wrong : tuple of int
        Cycles outside their phase's cluster.
    """

    clusters: int
    rand: float
    own: int
    wrong: tuple[int, ...]


def read(file: Path) -> tuple[Whole, Floats]:
    """Cycle numbers ``(n,)`` in ascending order and their `MEASURED` values ``(n, 7)``."""
    shots = _sheet(file)[["Cykler", *MEASURED]].apply(pd.to_numeric).sort_values("Cykler")
    return shots["Cykler"].to_numpy(dtype=np.int64), shots[[*MEASURED]].to_numpy(dtype=np.float64)


def phase_of(cycle: Whole) -> Whole:
    """The documented phase of each cycle, counted from 0."""
    return (np.searchsorted([first for first, _ in PHASES], cycle, side="right") - 1).astype(np.int64)


def set_values(cycle: Whole) -> Floats:
    """The documented set values ``(n, 11)`` of each cycle."""
    programs = np.array([list({**STANDARD, **changed}.values()) for _, changed in PHASES])
    return programs[phase_of(cycle)]


def compare(cycle: Whole, values: Floats) -> Found:
    """Cluster ``(n, s)`` values as if they were set values and compare with the phases."""
    phase = phase_of(cycle)
    fitted = SettingCluster().fit(values)
    cluster = fitted.predict(values)
    usual = np.array([np.bincount(cluster[phase == p]).argmax() for p in range(len(PHASES))])
    return Found(
        clusters=len(fitted.centres_),
        rand=float(adjusted_rand_score(phase, cluster)),
        own=len(np.unique(usual)),
        wrong=tuple(cycle[cluster != usual[phase]].tolist()),
    )


def _sheet(file: Path) -> pd.DataFrame:
    """First sheet of a workbook: a row of names, a row of units, then values."""
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(file) as book:
        strings = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
        texts = ["".join(t.text or "" for t in item.iter(f"{space}t")) for item in strings]
        rows = []
        for row in ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml")).iter(f"{space}row"):
            cells = {}
            for cell in row:
                value = cell.findtext(f"{space}v")
                letters = re.match("[A-Z]+", cell.get("r", ""))
                if value is not None and letters:
                    cells[letters.group()] = texts[int(value)] if cell.get("t") == "s" else value
            rows.append(cells)
    return pd.DataFrame(rows[2:]).rename(columns=rows[0]).dropna(subset=["Cykler"])
