"""Numbers for spots: equal texts are one spot, whatever objects they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ingest.spot_book
from ingest.spot_book import FACILITY, ITEM, MAKER, NO_TEXT, PLACE, SpotBook

texts = st.sampled_from(["M", "F", "", "프레스"])
records = st.lists(st.tuples(st.none() | texts, texts, st.none() | texts, st.booleans()), max_size=12)


def _columns(batch: list[Any]) -> list[np.ndarray[tuple[int], np.dtype[np.object_]]]:
    """Maker, facility and item; of a record marked so, each text as an object of its own."""
    columns = []
    for place in range(3):
        column = np.empty(len(batch), dtype=object)
        column[:] = [
            "".join(list(record[place])) if record[3] and record[place] else record[place] for record in batch
        ]
        columns.append(column)
    return columns


@pytest.mark.parametrize("library", ["installed", None])
@pytest.mark.parametrize("objects", [4, 1000])
@given(st.lists(records, max_size=6))
def test_numbers_mean_the_texts_they_were_given_for(library: Any, objects: int, batches: list[Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ingest.spot_book, "MOST_OBJECTS", objects)
        book = SpotBook(library=library)
        for batch in batches:
            numbers = book.numbers(*_columns(batch))
            expected = [tuple(record[:3]) for record in batch]
            assert [book.spots[k] for k in numbers.tolist()] == expected
            assert len(set(book.spots)) == len(book.spots)
            parts = book.parts(numbers)
            assert [book.text(k) for k in parts[:, MAKER].tolist()] == [m for m, _, _ in expected]
            assert [book.facilities[k] for k in parts[:, FACILITY].tolist()] == [f for _, f, _ in expected]
            assert [book.text(k) for k in parts[:, ITEM].tolist()] == [i for _, _, i in expected]
            places = [book.places[k] for k in parts[:, PLACE].tolist()]
            assert [(book.facilities[f], i) for f, i in places] == [(f, i or "") for _, f, i in expected]


def test_a_text_that_is_not_there_has_no_number() -> None:
    assert SpotBook().add_text(None) == NO_TEXT
    assert SpotBook().facility_number("F") is None
