"""What was routed before is looked up, and nobody can tell."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from inference.seen_settings import SeenSettings

COLUMNS = np.dtype([("length", np.int64), ("share", np.float64)], align=True)


Keys = NDArray[np.float64]


def _keys(numbers: list[int]) -> Keys:
    """Two words each, of which the second tells them apart."""
    return np.array([[7.0, number] for number in numbers], dtype=np.float64).reshape(len(numbers), 2)


def _answer(keys: Keys, asked: list[int] | None = None) -> Callable[[NDArray[np.intp]], list[NDArray[Any]]]:
    def answer(rows: NDArray[np.intp]) -> list[NDArray[Any]]:
        numbers = keys[rows, 1].astype(np.int64)
        if asked is not None:
            asked.extend(numbers.tolist())
        return [numbers, numbers / 2]

    return answer


@pytest.mark.parametrize("library", ["installed", None])
@given(st.lists(st.lists(st.integers(0, 9), max_size=8), max_size=8))
def test_every_look_up_gives_what_asking_anew_would(library: Any, batches: list[list[int]]) -> None:
    seen = SeenSettings(COLUMNS, most=4, library=library)
    for numbers in batches:
        keys = _keys(numbers)
        length, share = seen.look_up(keys, _answer(keys))
        assert length.tolist() == numbers
        assert share.tolist() == [n / 2 for n in numbers]


def test_a_key_is_asked_for_once() -> None:
    seen, asked = SeenSettings(COLUMNS), list[int]()
    for numbers in ([1, 2, 1], [2, 3], [3, 1]):
        keys = _keys(numbers)
        seen.look_up(keys, _answer(keys, asked))
    assert sorted(asked) == [1, 2, 3]


def test_threads_get_their_own_answers_while_it_begins_anew() -> None:
    seen = SeenSettings(COLUMNS, most=5)

    def many(seed: int) -> bool:
        rng = np.random.default_rng(seed)
        for _ in range(300):
            numbers = rng.integers(0, 12, 6).tolist()
            keys = _keys(numbers)
            if seen.look_up(keys, _answer(keys))[0].tolist() != numbers:
                return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(many, range(4)))
