"""The position moves on with what is written, and back only where that is meant."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.errors import ConfigError, StoreUnavailable
from core.stream import Work
from inference.store.reader import VerdictReader
from inference.store.sink import VerdictStore
from tests.inference.store.sink.verdict_rows import rows_of

MakeWork = Callable[..., Work]


@pytest.mark.fault_row(23)
def test_refuses_to_move_the_position_back(store: VerdictStore, make_work: MakeWork) -> None:
    store.write(make_work(at=(10, 2)))

    with pytest.raises(StoreUnavailable, match=r"go back from \(10, 2\) to \(10, 1\)"):
        store.write(make_work(rows_of("t1"), at=(10, 1)))

    stored = store.position()
    assert stored is not None
    assert stored.cluster_time == (10, 2)


def test_the_refused_batch_is_not_written_either(
    store: VerdictStore, reader: VerdictReader, make_work: MakeWork
) -> None:
    store.write(make_work(at=(10, 2)))
    with pytest.raises(StoreUnavailable):
        store.write(make_work(rows_of("t1"), at=(10, 1), memory={"A": "1"}))

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
