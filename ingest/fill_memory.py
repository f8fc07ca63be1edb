"""What each facility last sent: the source of forward filling, small enough to store."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.profile import Profile

Floats = NDArray[np.float64]

MOST_ITEMS = 16
"""Items remembered per facility; the one made longest ago is forgotten first."""
MOST_LATELY = 256
"""Facilities kept before the settled ones; past that they are settled, too."""
NO_CLUSTER = -1


class FacilityMemory(NamedTuple):
    """The last received values of one facility.

    Attributes
    ----------
    maker, item : str or None
        Last received; None when never received.
    made : str or None
        Item of the last record, filled if it had to be; decides about a change-over.
    cluster : int
        Setting cluster of the last record, `NO_CLUSTER` when unknown.
    rows : mapping of str to bytes
        Per item the last received set and measured values (float64, NaN = never
        received); latest item last. Values of records with no known item stand under
        ``""``. As bytes they are cheap to keep, and no row keeps its batch alive.
    """

    maker: str | None = None
    item: str | None = None
    made: str | None = None
    cluster: int = NO_CLUSTER
    rows: Mapping[str, bytes] = MappingProxyType({})

    @property
    def values(self) -> dict[str, Floats]:
        """Per item its values ``(s + p,)``, see `rows`."""
        return {item: np.frombuffer(row) for item, row in self.rows.items()}


class FillMemory:
    """The memory of all facilities. Never changed in place; facility names are unique.

    What changed lately stands in a small table before the large one, so that the next
    memory costs no copy of the whole plant.

    Parameters
    ----------
    facilities : mapping of str to FacilityMemory
    """

    __slots__ = ("_lately", "_settled")

    def __init__(self, facilities: Mapping[str, FacilityMemory] | None = None) -> None:
        self._settled: Mapping[str, FacilityMemory] = facilities or {}
        self._lately: Mapping[str, FacilityMemory] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FillMemory) and self.facilities == other.facilities

    __hash__ = None  # type: ignore[assignment]  # compared by what it holds

    @property
    def facilities(self) -> Mapping[str, FacilityMemory]:
        """Facility to what it last sent; made anew at every reading."""
        return {**self._settled, **self._lately}

    def get(self, facility: str) -> FacilityMemory | None:
        """What a facility last sent, None if it never sent anything."""
        return self._lately.get(facility) or self._settled.get(facility)

    def after(self, changes: Mapping[str, FacilityMemory]) -> FillMemory:
        """A memory in which these facilities are replaced."""
        if not changes:
            return self
        lately = {**self._lately, **changes}
        if len(lately) > MOST_LATELY:
            return FillMemory({**self._settled, **lately})
        memory = FillMemory(self._settled)
        memory._lately = lately
        return memory

    def with_last(self, last: Mapping[str, tuple[str | None, int]]) -> FillMemory:
        """A memory that knows item and setting cluster of each facility's last record."""
        changes = {}
        for name, (made, cluster) in last.items():
            old = self.get(name) or NEVER
            if old.made != made or old.cluster != cluster:
                changes[name] = FacilityMemory(old.maker, old.item, made, cluster, old.rows)
        return self.after(changes)

    def to_json(self, facility: str, profile: Profile) -> str:
        """One facility as JSON; read back by `from_json`."""
        m = self.get(facility) or NEVER
        rows = {
            item: [v if ok else None for v, ok in zip(row.tolist(), np.isfinite(row).tolist(), strict=True)]
            for item, row in m.values.items()
        }
        whole = {
            "columns": _columns_checksum(profile),
            "maker": m.maker,
            "item": m.item,
            "made": m.made,
            "cluster": m.cluster,
            "values": rows,
        }
        return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, stored: Mapping[str, str], profile: Profile) -> FillMemory:
        """The memory of facility -> JSON. Values kept under other variables are forgotten."""
        checksum = _columns_checksum(profile)
        facilities = {}
        for name, text in stored.items():
            whole = json.loads(text)
            same = whole["columns"] == checksum
            rows = whole["values"].items() if same else ()
            facilities[name] = FacilityMemory(
                whole["maker"],
                whole["item"],
                whole["made"],
                whole["cluster"],
                {item: np.array(row, dtype=np.float64).tobytes() for item, row in rows},
            )
        return cls(facilities)


NEVER = FacilityMemory()
"""Of a facility that never sent anything."""


def row_bytes(values: Floats) -> list[bytes]:
    """Each row ``(n, w)`` as bytes."""
    if not values.shape[1]:
        return [b""] * len(values)
    whole = np.ascontiguousarray(values).view(np.dtype((np.void, 8 * values.shape[1])))
    rows: list[bytes] = whole[:, 0].tolist()
    return rows


class MemoryJson(Mapping[str, str]):
    """JSON of some facilities of a memory, made only when it is read.

    A backtest never stores its memory and should not pay for writing it down.
    """

    def __init__(self, memory: FillMemory, facilities: Sequence[str], profile: Profile) -> None:
        self._memory, self._profile = memory, profile
        self._facilities = dict.fromkeys(facilities)

    def __getitem__(self, facility: str) -> str:
        if facility not in self._facilities:
            raise KeyError(facility)
        return self._memory.to_json(facility, self._profile)

    def __iter__(self) -> Iterator[str]:
        return iter(self._facilities)

    def __len__(self) -> int:
        return len(self._facilities)


def _columns_checksum(profile: Profile) -> int:
    names = [v.name for v in (*profile.settings, *profile.production)]
    return zlib.crc32("|".join(names).encode())
