"""What is read of each document, and the columns it is put into."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.batch import Batch, Floats, Strings
from core.profile import Profile

Path = tuple[str, ...]
Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Fields:
    """Paths of what is read of a document, and of what else the profile names.

    Attributes
    ----------
    names : tuple of tuple of str
        Identifier, maker, facility, item.
    time : tuple of str
    numbers : tuple of tuple of str
        Lot totals good and bad, then settings, then production.
    others : tuple of tuple of str
        Named by the profile, but not read.
    otherwise : tuple of (str or None)
        What maker, facility and item are where a document does not say it.
    """

    names: tuple[Path, Path, Path, Path]
    time: Path
    numbers: tuple[Path, ...]
    others: tuple[Path, ...]
    otherwise: tuple[str | None, str | None, str | None] = (None, None, None)

    @classmethod
    def of(cls, profile: Profile) -> Fields:
        """What a profile names."""
        names = (profile.identifier, profile.maker, profile.facility, profile.item)
        variables = (*profile.settings, *profile.production)
        return cls(
            names=(names[0].path, names[1].path, names[2].path, names[3].path),
            time=profile.time.path,
            numbers=(profile.lot.good.path, profile.lot.bad.path, *(v.path for v in variables)),
            others=(("_id",), *(variable.path for variable in profile.variables)),
            otherwise=(names[1].otherwise, names[2].otherwise, names[3].otherwise),
        )

    @cached_property
    def read_in(self) -> dict[Path, frozenset[str]]:
        """Path of each sub-document with fields that are read -> their keys."""
        return _by_parent((*self.names, self.time, *self.numbers))

    @cached_property
    def known_in(self) -> dict[Path, frozenset[str]]:
        """Path of each sub-document with fields the profile names -> their keys."""
        return _by_parent((*self.names, self.time, *self.numbers, *self.others))


def _by_parent(paths: Iterable[Path]) -> dict[Path, frozenset[str]]:
    found: dict[Path, set[str]] = {}
    for path in paths:
        for depth, key in enumerate(path):
            found.setdefault(path[:depth], set()).add(key)
    return {parent: frozenset(keys) for parent, keys in found.items()}


@dataclass(slots=True)
class RecordColumns:
    """Columns as in `core.batch.Batch`; those of `numbers` as in `Fields.numbers`."""

    ids: Strings
    time: NDArray[np.int64]
    maker: Strings
    facility: Strings
    item: Strings
    numbers: Floats

    @classmethod
    def of(cls, keys: Sequence[tuple[Any, ...]], numbers: Floats) -> RecordColumns:
        """Columns of (identifier, time, maker, facility, item) and numbers of each record.

        A time is what ``datetime64[ms]`` takes.
        """
        ids, times, maker, facility, item = zip(*keys, strict=True) if keys else ((),) * 5
        time = np.array(times, dtype="datetime64[ms]").astype(np.int64)
        return cls(_objects(ids), time, _objects(maker), _objects(facility), _objects(item), numbers)

    @classmethod
    def together(cls, parts: Sequence[RecordColumns]) -> RecordColumns:
        """The columns of all parts, one behind the other."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__slots__))

    def put(self, rows: Rows, others: RecordColumns) -> None:
        """Fill in `rows` from the others."""
        for name in self.__slots__:
            getattr(self, name)[rows] = getattr(others, name)

    def take(self, rows: NDArray[np.bool_]) -> RecordColumns:
        """The columns of the rows that are True."""
        return self if rows.all() else RecordColumns(*(getattr(self, name)[rows] for name in self.__slots__))

    def batch(self, profile: Profile) -> Batch:
        """The same as a batch of the profile."""
        first = 2 + len(profile.settings)
        return Batch(
            ids=self.ids,
            time=self.time,
            maker=self.maker,
            facility=self.facility,
            item=self.item,
            settings=self.numbers[:, 2:first],
            production=self.numbers[:, first:],
            lot_good=self.numbers[:, 0],
            lot_bad=self.numbers[:, 1],
        )


def _objects(values: Sequence[Any]) -> Strings:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column
