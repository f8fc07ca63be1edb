from __future__ import annotations

from datetime import UTC, timedelta

import pandas as pd
import pytest

from core.profile_file import load_profile
from ingest.plant import PlantChunk, documents

PROFILE = load_profile("injection_molding")


def test_values_sit_where_the_profile_says(live: PlantChunk) -> None:
    frame = live.frame.dropna().head(20)
    for document, (_, row) in zip(documents(frame), frame.iterrows(), strict=True):
        assert document["_id"] == row["id"]
        assert document["time"].utcoffset() == timedelta(0)
        assert document["time"] == row["time"].to_pydatetime().astimezone(UTC)
        assert document["lot"] == {"good": row["lot_good"], "bad": row["lot_bad"]}
        assert document["actual"]["cycle_time"] == row["cycle_time"]
        assert type(document["actual"]["cycle_time"]) is float
        assert type(document["lot"]["good"]) is int


def test_missing_values_are_null_in_some_documents_and_absent_in_others(live: PlantChunk) -> None:
    frame = live.frame[live.frame.isna().any(axis=1)]
    made = documents(frame)
    assert made == documents(frame)
    null = absent = 0
    for document, (_, row) in zip(made, frame.iterrows(), strict=True):
        for v in PROFILE.variables:
            value = document.get(v.path[0], {}).get(v.path[1], "absent")
            if value == "absent":
                absent += 1
            if value is None:
                null += 1
            if value in ("absent", None):
                assert pd.isna(row[v.name])
            else:
                assert value == row[v.name]
    assert null > 10
    assert absent > 10


@pytest.mark.parametrize("word", ["bad", "cause", "severity", "truth", "program"])
def test_no_document_holds_the_truth(live: PlantChunk, word: str) -> None:
    document = documents(live.frame.head(1))[0]
    assert word not in document
    assert word not in document["set"]
    assert word not in document["actual"]
