"""Completes maker and item of records; forward filling of a text column."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.batch import Batch, Strings
from core.profile import FILL_WAYS, FillWay
from ingest.fill_ledger import ITEM, MAKER
from ingest.fill_memory import FillMemory
from ingest.spot_book import Codes
from ingest.typical_values import TypicalValues

WAY_CODE: dict[FillWay, int] = {way: code for code, way in enumerate(FILL_WAYS, start=1)}
"""What `ingest.fill.Filled.ways` holds for each way; 0 is "not filled"."""


def fill_keys(
    batch: Batch, typical: TypicalValues, memory: FillMemory, ways: NDArray[np.int8]
) -> tuple[Strings, Strings, Strings]:
    """Maker and item completed, and the item as far as known without looking ahead."""
    names = dict.fromkeys(batch.facility.tolist())
    number = {name: code for code, name in enumerate(names)}
    code = np.fromiter(map(number.__getitem__, batch.facility.tolist()), dtype=np.intp, count=len(batch))
    book = memory.book
    newest = memory.newest(np.array([book.add_facility(name) for name in names], dtype=np.intp))

    maker = previous(batch.maker, code, [book.text(k) for k in newest[:, MAKER].tolist()])
    _note(ways[:, 0], batch.maker, maker, "forward")
    trained = _objects([typical.maker_of(name) for name in names])
    maker = _take_over(maker, trained[code], ways[:, 0], "mode")

    known = previous(batch.item, code, [book.text(k) for k in newest[:, ITEM].tolist()])
    _note(ways[:, 1], batch.item, known, "forward")
    nothing: list[str | None] = [None] * len(names)
    following = previous(batch.item[::-1], code[::-1], nothing)[::-1]
    item = _take_over(known, following, ways[:, 1], "backward")
    if _is_none(item).any():
        made_at = list(zip(maker.tolist(), batch.facility.tolist(), strict=True))
        usual = {place: typical.usual_item(*place) for place in dict.fromkeys(made_at)}
        item = _take_over(item, _objects([usual[place] for place in made_at]), ways[:, 1], "mode")
    return maker, item, known


def previous(column: Strings, code: Codes, seeds: Sequence[str | None]) -> Strings:
    """Each None replaced by the last value before it with the same code, else its seed."""
    order, position, start = sorted_by(code)
    given = ~_is_none(column[order])
    latest = np.maximum.accumulate(np.where(given, position, -1))
    inside = latest >= start
    found = np.where(inside, column[order][np.maximum(latest, 0)], _objects(seeds)[code[order]])
    back = np.empty_like(column)
    back[order] = found
    return back


def sorted_by(code: Codes) -> tuple[Codes, Codes, Codes]:
    """Stable order by code, positions in it, and for each position where its code begins."""
    order = np.argsort(code, kind="stable")
    position = np.arange(len(code))
    first = np.ones(len(code), dtype=np.bool_)
    first[1:] = np.diff(code[order]) != 0
    return order, position, np.maximum.accumulate(np.where(first, position, 0))


def _note(ways: NDArray[np.int8], before: Strings, after: Strings, way: FillWay) -> None:
    ways[_is_none(before) & ~_is_none(after)] = WAY_CODE[way]


def _take_over(column: Strings, offered: Strings, ways: NDArray[np.int8], way: FillWay) -> Strings:
    filled = np.where(_is_none(column), offered, column)
    _note(ways, column, filled, way)
    return filled


def _is_none(column: Strings) -> NDArray[np.bool_]:
    return np.array([value is None for value in column.tolist()], dtype=np.bool_)


def _objects(values: Sequence[str | None]) -> Strings:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column
