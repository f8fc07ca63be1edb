"""Any value comes back as written, or as near as a database can hold it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.stream import DeadLetter, Work, Written
from inference.store.reader import VerdictReader
from inference.store.sink import VerdictStore
from tests.inference.store.sink.verdict_rows import NOW, rows_of

MakeWork = Callable[..., Work]


def test_every_column_comes_back_as_written(
    store: VerdictStore, reader: VerdictReader, make_work: MakeWork
) -> None:
    reasons = [{"variable": "cushion_stroke", "value": 1.5, "low": 2.0, "high": 3.0}]
    row = {
        "token": "t1",
        "shot_id": "사출-1",
        "shot_time": 1_790_000_000_123,
        "maker": None,
        "item": None,
        "lot": None,
        "cluster": None,
        "distance": 0.25,
        "anomaly_score": 1e-300,
        "margin": -np.inf,
        "outcome": "NG",
        "reasons": reasons,
        "filled": {"x": "mean"},
        "flags": ["new_setting"],
    }
    store.write(make_work([row]))

    found = reader.verdict("t1")

    assert found is not None
    expected = row | {"margin": None, "event_token": "t1", "judged_at": NOW}
    del expected["token"]
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    "fields",
    [
        {"shot_id": "lone \ud800 surrogate"},
        {"item": "NUL \x00 here"},
        {"reasons": [{"variable": "x", "value": float("nan"), "note": "\udfff\x00"}]},
        {"reasons": [{"variable": "x", "value": np.float64("inf"), "n": np.int64(3)}]},
        {"flags": ["\x00"]},
        {"anomaly_score": np.inf},
        {"shot_time": 2**62},
        {"shot_id": "길" * 100_000},
    ],
    ids=["surrogate", "nul", "json_nan", "json_numpy", "json_nul", "infinite", "far_future", "long"],
)
def test_odd_values_do_not_break_their_batch(
    store: VerdictStore, reader: VerdictReader, make_work: MakeWork, fields: dict[str, Any]
) -> None:
    rows = [*rows_of("t1"), {"token": "odd", "shot_id": "s", **fields}, *rows_of("t3")]

    assert store.write(make_work(rows)).verdicts == 3
    assert reader.verdict("odd") is not None


def test_verdict_without_a_needed_value_becomes_a_dead_letter(
    store: VerdictStore, reader: VerdictReader, make_work: MakeWork
) -> None:
    rows = [*rows_of("t1"), {"token": "t2", "shot_id": "s2", "facility": None}]

    assert store.write(make_work(rows)) == Written(verdicts=1, dead_letters=1, replayed=0)
    letter = reader.dead_letters(1)[0][0]
    assert (letter["reason"], letter["record_id"]) == ("incomplete_verdict", "s2")
    assert "facility" in letter["detail"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(st.characters(), max_size=20), min_size=1, max_size=5))
@pytest.mark.fault_row(28)
def test_any_text_can_be_stored(store: VerdictStore, make_work: MakeWork, texts: list[str]) -> None:
    start = uuid4()
    rows = [
        {"token": f"{start}-{i}", "shot_id": t, "item": t, "flags": [t], "filled": {t: t}}
        for i, t in enumerate(texts)
    ]
    assert store.write(make_work(rows, memory={t: t for t in texts})).verdicts == len(texts)


def test_dead_letter_keeps_the_first_64_kib_and_the_whole_hash(
    store: VerdictStore, reader: VerdictReader, make_work: MakeWork
) -> None:
    letter = DeadLetter("t1", "r1", "too_large", "x", b"a" * 100_000)

    store.write(make_work(dead=[letter]))

    row = reader.dead_letters(1)[0][0]
    assert (row["raw_length"], row["first_seen"], row["state"]) == (100_000, NOW, "open")
    assert row["raw_sha256"] == "6d1cf22d7cc09b085dfc25ee1a1f3ae0265804c607bc2074ad253bcc82fd81ee"


def test_two_long_names_stay_apart(store: VerdictStore, reader: VerdictReader, make_work: MakeWork) -> None:
    rows = [{"token": f"t{i}", "facility": "F" * 5000 + str(i)} for i in range(2)]

    store.write(make_work(rows))

    names = {v["facility"] for v in reader.latest()}
    assert len(names) == 2
    assert max(map(len, names)) <= 500
