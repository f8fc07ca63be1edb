"""Labels in a column or in a file of their own."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.errors import HistoryError
from scripts.evaluation.labels import LabelSource, read_truth


def labels(values: list[object], source: LabelSource | None = None) -> list[float]:
    frame = pd.DataFrame(
        {"id": [f"s{n}" for n in range(len(values))], "bad": pd.Series(values, dtype=object)}
    )
    source = source or LabelSource("bad", "cause")
    found = source.of(frame, frame["id"].to_numpy(dtype=object), np.arange(len(frame)), 100)
    return [float(bad) for bad in found.bad]


@pytest.mark.parametrize("bad", [1, 1.0, True, "1", "true", "BAD", "NG", np.True_])
@pytest.mark.parametrize("good", [0, 0.0, False, "0", "false", "Good", " ok "])
def test_bad_and_good_are_understood_as_people_write_them(bad: object, good: object) -> None:
    assert labels([bad, good]) == [1.0, 0.0]


@pytest.mark.parametrize("nothing", [None, "", np.nan])
def test_an_empty_cell_is_not_known(nothing: object) -> None:
    assert np.isnan(labels([nothing, 1])[0])


def test_what_is_no_label_is_named_with_its_row() -> None:
    with pytest.raises(HistoryError, match=r"row 101.*'maybe'"):
        labels([1, "maybe"])


def test_truth_is_found_by_identifier_and_absent_shots_are_not_known(tmp_path: Path) -> None:
    file = tmp_path / "truth.csv"
    file.write_text("shot_id,bad,cause\ns2,True,flash\ns0,False,\n", encoding="utf-8")
    source = read_truth(file, "bad", "cause")
    frame = pd.DataFrame({"id": ["s0", "s1", "s2"]})

    found = source.of(frame, frame["id"].to_numpy(dtype=object), np.arange(3), 0)

    assert found.bad[[0, 2]].tolist() == [0.0, 1.0]
    assert np.isnan(found.bad[1])
    assert found.cause.tolist() == ["", "", "flash"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "shot_id and bad"),
        ("shot_id,bad\nx,1\nx,0\n", "'x' twice"),
        ("", "expected a CSV"),
    ],
)
def test_a_file_that_is_no_truth_says_what_was_expected(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "truth.csv"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(HistoryError, match=said):
        read_truth(file, "bad", "cause")
