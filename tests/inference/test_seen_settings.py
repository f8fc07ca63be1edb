"""What was routed before is looked up, and nobody can tell."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from inference.seen_settings import Key, SeenSettings

COLUMNS = np.dtype([("length", np.int64), ("share", np.float64)], align=True)


def _key(number: int) -> Key:
    return ("M", "F", f"I{number}"), bytes([number])


def _answer(
    keys: list[Key], asked: list[int] | None = None
) -> Callable[[NDArray[np.intp]], list[NDArray[Any]]]:
    def answer(rows: NDArray[np.intp]) -> list[NDArray[Any]]:
        if asked is not None:
            asked.extend(keys[row][1][0] for row in rows.tolist())
        numbers = np.array([keys[row][1][0] for row in rows.tolist()])
        return [numbers, numbers / 2]

    return answer


@given(st.lists(st.lists(st.integers(0, 9), max_size=8), max_size=8))
def test_every_look_up_gives_what_asking_anew_would(batches: list[list[int]]) -> None:
    seen = SeenSettings(COLUMNS, most=4)
    for numbers in batches:
        keys = [_key(n) for n in numbers]
        length, share = seen.look_up(keys, _answer(keys))
        assert length.tolist() == numbers
        assert share.tolist() == [n / 2 for n in numbers]


def test_a_key_is_asked_for_once() -> None:
    seen, asked = SeenSettings(COLUMNS), list[int]()
    for numbers in ([1, 2, 1], [2, 3], [3, 1]):
        keys = [_key(n) for n in numbers]
        seen.look_up(keys, _answer(keys, asked))
    assert sorted(asked) == [1, 2, 3]


def test_threads_get_their_own_answers_while_it_begins_anew() -> None:
    seen = SeenSettings(COLUMNS, most=5)

    def many(seed: int) -> bool:
        rng = np.random.default_rng(seed)
        for _ in range(300):
            numbers = rng.integers(0, 12, 6).tolist()
            keys = [_key(n) for n in numbers]
            if seen.look_up(keys, _answer(keys))[0].tolist() != numbers:
                return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(many, range(4)))
