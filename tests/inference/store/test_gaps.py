"""Gaps: noted with the position, records compared with what was last written of them."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import create_engine, inspect
from sqlalchemy.pool import NullPool

from core.errors import SourceUnavailable
from core.stream import DeadLetter, Position, StateChange, Work
from inference.store.engine import parse_url
from inference.store.reader import VerdictReader
from inference.store.sink import VerdictStore

MakeWork = Callable[..., Work]


class HandClock:
    def __init__(self) -> None:
        self.now = 1_795_000_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def store(store_url: str, clock: HandClock) -> Iterator[VerdictStore]:
    made = VerdictStore(store_url, clock=clock)
    made.open()
    yield made
    made.close()


@pytest.fixture
def reader(store: VerdictStore, store_url: str) -> Iterator[VerdictReader]:
    made = VerdictReader(store_url)
    yield made
    made.close()


def _begin(number: int) -> Position:
    return Position(f"reconcile {number}", (90, 1), "event", "plant.shots")


def _judged(make_work: MakeWork, *records: tuple[str, str, int], **given: Any) -> Work:
    """Work with one verdict a record: token, record id, content."""
    work = make_work([{"token": token} for token, _, _ in records], **given)
    return replace(work, records=[(name, content) for _, name, content in records])


def _has_indexes(url: str) -> list[bool]:
    engine = create_engine(parse_url(url), poolclass=NullPool)
    with engine.connect() as connection:
        return [
            f"{table}_record" in {index["name"] for index in inspect(connection).get_indexes(table)}
            for table in ("verdict", "dead_letter")
        ]


def test_a_gap_is_noted_together_with_the_position(
    store: VerdictStore, reader: VerdictReader, make_work: MakeWork, clock: HandClock
) -> None:
    store.write(make_work(at=(10, 2)))

    position = store.note_gap("the oplog no longer holds it (286)", _begin)

    assert store.position() == position == replace(_begin(1), kind="reposition")
    ((gap,), _) = reader.gaps(10)
    assert gap == {
        "id": 1,
        "opened_at": clock.now,
        "closed_at": None,
        "cause": "the oplog no longer holds it (286)",
        "from_t": 10,
        "from_i": 2,
        "to_t": 90,
        "to_i": 1,
        "seen": 0,
        "judged": 0,
    }


def test_a_gap_whose_source_fails_is_not_noted(
    store: VerdictStore, reader: VerdictReader, make_work: MakeWork
) -> None:
    store.write(make_work(at=(10, 2)))

    def fail(number: int) -> Position:
        raise SourceUnavailable(f"away at {number}")

    with pytest.raises(SourceUnavailable, match="away at 1"):
        store.note_gap("lost", fail)

    assert reader.gaps(10) == ([], None)
    stored = store.position()
    assert stored is not None
    assert stored.cluster_time == (10, 2)


def test_reconciling_counts_what_it_compares_and_closing_ends_every_gap(
    store: VerdictStore, reader: VerdictReader, make_work: MakeWork, clock: HandClock, store_url: str
) -> None:
    store.note_gap("first", _begin)
    store.note_gap("second, while reconciling", _begin)
    assert _has_indexes(store_url) == [True, True]

    store.unchanged([("a", 1), ("b", 2), ("c", 3)])
    store.write(replace(_judged(make_work, ("gap2:a", "a", 1), at=(91, 1)), origin="reconcile"))
    clock.now += 5000
    store.write(replace(make_work(at=(92, 1)), gap_closed=True))

    gaps = reader.gaps(10)[0]
    assert [(g["id"], g["seen"], g["judged"], g["closed_at"]) for g in gaps] == [
        (2, 3, 1, clock.now),
        (1, 0, 0, clock.now),
    ]
    assert _has_indexes(store_url) == [False, False]


def test_a_backup_that_reads_for_hours_does_not_hold_up_the_end_of_a_gap(
    fresh_postgres_url: str, make_work: MakeWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inference.store.gaps.LOCK_PATIENCE_MS", 20)
    store = VerdictStore(fresh_postgres_url)
    store.note_gap("lost", _begin)
    backup = create_engine(parse_url(fresh_postgres_url), poolclass=NullPool).connect()
    backup.exec_driver_sql("SELECT count(*) FROM verdict")
    try:
        work = replace(_judged(make_work, ("t1", "a", 1), at=(91, 1)), gap_closed=True)
        assert store.write(work).verdicts == 1
        assert _has_indexes(fresh_postgres_url) == [True, True]
    finally:
        backup.close()
        store.close()

    store.open()
    store.close()
    assert _has_indexes(fresh_postgres_url) == [False, False]


def test_records_of_a_gap_say_so(store: VerdictStore, store_url: str, make_work: MakeWork) -> None:
    store.write(_judged(make_work, ("t1", "a", 1)))
    store.write(replace(_judged(make_work, ("gap1:b", "b", 1), at=(2, 1)), origin="reconcile"))
    store.write(replace(_judged(make_work, ("scan:c", "c", 1), at=(3, 1)), origin="snapshot"))

    engine = create_engine(parse_url(store_url), poolclass=NullPool)
    with engine.connect() as connection:
        query = "SELECT record_id, content, origin FROM verdict ORDER BY seq"
        assert connection.exec_driver_sql(query).all() == [
            ("a", 1, "stream"),
            ("b", 1, "reconcile"),
            ("c", 1, "snapshot"),
        ]


def test_what_was_last_written_of_a_record_decides(
    store: VerdictStore, make_work: MakeWork, clock: HandClock
) -> None:
    letter = DeadLetter("82A5", "set aside later", "not_a_number", "x", b"bad")
    bad = zlib.crc32(b"bad")
    first = _judged(
        make_work,
        ("82A1", "same", 1),
        ("82A2", "changed", 1),
        ("82A3", "judged twice", 1),
        ("82A4", "set aside later", 1),
        ("82A6", "mended in the same batch", 6),
        ("82A8", "set aside in a later batch", 8),
        dead=[
            letter,
            DeadLetter("82A0", "mended in the same batch", "x", "x", b"bad"),
            DeadLetter("82A7", "mended later", "x", "x", b"bad"),
        ],
    )
    store.write(first)
    clock.now += 1
    store.write(
        _judged(
            make_work,
            ("82B1", "judged twice", 2),
            ("82B2", "mended later", 3),
            at=(2, 1),
            dead=[DeadLetter("82B3", "set aside in a later batch", "x", "x", b"bad")],
        )
    )

    asked = {
        ("same", 1): True,
        ("changed", 2): False,
        ("judged twice", 1): False,
        ("judged twice", 2): True,
        ("set aside later", 1): False,
        ("set aside later", bad): True,
        ("mended in the same batch", 6): True,
        ("mended in the same batch", bad): False,
        ("mended later", bad): False,
        ("mended later", 3): True,
        ("set aside in a later batch", bad): True,
        ("set aside in a later batch", 8): False,
        ("never seen", 0): False,
    }
    assert dict(zip(asked, store.unchanged(list(asked)), strict=True)) == asked


def test_a_verdict_that_could_not_be_stored_is_not_judged_at_every_gap(
    store: VerdictStore, make_work: MakeWork
) -> None:
    work = replace(make_work([{"token": "t1", "facility": None}]), records=[("a", 77)])
    assert store.write(work).dead_letters == 1

    assert store.unchanged([("a", 77), ("a", 78)]) == [True, False]


def test_many_records_and_odd_names_are_compared_at_once(store: VerdictStore, make_work: MakeWork) -> None:
    names = [*(f"r{i}" for i in range(1300)), "x" * 5000, "길\x00\ud800", "it's; --"]
    records = [(name, i) for i, name in enumerate(names)]
    work = make_work([{"token": f"t{i}"} for i in range(len(names))])
    store.write(replace(work, records=records))

    assert store.unchanged(records) == [True] * len(records)
    assert store.unchanged([(name, content + 1) for name, content in records]) == [False] * len(records)
    assert store.unchanged([]) == []


def test_states_are_kept_with_the_batch_and_the_oldest_are_dropped(
    store: VerdictStore, reader: VerdictReader, make_work: MakeWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inference.store.states.MOST_STATES", 4)
    changes = [StateChange(i, "streaming", f"s{i}", 286 if i else None, "why\x00") for i in range(6)]

    store.write(replace(make_work(), states=changes[:3]))
    store.write(replace(make_work(), states=changes[3:]))

    rows, before = reader.state_log(3)
    assert [(r["at"], r["after"], r["code"], r["reason"]) for r in rows] == [
        (5, "s5", 286, "why\ufffd"),
        (4, "s4", 286, "why\ufffd"),
        (3, "s3", 286, "why\ufffd"),
    ]
    assert [r["after"] for r in reader.state_log(9, before)[0]] == ["s2"]
