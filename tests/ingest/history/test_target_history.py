"""A PostgreSQL table of measured targets is the same as the file."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.errors import HistoryError, SourceUnavailable
from core.profile_file import load_profile
from ingest.history_query import HistoryQuery
from ingest.target_history import target_history
from ingest.target_table import target_table
from tests.ingest.history.shot_table import Table

PROFILE = load_profile("beam_welding")
QUERY = HistoryQuery("cuts")


def make(table: Table) -> pd.DataFrame:
    table.run(
        'CREATE TABLE cuts ("IW" numeric, "IF" integer, "VW" real, weld_note text, "FP" double precision, '
        "depth numeric(6,2), width double precision)"
    )
    for i in range(6):
        table.run(
            "INSERT INTO cuts VALUES (%s, %s, %s, %s, %s, %s, %s)",
            43 + i, 140, 4.5 + i, "ok", 60, None if i == 3 else 1.25, 2.5,
        )  # fmt: skip
    return pd.DataFrame(
        {
            "IW": np.arange(43.0, 49),
            "IF": 140,
            "VW": 4.5 + np.arange(6),
            "FP": 60,
            "depth": [1.25, 1.25, 1.25, None, 1.25, 1.25],
            "width": 2.5,
        }
    )


def test_a_table_is_read_as_the_file_is(table: Table) -> None:
    frame = make(table)

    found = target_history(table.url, PROFILE, QUERY)

    expected = target_table([frame], PROFILE, where="cuts.csv")
    np.testing.assert_array_equal(found.inputs, expected.inputs)
    np.testing.assert_array_equal(found.targets, expected.targets)
    assert found.problems == expected.problems
    assert [p.reason for p in found.problems] == ["missing_value"]


def test_an_empty_table_and_one_without_columns_are_refused(table: Table) -> None:
    make(table)
    table.run("DELETE FROM cuts")
    with pytest.raises(HistoryError, match="history table 'cuts': expected rows with all of"):
        target_history(table.url, PROFILE, QUERY)
    table.run("ALTER TABLE cuts DROP COLUMN depth")
    with pytest.raises(HistoryError, match=r"expected columns depth \(or Depth\), found IW, IF"):
        target_history(table.url, PROFILE, QUERY)


def test_a_table_that_is_not_there_is_named(table: Table) -> None:
    with pytest.raises(HistoryError, match="cuts"):
        target_history(table.url, PROFILE, QUERY)


def test_a_database_that_is_not_there_is_no_fault_of_the_table() -> None:
    with pytest.raises(SourceUnavailable, match="history at"):
        target_history("postgresql://127.0.0.1:1/none", PROFILE, QUERY)
