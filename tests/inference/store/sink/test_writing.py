"""The Sink contract: what one write does, once and twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.stream import DeadLetter, Work, Written
from inference.store.reader import VerdictFilter, VerdictReader
from inference.store.sink import VerdictStore
from tests.inference.store.sink.verdict_rows import rows_of

MakeWork = Callable[..., Work]


def test_starts_without_position_and_memory(store: VerdictStore) -> None:
    assert store.position() is None
    assert store.memory() == {}


@pytest.mark.fault_row(30)
def test_writing_twice_equals_writing_once(
    store: VerdictStore, reader: VerdictReader, make_work: MakeWork
) -> None:
    work = make_work(
        rows_of("t1", "t2"),
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
    assert store.write(make_work(rows_of("t1", "t1"))) == Written(verdicts=1, dead_letters=0, replayed=1)
    assert len(reader.verdicts(VerdictFilter(), 10)[0]) == 1


def test_partly_replayed_batch_counts_only_what_is_new(store: VerdictStore, make_work: MakeWork) -> None:
    store.write(make_work(rows_of("t1", outcome="NG")))

    assert store.write(make_work(rows_of("t1", "t2", outcome="NG"))) == Written(1, 0, 1)
    assert store.judged == {("NG", "trained"): 2}


def test_memory_of_a_facility_is_replaced_and_the_others_stay(
    store: VerdictStore, make_work: MakeWork
) -> None:
    store.write(make_work(memory={"A": "1", "B": "1"}))
    store.write(make_work(memory={"B": "2"}))

    assert store.memory() == {"A": "1", "B": "2"}
