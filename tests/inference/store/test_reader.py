from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import StoreUnavailable
from core.stream import DeadLetter, Work
from inference.store.cursor import decode_cursor, encode_cursor
from inference.store.reader import VerdictFilter, VerdictReader
from inference.store.sink import VerdictStore

MakeWork = Callable[..., Work]
T0 = 1_790_000_000_000


@pytest.fixture
def store(store_url: str) -> Iterator[VerdictStore]:
    made = VerdictStore(store_url)
    made.open()
    yield made
    made.close()


@pytest.fixture
def reader(store: VerdictStore, store_url: str) -> Iterator[VerdictReader]:
    made = VerdictReader(store_url)
    yield made
    made.close()


def _tokens(rows: list[dict[str, Any]]) -> list[str]:
    return [row["event_token"] for row in rows]


def test_an_empty_store_answers_with_nothing(reader: VerdictReader) -> None:
    assert reader.latest() == []
    assert reader.verdicts(VerdictFilter(), 10) == ([], None)
    assert reader.dead_letters(10) == ([], None)
    assert reader.lots(VerdictFilter(), 10) == []
    assert reader.counts() == {}
    assert reader.verdict("x") is None
    assert reader.trend("A-01", 10) == []
    reader.ping()


def test_latest_is_the_last_written_of_every_facility(
    store: VerdictStore, reader: VerdictReader, make_work: MakeWork
) -> None:
    rows = [{"token": f"t{i}", "facility": f"F{i % 3}"} for i in range(9)]
    store.write(make_work(rows))
    store.write(make_work([{"token": "new", "facility": "F1"}]))

    assert [(v["facility"], v["event_token"]) for v in reader.latest()] == [
        ("F0", "t6"),
        ("F1", "new"),
        ("F2", "t8"),
    ]
    assert _tokens(reader.latest("F2")) == ["t8"]
    assert reader.latest("F9") == []


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (VerdictFilter(facility="F1"), ["t4", "t1"]),
        (VerdictFilter(item="i0"), ["t4", "t2", "t0"]),
        (VerdictFilter(outcome="NG"), ["t3", "t0"]),
        (VerdictFilter(route="limits"), ["t5"]),
        (VerdictFilter(lot="L1"), ["t5", "t4"]),
        (VerdictFilter(maker="B"), ["t2"]),
        (VerdictFilter(start=T0 + 2, end=T0 + 4), ["t3", "t2"]),
        (VerdictFilter(facility="F0", outcome="NG"), ["t3", "t0"]),
        (VerdictFilter(facility="F0'; DROP TABLE verdict; --"), []),
    ],
)
def test_filters_narrow_down(
    store: VerdictStore,
    reader: VerdictReader,
    make_work: MakeWork,
    wanted: VerdictFilter,
    expected: list[str],
) -> None:
    rows = [
        {
            "token": f"t{i}",
            "facility": f"F{i % 3}",
            "item": f"i{i % 2}",
            "outcome": "NG" if i % 3 == 0 else "OK",
            "route": "limits" if i == 5 else "trained",
            "lot": "L1" if i > 3 else "L0",
            "maker": "B" if i == 2 else "A",
            "shot_time": T0 + i,
        }
        for i in range(6)
    ]
    store.write(make_work(rows))

    assert _tokens(reader.verdicts(wanted, 10)[0]) == expected


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limit=st.integers(1, 30), between=st.integers(0, 5))
def test_pages_hold_every_verdict_once_while_new_ones_arrive(
    store: VerdictStore, reader: VerdictReader, make_work: MakeWork, limit: int, between: int
) -> None:
    press = uuid4().hex  # the store is one for all examples
    mine = VerdictFilter(facility=press)

    def arrive(count: int) -> None:
        store.write(make_work([{"token": uuid4().hex, "facility": press} for _ in range(count)]))

    arrive(25)
    known = _tokens(reader.verdicts(mine, 1000)[0])
    seen: list[str] = []
    before: int | None = None
    while True:
        page, before = reader.verdicts(mine, limit, before)
        seen += _tokens(page)
        arrive(between)
        if before is None:
            break
    assert seen == known


def test_one_verdict_by_token_or_the_last_of_a_shot(
    store: VerdictStore, reader: VerdictReader, make_work: MakeWork
) -> None:
    store.write(make_work([{"token": "t1", "shot_id": "s"}, {"token": "t2", "shot_id": "s"}]))

    by_token, by_shot = reader.verdict("t1"), reader.verdict("s")
    assert by_token is not None
    assert by_shot is not None
    assert (by_token["event_token"], by_shot["event_token"]) == ("t1", "t2")


@pytest.mark.parametrize("name", ["a\x00b", "\ud800", "길" * 3000])
def test_what_no_database_takes_as_text_is_found_under_its_own_name(
    store: VerdictStore, reader: VerdictReader, make_work: MakeWork, name: str
) -> None:
    store.write(make_work([{"token": "t1", "shot_id": name, "facility": name}]))

    assert reader.verdict(name) is not None
    assert _tokens(reader.latest(name)) == ["t1"]
    assert _tokens(reader.verdicts(VerdictFilter(facility=name), 9)[0]) == ["t1"]
    assert len(reader.trend(name, 9)) == 1
    assert reader.dead_letters(9, reason=name) == ([], None)


def test_dead_letters_come_newest_first_in_pages(
    store: VerdictStore, reader: VerdictReader, make_work: MakeWork
) -> None:
    letters = [DeadLetter(f"d{i}", f"r{i}", "a" if i % 2 else "b", "", b"") for i in range(5)]
    store.write(make_work(dead=letters))

    first, before = reader.dead_letters(3)
    second, end = reader.dead_letters(3, before)
    assert (_tokens(first), _tokens(second), end) == (["d4", "d3", "d2"], ["d1", "d0"], None)
    assert _tokens(reader.dead_letters(9, reason="a")[0]) == ["d3", "d1"]
    assert reader.dead_letters(9, state="replayed")[0] == []


def test_lots_are_counted_whole_and_the_last_judged_comes_first(
    store: VerdictStore, reader: VerdictReader, make_work: MakeWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inference.store.reader.LOT_WINDOW", 3)
    outcomes = ["NG", "OK", "WARN", "NG", "OK", "OK"]
    rows = [
        {"token": f"t{i}", "lot": f"L{i % 2}", "outcome": o, "shot_time": T0 + i}
        for i, o in enumerate(outcomes)
    ]
    old = [{"token": "old", "lot": "L9"}, {"token": "none", "lot": None}]
    store.write(make_work([*old, *rows]))

    found = reader.lots(VerdictFilter(), 10)
    assert [(lot.lot, lot.shots, lot.warn, lot.ng) for lot in found] == [("L1", 3, 0, 1), ("L0", 3, 1, 1)]
    assert (found[0].flagged_share, found[0].first, found[0].last) == (1 / 3, T0 + 1, T0 + 5)


def test_counts_are_by_outcome_and_route(
    store: VerdictStore, reader: VerdictReader, make_work: MakeWork
) -> None:
    rows = [{"token": f"t{i}", "outcome": "NG" if i < 2 else "OK"} for i in range(5)]
    store.write(make_work(rows))

    assert reader.counts() == store.judged == {("NG", "trained"): 2, ("OK", "trained"): 3}


def test_trend_is_oldest_first_and_knows_change_overs_and_warm_ups(
    store: VerdictStore, reader: VerdictReader, make_work: MakeWork
) -> None:
    rows = [
        {"token": f"t{i}", "anomaly_score": float(i), "shot_time": i, "flags": flags}
        for i, flags in enumerate(([], [], ["change_over"], ["warm_up"]))
    ]
    store.write(make_work(rows))

    points = reader.trend("A-01", 3)
    told = [(p.anomaly_score, bool(p.changed_over), bool(p.warming_up), p.shot_time) for p in points]
    assert told == [(1, False, False, 1), (2, True, False, 2), (3, False, True, 3)]


def test_readers_see_whole_batches_while_they_are_written(
    store: VerdictStore, reader: VerdictReader, make_work: MakeWork
) -> None:
    sizes: set[int] = set()
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            sizes.add(sum(reader.counts().values()))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        for batch in range(30):
            store.write(make_work([{"token": f"{batch}-{i}"} for i in range(10)]))
    finally:
        done.set()
        watcher.join()

    assert all(size % 10 == 0 for size in sizes)
    assert sum(reader.counts().values()) == 300


def test_before_the_first_start_the_store_is_said_to_be_absent(tmp_path: Any) -> None:
    reader = VerdictReader(f"sqlite:///{tmp_path}/none.sqlite")

    with pytest.raises(StoreUnavailable, match="no verdicts yet"):
        reader.latest()
    assert list(tmp_path.iterdir()) == []


@given(st.integers(0, 2**63 - 1))
def test_a_cursor_comes_back_as_it_was(seq: int) -> None:
    assert decode_cursor(encode_cursor(seq)) == seq


@given(st.text(max_size=40))
def test_a_made_up_cursor_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="next_cursor"):
        decode_cursor(text)
