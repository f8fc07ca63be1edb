"""Completes records: forward, backward, by mean, by mode (IM-10); says what was filled and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.batch import Batch, Floats
from core.profile import FillWay, Profile
from ingest.fill_keys import WAY_CODE, fill_keys, previous, sorted_by
from ingest.fill_memory import MOST_ITEMS, NEVER, FacilityMemory, FillMemory, row_bytes
from ingest.spots import Spot, Spots
from ingest.typical_values import TypicalValues

KEY_COLUMNS = ("maker", "item")


@dataclass(frozen=True, slots=True)
class Filled:
    """A completed batch.

    Attributes
    ----------
    batch : Batch
        The same records; NaN or None only where nothing at all is known.
    ways : (n, 2 + s + p) int8
        How each value was filled: 0 = as received (or still missing), otherwise 1 + the
        index of the way in `core.profile.FILL_WAYS`. Columns as `way_columns`.
    memory : FillMemory
        What the facilities last sent, these records included.
    changed : tuple of str
        Facilities whose memory this batch touched.
    spots : Spots
        Distinct (maker, facility, item) of the completed batch.
    complete : bool
        Every record came complete; nothing was filled or is missing still.
    """

    batch: Batch
    ways: NDArray[np.int8]
    memory: FillMemory
    changed: tuple[str, ...]
    spots: Spots
    complete: bool


def way_columns(profile: Profile) -> tuple[str, ...]:
    """Names of the columns of `Filled.ways`: maker, item, set values, measured values."""
    return (*KEY_COLUMNS, *(v.name for v in (*profile.settings, *profile.production)))


def fill(batch: Batch, typical: TypicalValues, memory: FillMemory, profile: Profile) -> Filled:
    """Fill what is missing; nothing received is changed, nothing given is modified.

    Forward takes the same facility's last *received* value made under the same item (after
    a change-over an older item's value is not carried over), backward the next one in
    this batch, mean and mode the typical values of the history, finest level first. A
    variable's ways are tried in the order of its profile. A missing item is the
    facility's last, else its next in this batch, else its usual one; a missing maker
    the facility's last, else the one it was trained under.

    Parameters
    ----------
    batch : Batch
        ``facility`` present on every record; NaN (or an infinity) = missing value.
    typical : TypicalValues
    memory : FillMemory
        As left by the batch before.
    profile : Profile
    """
    s = batch.settings.shape[1]
    values = np.concatenate([batch.settings, batch.production], axis=1)
    present = np.isfinite(values)
    ways = np.zeros((len(batch), len(KEY_COLUMNS) + values.shape[1]), dtype=np.int8)
    completed, spots = batch, Spots.of(batch)
    kept, received = spots, spots.keys
    known = all(maker is not None and item is not None for maker, _, item in spots.keys)
    if not known:
        maker, item, known_item = fill_keys(batch, typical, memory, ways)
        completed = replace(batch, maker=maker, item=item)
        spots = Spots.of(completed)
        # Values are remembered under the item known without looking ahead: wherever a
        # stream is cut into batches, the memory must come out the same.
        kept = Spots.of(replace(batch, item=known_item))
        received = _last_received(batch, kept)
    last = values[kept.last]
    whole = bool(np.logical_and.reduce(present, axis=None))
    if not whole:
        rows = _beside_gaps(present, (spots,) if known else (spots, kept))
        mine, there = values[rows], present[rows]
        forward = _forward(mine, there, kept.some(rows), memory)
        reached = np.isin(kept.last, rows)
        last[reached] = forward[np.searchsorted(rows, kept.last[reached])]
        mine = np.where(there, mine, np.nan)
        way_of_values = np.zeros(mine.shape, dtype=np.int8)
        _fill_values(mine, ~there, forward, spots.some(rows), typical, profile, way_of_values)
        values[rows], ways[rows, len(KEY_COLUMNS) :] = mine, way_of_values
        completed = replace(
            completed,
            settings=np.ascontiguousarray(values[:, :s]),
            production=np.ascontiguousarray(values[:, s:]),
        )
    new = _remember(memory, kept.keys, received, last)
    return Filled(completed, ways, memory.after(new), tuple(new), spots, known and whole)


def _beside_gaps(present: NDArray[np.bool_], views: Sequence[Spots]) -> NDArray[np.intp]:
    """Rows of the facilities' items that have a gap somewhere: all that filling looks at."""
    gap = ~present.all(axis=1)
    wanted = np.zeros(len(present), dtype=np.bool_)
    for spots in views:
        same = _place_codes(spots)
        touched = np.zeros(len(spots.keys), dtype=np.bool_)
        touched[same[spots.code[gap]]] = True
        wanted |= touched[same[spots.code]]
    return np.flatnonzero(wanted)


def _place_codes(spots: Spots) -> NDArray[np.intp]:
    """One number for each facility and item, whatever the maker: the machine is the same."""
    numbers: dict[tuple[str, str], int] = {}
    places = (numbers.setdefault((f, i or ""), k) for k, (_, f, i) in enumerate(spots.keys))
    return np.fromiter(places, dtype=np.intp, count=len(spots.keys))


def _forward(values: Floats, present: NDArray[np.bool_], spots: Spots, memory: FillMemory) -> Floats:
    """Last received value of the same facility and item up to each row; NaN where none."""
    gaps = np.flatnonzero(~present.all(axis=0))
    seeds = np.full((len(spots.keys), values.shape[1]), np.nan)
    same = _place_codes(spots)
    for k, (_, facility, item) in enumerate(spots.keys):
        old = memory.get(facility)
        row = old.rows.get(item or "") if old else None
        if row is not None:
            seeds[same[k]] = np.frombuffer(row)
    code = same[spots.code]
    order, position, start = sorted_by(code)
    taken = present[np.ix_(order, gaps)]
    latest = np.maximum.accumulate(np.where(taken, position[:, None], -1), axis=0)
    inside = latest >= start[:, None]
    sorted_values = values[np.ix_(order, gaps)]
    found = np.where(
        inside,
        np.take_along_axis(sorted_values, np.maximum(latest, 0), axis=0),
        seeds[np.ix_(code[order], gaps)],
    )
    forward = values.copy()
    forward[np.ix_(order, gaps)] = found
    return forward


def _fill_values(
    values: Floats,
    missing: NDArray[np.bool_],
    forward: Floats,
    spots: Spots,
    typical: TypicalValues,
    profile: Profile,
    ways: NDArray[np.int8],
) -> None:
    """Fill `values` in place and note the way of each in `ways`."""
    variables = (*profile.settings, *profile.production)
    candidates: dict[FillWay, Floats] = {"forward": forward}
    received = values.copy()
    spots_with_gaps = np.unique(spots.code[missing.any(axis=1)]).tolist()
    for column in np.flatnonzero(missing.any(axis=0)).tolist():
        rows = np.flatnonzero(missing[:, column])
        for way in variables[column].fill:
            if way not in candidates:
                candidates[way] = _candidates(way, received, spots, typical, spots_with_gaps)
            found = candidates[way][rows, column]
            usable = np.isfinite(found)
            values[rows[usable], column] = found[usable]
            ways[rows[usable], column] = WAY_CODE[way]
            rows = rows[~usable]
            if not len(rows):
                break


def _candidates(
    way: FillWay, received: Floats, spots: Spots, typical: TypicalValues, wanted: Sequence[int]
) -> Floats:
    """What a way has to offer for all values, the typical ones for the `wanted` spots only."""
    if way == "backward":
        present = np.isfinite(received[::-1])
        last = len(received) - 1 - spots.last
        turned = Spots(spots.keys, last, spots.code[::-1])
        return _forward(received[::-1], present, turned, FillMemory())[::-1]
    look_up = typical.mean if way == "mean" else typical.mode
    table = np.full((len(spots.keys), received.shape[1]), np.nan)
    for k in wanted:
        table[k] = look_up(*spots.keys[k])
    return table[spots.code]


def _last_received(batch: Batch, kept: Spots) -> list[Spot]:
    """For each kept spot the maker and item its facility last sent by then (None: none did)."""
    newest: dict[str, tuple[str | None, str | None]] = {}
    nothing: list[str | None] = [None] * len(kept.keys)
    names = {facility: k for k, (_, facility, _) in enumerate(kept.keys)}
    code = np.fromiter((names[key[1]] for key in kept.keys), dtype=np.intp, count=len(kept.keys))[kept.code]
    maker = previous(batch.maker, code, nothing)
    item = previous(batch.item, code, nothing)
    for (_, facility, _), row in zip(kept.keys, kept.last.tolist(), strict=True):
        newest[facility] = (maker[row], item[row])
    return [(newest[f][0], f, newest[f][1]) for _, f, _ in kept.keys]


def _remember(
    memory: FillMemory, keys: Sequence[Spot], received: Sequence[Spot], rows: Floats
) -> dict[str, FacilityMemory]:
    """The memory of the facilities of `keys` (in the order of their last records)."""
    new: dict[str, FacilityMemory] = {}
    for (_, facility, item), (maker, _, made), row in zip(keys, received, row_bytes(rows), strict=True):
        old = new.get(facility) or memory.get(facility) or NEVER
        name = item or ""
        held = {**old.rows}
        held.pop(name, None)
        held[name] = row
        if len(held) > MOST_ITEMS:
            del held[next(iter(held))]
        last_maker = old.maker if maker is None else maker
        last_item = old.item if made is None else made
        new[facility] = FacilityMemory(last_maker, last_item, old.made, old.cluster, held)
    return new
