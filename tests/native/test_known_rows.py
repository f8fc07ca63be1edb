"""Numbers for rows: compiled and in Python the same; objects are told by where they stand."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from native.known_objects import KnownObjects
from native.known_rows import KnownRows
from native.library import compiled

rows = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=12)


def _words(pairs: list[tuple[int, int]]) -> np.ndarray[tuple[int, int], np.dtype[np.uint64]]:
    return np.array(pairs, dtype=np.uint64).reshape(len(pairs), 2)


@pytest.mark.parametrize("library", [compiled(), None])
@given(st.lists(rows, max_size=6))
def test_a_row_is_found_under_the_number_it_was_given(
    library: ctypes.PyDLL | None, batches: list[list[tuple[int, int]]]
) -> None:
    known, expected = KnownRows(2, 16, library), dict[tuple[int, int], int]()
    for batch in batches:
        found, lacking = known.find(_words(batch))
        assert found.tolist() == [expected.get(row, -1) for row in batch]
        assert lacking == (-1 in found)
        new = [row for row in dict.fromkeys(batch) if row not in expected]
        known.add(_words(new))
        expected |= {row: len(expected) + k for k, row in enumerate(new)}
        assert len(known) == len(expected)


@pytest.mark.parametrize("library", [compiled(), None])
def test_what_has_no_room_or_another_width_is_refused(library: ctypes.PyDLL | None) -> None:
    known = KnownRows(2, 2, library)
    known.add(_words([(1, 1)]))
    with pytest.raises(ValueError, match="room for 2 rows, expected to hold 3"):
        known.add(_words([(1, 2), (1, 3)]))
    with pytest.raises(ValueError, match="expected rows of 2 words"):
        known.find(np.zeros((1, 3)))
    assert known.find(_words([(1, 1), (1, 2)]))[0].tolist() == [0, -1]


@pytest.mark.parametrize("library", [compiled(), None])
def test_a_full_index_finds_all_it_holds(library: ctypes.PyDLL | None) -> None:
    many = np.random.default_rng(0).permutation(5000).astype(np.float64)[:, None]
    known = KnownRows(1, len(many), library)
    known.add(many)
    assert known.find(many)[0].tolist() == list(range(len(many)))
    assert known.find(many + 0.5)[1]


def _column(*values: str | None) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def test_objects_are_found_as_long_as_all_were_seen() -> None:
    library = compiled()
    if library is None:
        return  # told by equality then, which the tests of the book see to
    known = KnownObjects(2, library)
    text, twin = "press 1", "".join(["press", " 1"])
    first, second = (text, text, None), (twin, text, None)
    known.add({tuple(map(id, first)): (first, 7)})  # type: ignore[dict-item]  # three of them
    assert known.find(_column(text), _column(text), _column(None)) == [7]
    assert known.find(_column(twin), _column(text), _column(None)) is None
    known.add({tuple(map(id, first)): (first, 9), tuple(map(id, second)): (second, 8)})  # type: ignore[dict-item]  # ditto
    found = known.find(_column(text, twin), _column(text, text), _column(None, None))
    assert found is not None
    assert found.tolist() == [7, 8]
    assert known.full


@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from([0.0, -0.0, 1.5, float("nan")])), max_size=12),
    st.integers(0, 12),
)
def test_rows_of_a_table_are_fetched_by_number_and_set_value(
    pairs: list[tuple[int, float]], known: int
) -> None:
    number = np.array([n for n, _ in pairs], dtype=np.int64)
    values = np.array([[value] for _, value in pairs]).reshape(-1, 1)
    table = np.array([(7 * k,) for k in range(20)], dtype=[("seven", np.int64)])
    told = []
    for library in (compiled(), None):
        rows = KnownRows(2, 20, library)
        keys, found, _, lacking = rows.fetch(number, 5, values, table)
        assert lacking == (len(pairs) > 0)
        for key in keys[:known]:
            if rows.find(key[None])[1]:
                rows.add(key[None])
        keys, found, fetched, lacking = rows.fetch(number, 5, values, table)
        assert lacking == bool((found < 0).any())
        there = found >= 0
        assert fetched["seven"][there].tolist() == (7 * found[there]).tolist()
        assert keys[:, 0].view(np.int64).tolist() == (number + 5).tolist()
        told.append((keys.tobytes(), found.tolist()))
        wider = rows.fetch(number, 5, np.zeros((len(pairs), 4)), table)
        assert (wider[0].shape, set(wider[1].tolist()) <= {-1}) == ((len(pairs), 5), True)
    assert told[0] == told[1]
