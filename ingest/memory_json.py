"""A memory as it is stored: JSON by facility."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np

from core.profile import Profile
from ingest.fill_memory import FillMemory, columns_checksum
from ingest.spot_book import Codes


class MemoryJson(Mapping[str, str]):
    """JSON of some facilities of a memory, made only when it is read.

    A backtest never stores its memory and should not pay for writing it down.

    Parameters
    ----------
    memory : FillMemory
    facilities : sequence of str, or of their numbers (k,) in the memory's book
        Each may stand there several times.
    profile : Profile
    """

    def __init__(self, memory: FillMemory, facilities: Sequence[str] | Codes, profile: Profile) -> None:
        self._memory, self._profile = memory, profile
        self._given = facilities

    @cached_property
    def _checksum(self) -> int:
        return columns_checksum(self._profile)

    @cached_property
    def _facilities(self) -> dict[str, None]:
        if isinstance(self._given, np.ndarray):
            names = self._memory.book.facilities
            return {names[k]: None for k in dict.fromkeys(self._given.tolist())}
        return dict.fromkeys(self._given)

    def __getitem__(self, facility: str) -> str:
        if facility not in self._facilities:
            raise KeyError(facility)
        return self._memory.json_of(facility, self._checksum)

    def __iter__(self) -> Iterator[str]:
        return iter(self._facilities)

    def __len__(self) -> int:
        return len(self._facilities)
