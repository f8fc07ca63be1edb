"""Distinct places of a batch."""

from __future__ import annotations

import numpy as np

from core.batch import Batch
from core.profile import Profile
from core.profile_file import load_profile
from ingest.spots import Spots

PROFILE: Profile = load_profile("injection_molding")


def _spots(*items: str | None) -> Spots:
    records = [{"id": "x", "maker": "M", "facility": "F", "item": item} for item in items]
    return Spots.of(Batch.of(PROFILE, records))


def test_spots_stand_in_the_order_of_their_last_record() -> None:
    spots = _spots("A", "B", None, "A")
    assert spots.keys == [("M", "F", "B"), ("M", "F", None), ("M", "F", "A")]
    assert spots.last.tolist() == [1, 2, 3]
    assert spots.code.tolist() == [2, 0, 1, 2]


def test_one_spot_and_none() -> None:
    assert _spots("A", "A").last.tolist() == [1]
    assert (_spots().keys, len(_spots().code)) == ([], 0)


def test_some_rows_keep_only_their_spots() -> None:
    some = _spots("A", "B", "C", "A", "B").some(np.array([0, 3, 4]))
    assert some.keys == [("M", "F", "A"), ("M", "F", "B")]
    assert some.code.tolist() == [0, 0, 1]
    assert some.last.tolist() == [1, 2]
