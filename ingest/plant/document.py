"""Shots as the documents a plant's gateway writes into MongoDB."""

from __future__ import annotations

import math
import zlib
from typing import Any

import pandas as pd

from core.profile import Profile
from core.profile_file import load_profile


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
    keys = (profile.identifier, profile.time, profile.maker, profile.facility, profile.item)
    paths = {field.name: field.path for field in keys}
    paths |= {"lot_good": profile.lot.good.path, "lot_bad": profile.lot.bad.path}
    paths |= {v.name: v.path for v in profile.variables}
    columns: list[tuple[str, tuple[str, ...], list[Any]]] = []
    for name, path in paths.items():
        column = frame[name]
        values = (pd.DatetimeIndex(column).to_pydatetime() if name == "time" else column).tolist()
        columns.append((name, path, values))
    ids = frame["id"].tolist()
    made: list[dict[str, Any]] = [{} for _ in ids]
    for name, path, values in columns:
        for document, shot, value in zip(made, ids, values, strict=True):
            if value is None or (isinstance(value, float) and math.isnan(value)):
                if zlib.crc32(f"{shot} {name}".encode()) & 1:
                    continue
                value = None
            place = document
            for step in path[:-1]:
                place = place.setdefault(step, {})
            place[path[-1]] = value
    return made
