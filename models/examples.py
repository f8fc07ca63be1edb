"""Good shots a version keeps of every group, to show beside one that was flagged."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.profile import GroupKey

Floats = NDArray[np.float64]
Arrays = Mapping[str, NDArray[Any]]

EXAMPLES = "examples"
"""Name of their file in a version, without ending. It is not read with the models."""
BANDS = ("input_low", "input_high", "band_low", "band_centre", "band_high")


@dataclass(frozen=True, slots=True)
class GoodShots:
    """The kept shots of one group with the ranges to compare by.

    Attributes
    ----------
    key : GroupKey
    names : tuple of str
        Measured values.
    ids : tuple of str
    time : (k,) int64
        ms since 1970 UTC.
    values : (k, p) float64
        Unscaled; NaN = missing.
    input_low, input_high, band_low, band_centre, band_high : (p,) float64
        As of `models.artifact.GroupModel`.
    """

    key: GroupKey
    names: tuple[str, ...]
    ids: tuple[str, ...]
    time: NDArray[np.int64]
    values: Floats
    input_low: Floats
    input_high: Floats
    band_low: Floats
    band_centre: Floats
    band_high: Floats


class Examples:
    """The good shots of all groups, as plain arrays.

    Parameters
    ----------
    arrays : mapping of str to array
        As `of_groups` makes them and ``examples.npz`` holds them.
    """

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays

    @classmethod
    def of_groups(cls, names: Sequence[str], groups: Sequence[GoodShots]) -> Examples:
        """Put groups together; identifiers as one run of UTF-8 bytes, values in single precision."""
        ids = [one.encode("utf-8", "surrogatepass") for group in groups for one in group.ids]
        p = len(names)
        arrays: dict[str, NDArray[Any]] = {
            "names": np.array(names, dtype=np.str_),
            "maker": np.array([group.key.maker for group in groups], dtype=np.str_),
            "facility": np.array([group.key.facility for group in groups], dtype=np.str_),
            "item": np.array([group.key.item for group in groups], dtype=np.str_),
            "cluster": np.array([group.key.cluster for group in groups], dtype=np.int64),
            "ends": np.cumsum([len(group.ids) for group in groups], dtype=np.int64),
            "id_bytes": np.frombuffer(b"".join(ids), dtype=np.uint8),
            "id_ends": np.cumsum([len(one) for one in ids], dtype=np.int64),
            "time": np.concatenate([np.empty(0, np.int64), *(group.time for group in groups)]),
            "values": np.concatenate([np.empty((0, p)), *(group.values for group in groups)]).astype(
                np.float32
            ),
        }
        for name in BANDS:
            arrays[name] = np.array([getattr(group, name) for group in groups]).reshape(len(groups), p)
        return cls(arrays)

    @cached_property
    def _place(self) -> dict[str, list[int]]:
        a = self.arrays
        place: dict[str, list[int]] = {}
        labels = zip(a["facility"].tolist(), a["item"].tolist(), a["cluster"].tolist(), strict=True)
        for number, key in enumerate(labels):
            place.setdefault("|".join(map(str, key)), []).append(number)
        return place

    def of(self, label: str, maker: str | None = None) -> GoodShots | None:
        """The shots of the group ``facility|item|cluster``, that of this maker first; None: unknown."""
        a = self.arrays
        found = self._place.get(label, [])
        if not found:
            return None
        number = next((n for n in found if a["maker"][n] == maker), found[0])
        start, end = (int(a["ends"][number - 1]) if number else 0), int(a["ends"][number])
        id_ends = [int(a["id_ends"][start - 1]) if start else 0, *a["id_ends"][start:end].tolist()]
        text, values = a["id_bytes"].tobytes(), a["values"][start:end]
        key = GroupKey(*(a[name][number].item() for name in ("maker", "facility", "item", "cluster")))
        return GoodShots(
            key,
            tuple(a["names"].tolist()),
            tuple(
                text[first:last].decode("utf-8", "surrogatepass")
                for first, last in itertools.pairwise(id_ends)
            ),
            a["time"][start:end],
            # As near to the press's own digits as single precision allows.
            np.array([float(str(v)) for v in values.ravel()]).reshape(values.shape),
            *(a[name][number] for name in BANDS),
        )  # fmt: skip
