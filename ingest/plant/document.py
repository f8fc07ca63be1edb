"""Shots as the documents a plant's gateway writes into MongoDB."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import pandas as pd

from core.profile import Profile
from core.profile_file import load_profile
from ingest import replay


def documents(frame: pd.DataFrame, profile: Profile | None = None) -> list[dict[str, Any]]:
    """One document for each row, by the profile's paths.

    A missing value becomes null in some documents and an absent field in others, as
    gateways do; which one depends on the shot and the field only.

    Parameters
    ----------
    frame : DataFrame
        Columns as in `ingest.plant.simulator.PlantChunk.frame`.
    profile : Profile, optional
        Where each column sits; by default the built-in profile of this plant.
    """
    profile = profile or load_profile("injection_molding")
    made = [document for document in replay.documents(frame, profile) if document is not None]
    for row, path in _nulls(frame, profile):
        place = made[row]
        for step in path[:-1]:
            place = place.setdefault(step, {})
        place[path[-1]] = None
    return made


def _nulls(frame: pd.DataFrame, profile: Profile) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Missing fields that are sent as null."""
    paths = {profile.item.name: profile.item.path} | {v.name: v.path for v in profile.variables}
    for name, path in paths.items():
        for row in frame[name].isna().to_numpy().nonzero()[0]:
            if zlib.crc32(f"{frame['id'].iloc[row]} {name}".encode()) & 1:
                yield int(row), path
