"""The Sink contract, on a real SQLite and a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, update
from sqlalchemy.pool import NullPool

from core.errors import ConfigError, StoreUnavailable
from core.stream import DeadLetter, Work, Written
from inference.store.engine import parse_url
from inference.store.reader import VerdictFilter, VerdictReader
from inference.store.sink import VerdictStore
from inference.store.tables import store_identity

MakeWork = Callable[..., Work]
NOW = 1_795_000_000_000


@pytest.fixture
def store(store_url: str) -> Iterator[VerdictStore]:
    made = VerdictStore(store_url, clock=lambda: NOW)
    yield made
    made.close()


@pytest.fixture
def reader(store: VerdictStore, store_url: str) -> Iterator[VerdictReader]:
    store.open()
    made = VerdictReader(store_url)
    yield made
    made.close()


def _rows(*tokens: str, **fields: Any) -> list[dict[str, Any]]:
    return [{"token": token, "shot_id": f"shot {token}", **fields} for token in tokens]


def test_starts_without_position_and_memory(store: VerdictStore) -> None:
    assert store.position() is None
    assert store.memory() == {}


@pytest.mark.fault_row(30)
def test_writing_twice_equals_writing_once(
    store: VerdictStore, reader: VerdictReader, make_work: MakeWork
) -> None:
    work = make_work(
        _rows("t1", "t2"),
        dead=[DeadLetter("t3", "r3", "not_a_number", "text", b"raw")],
        memory={"A-01": '{"a":1}'},
    )

    assert store.write(work) == Written(verdicts=2, dead_letters=1, replayed=0)
    assert store.write(work) == Written(verdicts=0, dead_letters=0, replayed=3)

    assert [v["event_token"] for v in reader.verdicts(VerdictFilter(), 10)[0]] == ["t2", "t1"]
    assert [d["event_token"] for d in reader.dead_letters(10)[0]] == ["t3"]
    assert store.position() == work.position
    assert store.memory() == {"A-01": '{"a":1}'}


def test_a_batch_that_repeats_one_event_writes_it_once(
    store: VerdictStore, reader: VerdictReader, make_work: MakeWork
) -> None:
    assert store.write(make_work(_rows("t1", "t1"))) == Written(verdicts=1, dead_letters=0, replayed=1)
    assert len(reader.verdicts(VerdictFilter(), 10)[0]) == 1


def test_partly_replayed_batch_counts_only_what_is_new(store: VerdictStore, make_work: MakeWork) -> None:
    store.write(make_work(_rows("t1", outcome="NG")))

    assert store.write(make_work(_rows("t1", "t2", outcome="NG"))) == Written(1, 0, 1)
    assert store.judged == {("NG", "trained"): 2}


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
    rows = [*_rows("t1"), {"token": "odd", "shot_id": "s", **fields}, *_rows("t3")]

    assert store.write(make_work(rows)).verdicts == 3
    assert reader.verdict("odd") is not None


def test_verdict_without_a_needed_value_becomes_a_dead_letter(
    store: VerdictStore, reader: VerdictReader, make_work: MakeWork
) -> None:
    rows = [*_rows("t1"), {"token": "t2", "shot_id": "s2", "facility": None}]

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


def test_memory_of_a_facility_is_replaced_and_the_others_stay(
    store: VerdictStore, make_work: MakeWork
) -> None:
    store.write(make_work(memory={"A": "1", "B": "1"}))
    store.write(make_work(memory={"B": "2"}))

    assert store.memory() == {"A": "1", "B": "2"}


@pytest.mark.fault_row(23)
def test_refuses_to_move_the_position_back(store: VerdictStore, make_work: MakeWork) -> None:
    store.write(make_work(at=(10, 2)))

    with pytest.raises(StoreUnavailable, match=r"go back from \(10, 2\) to \(10, 1\)"):
        store.write(make_work(_rows("t1"), at=(10, 1)))

    stored = store.position()
    assert stored is not None
    assert stored.cluster_time == (10, 2)


def test_the_refused_batch_is_not_written_either(
    store: VerdictStore, reader: VerdictReader, make_work: MakeWork
) -> None:
    store.write(make_work(at=(10, 2)))
    with pytest.raises(StoreUnavailable):
        store.write(make_work(_rows("t1"), at=(10, 1), memory={"A": "1"}))

    assert reader.verdict("t1") is None
    assert store.memory() == {}


@pytest.mark.parametrize("kind", ["start", "reposition"])
def test_a_reposition_may_lead_back(store: VerdictStore, make_work: MakeWork, kind: str) -> None:
    store.write(make_work(at=(10, 2)))
    store.write(make_work(at=(3, 0), kind=kind))

    stored = store.position()
    assert stored is not None
    assert stored.cluster_time == (3, 0)


def test_an_unknown_time_does_not_forget_the_one_reached(store: VerdictStore, make_work: MakeWork) -> None:
    store.write(make_work(at=(10, 2)))
    store.write(make_work(at=(0, 0), kind="idle"))

    stored = store.position()
    assert stored is not None
    assert (stored.cluster_time, stored.kind) == ((10, 2), "idle")


def test_refuses_the_position_of_another_source(store: VerdictStore, make_work: MakeWork) -> None:
    store.write(make_work(source="plant.shots"))

    with pytest.raises(ConfigError, match=r"'plant\.shots'.*'other\.shots'"):
        store.write(make_work(at=(2, 1), source="other.shots"))


def test_reopened_store_goes_on_where_it_was(
    store: VerdictStore, store_url: str, make_work: MakeWork
) -> None:
    work = make_work(_rows("t1"), memory={"A": "1"})
    store.write(work)
    store.close()
    store.close()

    again = VerdictStore(store_url)
    try:
        assert (again.position(), again.memory()) == (work.position, {"A": "1"})
        assert again.write(work).replayed == 1
    finally:
        again.close()


def test_a_second_writer_is_refused(store: VerdictStore, store_url: str) -> None:
    store.open()
    second = VerdictStore(store_url)
    try:
        with pytest.raises((ConfigError, StoreUnavailable), match=r"written by|another process writes"):
            second.open()
    finally:
        second.close()


@pytest.mark.fault_row(5)
def test_a_writer_that_was_taken_over_writes_no_more(
    store: VerdictStore, reader: VerdictReader, store_url: str, make_work: MakeWork
) -> None:
    # As when it slept for long, its lock was lost and another process opened the store.
    engine = create_engine(parse_url(store_url), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(update(store_identity).values(epoch=store_identity.c.epoch + 1))

    for _ in range(2):
        with pytest.raises(ConfigError, match="took the store over"):
            store.write(make_work(_rows("zombie")))
    assert reader.verdict("zombie") is None


@pytest.mark.fault_row(41)
def test_refuses_the_store_of_a_newer_program(store: VerdictStore, store_url: str) -> None:
    store.open()
    store.close()
    engine = create_engine(parse_url(store_url), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(update(store_identity).values(schema_number=99))

    with pytest.raises(ConfigError, match=r"table layout 2, got 99; update the program"):
        store.open()


def test_two_long_names_stay_apart(store: VerdictStore, reader: VerdictReader, make_work: MakeWork) -> None:
    rows = [{"token": f"t{i}", "facility": "F" * 5000 + str(i)} for i in range(2)]

    store.write(make_work(rows))

    names = {v["facility"] for v in reader.latest()}
    assert len(names) == 2
    assert max(map(len, names)) <= 500
