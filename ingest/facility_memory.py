"""What one facility last sent, read out of a memory."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.batch import NO_TIME
from ingest.fill_ledger import NO_CLUSTER, NO_RUN

Floats = NDArray[np.float64]

LONG_RUN = 1 << 40
"""Records of a run whose beginning nobody counted: past any warm-up."""


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
    run : int
        Records of the run going on, since the last start or change-over; `NO_RUN` before
        the first one.
    latest : int
        The time up to which records came, ms since 1970 UTC, see `inference.warm_up`;
        `NO_TIME` when none had one.
    rows : mapping of str to bytes
        Per item the last received set and measured values (float64, NaN = never
        received); latest item last. Values of records with no known item stand under
        ``""``.
    """

    maker: str | None = None
    item: str | None = None
    made: str | None = None
    cluster: int = NO_CLUSTER
    run: int = NO_RUN
    latest: int = NO_TIME
    rows: Mapping[str, bytes] = MappingProxyType({})

    @property
    def values(self) -> dict[str, Floats]:
        """Per item its values ``(s + p,)``, see `rows`."""
        return {item: np.frombuffer(row) for item, row in self.rows.items()}


NEVER = FacilityMemory()
"""Of a facility that never sent anything."""
