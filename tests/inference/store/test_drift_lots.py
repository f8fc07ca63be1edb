"""The last lots of every model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest

from core.beside import Beside, DriftLot
from core.stream import Work
from inference.store.beside import BesideReader
from inference.store.drift_lots import KEPT, MOST_VERSIONS
from inference.store.sink import VerdictStore

MakeWork = Callable[..., Work]


def lot(day: int, shots: int = 50, model: int = 0, version: str = "v1") -> DriftLot:
    return DriftLot(version, model, day, shots, 1, 2, b"\x00\x01")


@pytest.fixture
def store(store_url: str, open_store: Callable[[str], VerdictStore]) -> VerdictStore:
    return open_store(store_url)


@pytest.fixture
def keep(store: VerdictStore, make_work: MakeWork) -> Callable[[Sequence[DriftLot]], None]:
    def keep(lots: Sequence[DriftLot]) -> None:
        store.write(replace(make_work(), beside=Beside(drift=lots)))

    return keep


@pytest.fixture
def reader(store_url: str, store: VerdictStore) -> Iterator[BesideReader]:
    store.open()
    reader = BesideReader(store_url)
    yield reader
    reader.close()


def test_a_lot_is_what_was_told_of_it_last(
    keep: Callable[[Sequence[DriftLot]], None], reader: BesideReader
) -> None:
    keep([lot(1), lot(1, model=-1)])
    keep([lot(1, shots=90)])

    assert reader.drift_lots("v1") == [lot(1, model=-1), lot(1, shots=90)]


def test_the_last_lots_of_each_model_are_kept(
    keep: Callable[[Sequence[DriftLot]], None], reader: BesideReader
) -> None:
    keep([lot(1, model=5)])
    for day in range(1, KEPT + 4):
        keep([lot(day)])

    found = reader.drift_lots("v1")

    assert [one.day for one in found if one.group == 0] == list(range(4, KEPT + 4))
    assert [one.day for one in found if one.group == 5] == [1]


def test_the_open_lots_are_the_newest_of_each_model(
    keep: Callable[[Sequence[DriftLot]], None], store: VerdictStore
) -> None:
    keep([lot(1), lot(2), lot(1, model=3), lot(9, version="v0")])

    assert sorted(store.open_lots("v1")) == [lot(2), lot(1, model=3)]
    assert list(store.open_lots("v7")) == []


def test_lots_of_the_newest_versions_are_kept(
    keep: Callable[[Sequence[DriftLot]], None], reader: BesideReader
) -> None:
    for number in range(MOST_VERSIONS + 1):
        keep([lot(1, version=f"v{number}")])

    assert reader.drift_lots("v0") == []
    assert len(reader.drift_lots("v1")) == 1
