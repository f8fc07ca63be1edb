"""Typical values of the history, level by level: what a missing value is filled with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Key = tuple[str | None, str | None, str | None]


@dataclass(frozen=True, slots=True)
class FillLevel:
    """Typical values at one level of the plant, for filling what is missing.

    `maker`, `facility` and `item` None mean "any": (m, f, i) is the finest level,
    (None, None, None) the whole plant.
    """

    maker: str | None
    facility: str | None
    item: str | None
    rows: int
    setting_mode: Floats
    setting_mean: Floats
    production_mode: Floats
    production_mean: Floats


class TypicalValues:
    """All levels of one plant, looked up from the finest to the coarsest.

    Parameters
    ----------
    levels : sequence of FillLevel
        In any order; at most one of each key counts, the last.
    width : int
        Number of set and measured values together.
    """

    def __init__(self, levels: Sequence[FillLevel], width: int) -> None:
        self._width = width
        self._mean: dict[Key, Floats] = {}
        self._mode: dict[Key, Floats] = {}
        self._maker: dict[str, tuple[int, str]] = {}
        self._item: dict[tuple[str | None, str], tuple[int, str]] = {}
        for level in levels:
            key = (level.maker, level.facility, level.item)
            self._mean[key] = np.concatenate([level.setting_mean, level.production_mean])
            self._mode[key] = np.concatenate([level.setting_mode, level.production_mode])
            if level.facility is not None and level.maker is not None:
                found = (level.rows, level.maker)
                self._maker[level.facility] = max(found, self._maker.get(level.facility, found))
            if level.facility is not None and level.item is not None:
                made = (level.rows, level.item)
                for place in ((level.maker, level.facility), (None, level.facility)):
                    self._item[place] = max(made, self._item.get(place, made))

    def maker_of(self, facility: str) -> str | None:
        """The maker this facility was trained under (with the most rows), None if unknown."""
        found = self._maker.get(facility)
        return found[1] if found else None

    def usual_item(self, maker: str | None, facility: str) -> str | None:
        """The item this facility made most often in the history, None if unknown."""
        found = self._item.get((maker, facility)) or self._item.get((None, facility))
        return found[1] if found else None

    def mean(self, maker: str | None, facility: str | None, item: str | None) -> Floats:
        """Typical means ``(s + p,)``, each from the finest level that has one; NaN if none."""
        return self._finest(self._mean, maker, facility, item)

    def mode(self, maker: str | None, facility: str | None, item: str | None) -> Floats:
        """Most frequent values ``(s + p,)``, each from the finest level that has one."""
        return self._finest(self._mode, maker, facility, item)

    def _finest(
        self, table: dict[Key, Floats], maker: str | None, facility: str | None, item: str | None
    ) -> Floats:
        found = np.full(self._width, np.nan)
        for key in _coarser(maker, facility, item):
            row = table.get(key)
            if row is not None:
                found = np.where(np.isfinite(found), found, row)
                if np.isfinite(found).all():
                    break
        return np.where(np.isfinite(found), found, np.nan)


def _coarser(maker: str | None, facility: str | None, item: str | None) -> Iterator[Key]:
    """Keys from the finest to the whole plant; the item says more than the machine's maker.

    >>> list(_coarser("M", "F", None))
    [('M', 'F', None), (None, 'F', None), ('M', None, None), (None, None, None)]
    """
    whole: list[Key] = [
        (maker, facility, item),
        (None, facility, item),
        (maker, facility, None),
        (None, facility, None),
        (maker, None, item),
        (None, None, item),
        (maker, None, None),
        (None, None, None),
    ]
    return iter(dict.fromkeys(whole))
