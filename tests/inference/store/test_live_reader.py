"""Recent verdicts counted, block by block, the same in both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import inference.store.live_reader
from core.stream import Work
from inference.live_counts import LiveKey
from inference.store.reader import VerdictReader
from inference.store.sink import VerdictStore

MakeWork = Callable[..., Work]
T0 = 1_790_000_000_000


@pytest.fixture
def store(store_url: str) -> Iterator[VerdictStore]:
    made = VerdictStore(store_url, clock=lambda: T0 + 500)
    made.open()
    yield made
    made.close()


@pytest.fixture
def reader(store: VerdictStore, store_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[VerdictReader]:
    monkeypatch.setattr(inference.store.live_reader, "BLOCK", 10)
    monkeypatch.setattr(inference.store.live_reader, "BLOCKS", 2)
    made = VerdictReader(store_url)
    yield made
    made.close()


def rows(begin: int, end: int, **more: Any) -> list[dict[str, Any]]:
    return [{"token": f"t{i}", "shot_time": T0 + i, **more} for i in range(begin, end)]


def test_an_empty_store_counts_nothing(reader: VerdictReader) -> None:
    live = reader.live(0)

    assert (live.counts, live.first, live.last, live.since) == ((), 0, 0, None)


def test_verdicts_are_counted_by_group_and_route(
    store: VerdictStore, reader: VerdictReader, make_work: MakeWork
) -> None:
    store.write(make_work(rows(0, 4)))
    store.write(make_work(rows(4, 7, route="nearest", distance=2.0, outcome="NG")))
    store.write(make_work(rows(7, 8, route="nearest", distance=4.0)))
    unknown = {"maker": None, "item": None, "cluster": None, "route": "limits", "shot_time": None}
    store.write(make_work([{"token": "t8"} | unknown]))

    live = reader.live(T0 + 1)

    none, own, other = live.counts
    key = LiveKey("A", "A-01", "cap", 1)
    assert (own.key, own.route, own.shots, own.ng, own.later, own.last) == (key, "nearest", 4, 3, 4, T0 + 7)
    assert own.distance == pytest.approx(2.5)
    assert (other.key, other.route, other.shots, other.later, other.distance) == (key, "trained", 4, 2, None)
    assert (none.key, none.last) == (LiveKey(None, "A-01", None, None), None)
    assert (live.first, live.last, live.since) == (1, 9, T0 + 500)


def test_the_newest_blocks_are_looked_at_however_many_there_are(
    store: VerdictStore, reader: VerdictReader, make_work: MakeWork
) -> None:
    store.write(make_work(rows(0, 47)))

    live = reader.live(0)

    assert (live.first, live.last) == (20, 47)
    assert sum(count.shots for count in live.counts) == 28


def test_what_arrives_is_added_and_a_whole_block_is_counted_once(
    store: VerdictStore, reader: VerdictReader, make_work: MakeWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[int] = []
    original = inference.store.live_reader._count

    def count(connection: Any, begin: int, end: int, later_than: int) -> Any:
        counted.append(begin)
        return original(connection, begin, end, later_than)

    monkeypatch.setattr(inference.store.live_reader, "_count", count)
    totals = []
    for step in range(5):
        store.write(make_work(rows(7 * step, 7 * step + 7)))
        totals.append(sum(one.shots for one in reader.live(0).counts))

    assert totals == [7, 14, 21, 28, 26]
    assert [begin for begin in counted if begin == 10] == [10, 10]  # once while it was filled
    assert reader.live(T0).counts[0].later == 26


def test_a_further_page_is_counted_as_the_first_was(
    store: VerdictStore, reader: VerdictReader, make_work: MakeWork
) -> None:
    store.write(make_work(rows(0, 25)))
    first = reader.live(0)

    store.write(make_work(rows(25, 40)))

    assert reader.live(0, until=first.last) == first
    assert reader.live(0) != first
