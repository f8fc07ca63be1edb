"""Writing into a ledger: compiled and numpy leave the same tables and keep the same rows."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.compiled_ledger import CompiledExchange
from ingest.fill_ledger import NEWEST, Ledger
from native.library import compiled

WIDTH = 3


@pytest.fixture(scope="module")
def exchange() -> CompiledExchange:
    library = compiled()
    assert isinstance(library, ctypes.PyDLL)
    return CompiledExchange(library)


def _batch(seed: int, k: int) -> tuple[Any, Any, Any, Any]:
    """Some places and facilities several times; makers and items known or not."""
    rng = np.random.default_rng(seed)
    values = np.where(rng.random((k, WIDTH)) < 0.2, np.nan, rng.random((k, WIDTH)))
    return rng.integers(0, 5, k), values, rng.integers(0, 4, k), rng.integers(-1, 3, (k, NEWEST))


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 8)), max_size=5))
def test_both_ways_leave_the_same_and_give_the_same_back(
    exchange: CompiledExchange, batches: list[tuple[int, int]]
) -> None:
    one, other = Ledger(WIDTH), Ledger(WIDTH)
    one.hold(5, 4)
    other.hold(5, 4)
    for seed, k in batches:
        mine, its = _batch(seed, k), _batch(seed, k)
        kept, expected = exchange(one, *mine), other.exchange(*its)
        for a, b in zip((*kept, *mine), (*expected, *its), strict=True):
            np.testing.assert_array_equal(a, b)
        for name in Ledger.__slots__:
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_what_the_ledger_has_no_room_for_is_refused(exchange: CompiledExchange) -> None:
    ledger = Ledger(WIDTH)
    ledger.hold(5, 4)
    before = ledger.copy()
    for place, facility in ((len(ledger.turn), 0), (0, len(ledger.heard)), (-1, 0)):
        with pytest.raises(IndexError, match="numbers in the ledger"):
            exchange(
                ledger,
                np.array([place]),
                np.zeros((1, WIDTH)),
                np.array([facility]),
                np.zeros((1, NEWEST), np.int64),
            )
    with pytest.raises(ValueError, match="rows of 3 values"):
        exchange(
            ledger, np.zeros(1, np.intp), np.zeros((1, 3)), np.zeros(1, np.intp), np.zeros((1, 4), np.int64)
        )
    with pytest.raises(ValueError, match="rows of 3 values"):
        exchange(
            ledger,
            np.zeros(1, np.intp),
            np.zeros((1, 2)),
            np.zeros(1, np.intp),
            np.zeros((1, NEWEST), np.int64),
        )
    for name in Ledger.__slots__:
        np.testing.assert_array_equal(getattr(ledger, name), getattr(before, name))
