"""Files of a folder that an earlier run wrote, and rows that come twice."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from core.errors import ConfigError
from ingest.drafting.draft import draft_profile
from ingest.drafting.file_sample import sample_files
from ingest.drafting.sample import Sample
from tests.ingest.drafting import twins


def older(file: Path) -> None:
    os.utime(file, (1_000_000_000, 1_000_000_000))


def test_a_converted_copy_beside_its_source_is_read_once(tmp_path: Path) -> None:
    table, source = twins.experiment(), tmp_path / "welds.csv"
    table.to_csv(source, index=False, sep=";", decimal=",")
    older(source)
    table.iloc[::-1].to_csv(tmp_path / "data.csv", index=False)

    sample, files = sample_files([tmp_path], rows=1000)

    assert files == (source,)
    assert len(sample.frame) == len(table)
    assert "data.csv is not read: it holds the same rows as welds.csv" in sample.notes


def test_a_copy_with_lot_totals_is_known_by_its_columns(tmp_path: Path) -> None:
    table = twins.inspected()
    table.to_csv(tmp_path / "log.csv", index=False)
    copy = table.drop(columns=["Gutteil", "Zeit"]).assign(time="2024-03-04T06:00:00", lot_good=1, lot_bad=0)
    copy.to_csv(tmp_path / "log_converted.csv", index=False)

    sample, files = sample_files([tmp_path], rows=1000)

    assert [file.name for file in files] == ["log.csv"]
    assert "log_converted.csv is not read: it looks converted from log.csv" in sample.notes


def test_files_with_other_rows_are_all_read(tmp_path: Path) -> None:
    table = twins.experiment()
    table.head(30).to_csv(tmp_path / "a.csv", index=False)
    table.tail(30).to_csv(tmp_path / "b.csv", index=False)

    assert len(sample_files([tmp_path], rows=1000)[0].frame) == 60


def test_rows_that_come_twice_are_warned_of() -> None:
    table = twins.experiment().assign(Depth=range(60))

    draft = draft_profile(Sample.of(pd.concat([table, table], ignore_index=True)))

    assert any("50% of the rows are in every column the same" in note for note in draft.notes)


def test_eight_files_not_read_are_named_and_the_others_counted(tmp_path: Path) -> None:
    for n in range(2):
        twins.experiment().assign(IW=n).to_csv(tmp_path / f"data{n}.csv", index=False)
    for n in range(11):
        (tmp_path / f"other{n:02}.csv").write_text(f"x{n}\n1\n", encoding="utf-8")

    [note] = sample_files([tmp_path], rows=1000)[0].notes

    assert note.endswith("other06.csv, other07.csv and 3 more")


def test_files_each_of_its_own_columns_are_named_to_choose_from(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("b\n1\n", encoding="utf-8")

    with pytest.raises(ConfigError, match=r"each with its own \(a.csv, b.csv\): name the one to read"):
        sample_files([tmp_path], rows=1000)
