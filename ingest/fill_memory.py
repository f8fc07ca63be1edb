"""What each facility last sent: the source of forward filling, small enough to store."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from core.profile import Profile

Floats = NDArray[np.float64]

MOST_ITEMS = 16
"""Items remembered per facility; the one made longest ago is forgotten first."""
NO_CLUSTER = -1


@dataclass(frozen=True, slots=True)
class FacilityMemory:
    """The last received values of one facility.

    Attributes
    ----------
    maker, item : str or None
        Last received; None when never received.
    made : str or None
        Item of the last record, filled if it had to be; decides about a change-over.
    cluster : int
        Setting cluster of the last record, `NO_CLUSTER` when unknown.
    values : mapping of str to (s + p,) float64
        Per item the last received set and measured values, NaN = never received;
        latest item last. Values of records with no known item stand under ``""``.
    """

    maker: str | None = None
    item: str | None = None
    made: str | None = None
    cluster: int = NO_CLUSTER
    values: Mapping[str, Floats] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FillMemory:
    """The memory of all facilities. Never changed in place; facility names are unique."""

    facilities: Mapping[str, FacilityMemory] = field(default_factory=dict)

    def after(self, changes: Mapping[str, FacilityMemory]) -> FillMemory:
        """A memory in which these facilities are replaced."""
        return FillMemory({**self.facilities, **changes}) if changes else self

    def with_last(self, last: Mapping[str, tuple[str | None, int]]) -> FillMemory:
        """A memory that knows item and setting cluster of each facility's last record."""
        changes = {}
        for name, (made, cluster) in last.items():
            old = self.facilities.get(name) or FacilityMemory()
            if (old.made, old.cluster) != (made, cluster):
                changes[name] = replace(old, made=made, cluster=cluster)
        return self.after(changes)

    def to_json(self, facility: str, profile: Profile) -> str:
        """One facility as JSON; read back by `from_json`."""
        m = self.facilities[facility]
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
                {item: np.array(row, dtype=np.float64) for item, row in rows},
            )
        return cls(facilities)


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
