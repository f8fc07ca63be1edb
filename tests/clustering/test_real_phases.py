"""Does setting clustering find the documented phases of a real press?"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from clustering.kmeans import SettingCluster

FILE = Path(__file__).parents[2].parent / "shared/data/injection_setting_steps/machine_parameters.xlsx"
FIRST_CYCLE = [1, 52, 77, 103, 127, 146, 170]
MEASURED = [
    "Cyklustid",
    "Sprøjtetid",
    "Sprøjtetryk maks.",
    "DV1 Er-temperatur",
    "CV1 Er-temperatur",
    "VT lukke tid",
    "Sprøjtetryk Integral",
]


def sheet(file: Path) -> pd.DataFrame:
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


@pytest.mark.skipif(not FILE.is_file(), reason="real data: the press's cycle protocol is not on this machine")
def test_each_phase_of_a_real_press_has_a_cluster_of_its_own() -> None:
    shots = sheet(FILE)
    cycle = pd.to_numeric(shots["Cykler"]).to_numpy(dtype=np.int64)
    phase = np.searchsorted(FIRST_CYCLE, cycle, side="right") - 1
    values = shots[MEASURED].apply(pd.to_numeric).to_numpy(dtype=np.float64)
    cluster = SettingCluster().fit(values).predict(values)
    usual = np.array([np.bincount(cluster[phase == p]).argmax() for p in range(len(FIRST_CYCLE))])
    assert len(np.unique(usual)) == len(FIRST_CYCLE)
    assert (cluster == usual[phase]).mean() > 0.9
