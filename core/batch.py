"""A batch: many records as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.profile import Profile

Floats = NDArray[np.float64]
Strings = NDArray[np.object_]
NO_TIME = np.iinfo(np.int64).min
"""`Batch.time` of a record that carries no time."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Records as columns, in the order they came.

    Attributes
    ----------
    ids : (n,) object
        Identifier of each record, always a ``str``.
    time : (n,) int64
        Milliseconds since 1970-01-01 UTC; `NO_TIME` where the record had none.
    maker, facility, item : (n,) object
        ``str``, or None where missing.
    settings : (n, s) float64
        Set values, columns as ``profile.settings``; NaN = missing.
    production : (n, p) float64
        Measured values, columns as ``profile.production``; NaN = missing.
    lot_good, lot_bad : (n,) float64
        The lot's running totals; NaN = missing. They say nothing about one record.
    """

    ids: Strings
    time: NDArray[np.int64]
    maker: Strings
    facility: Strings
    item: Strings
    settings: Floats
    production: Floats
    lot_good: Floats
    lot_bad: Floats

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_] | slice) -> Batch:
        """The batch of these rows (indices, mask or slice), in their order."""
        return Batch(*(getattr(self, name)[rows] for name in self.__slots__))

    @classmethod
    def empty(cls, profile: Profile) -> Batch:
        """A batch of no records with the profile's widths."""
        return cls.of(profile, [])

    @classmethod
    def of(cls, profile: Profile, records: Sequence[dict[str, Any]]) -> Batch:
        """A batch from flat dictionaries by variable and key name; for tests and examples.

        Keys: ``id``, ``time`` (ms), ``maker``, ``facility``, ``item``, ``lot_good``,
        ``lot_bad`` and the variables' names. What is absent is missing.
        """
        n = len(records)

        def text(name: str) -> Strings:
            column = np.empty(n, dtype=object)
            column[:] = [r.get(name) for r in records]
            return column

        def number(name: str) -> Floats:
            return np.array([r.get(name, np.nan) for r in records], dtype=np.float64)

        def table(names: list[str]) -> Floats:
            columns = [number(name) for name in names]
            return np.stack(columns, axis=1) if columns else np.empty((n, 0))

        return cls(
            ids=text("id"),
            time=np.array([r.get("time", NO_TIME) for r in records], dtype=np.int64),
            maker=text("maker"),
            facility=text("facility"),
            item=text("item"),
            settings=table([v.name for v in profile.settings]),
            production=table([v.name for v in profile.production]),
            lot_good=number("lot_good"),
            lot_bad=number("lot_bad"),
        )


def concatenate(batches: Sequence[Batch]) -> Batch:
    """One batch of all these, in order. At least one is needed (its widths count)."""
    return Batch(*(np.concatenate([getattr(b, name) for b in batches]) for name in Batch.__slots__))
