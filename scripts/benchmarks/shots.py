"""Shots of a synthetic plant: batches, and the documents they would have come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import bson
import numpy as np
from numpy.typing import NDArray

from core.batch import Batch
from core.profile import Profile
from core.stream import Event
from models.artifact import SettingSpace, TrainedPlant
from scripts.benchmarks.synthetic_plant import normal_rows

Document = dict[str, Any]

UNTRAINED, UNHEARD, MISSING, BAD = 0.02, 0.01, 0.01, 0.01
"""Shares of shots under another known setting than their group's, under a setting history
never saw, with one value missing, and with one measured value far out."""
BEGIN = datetime(2026, 11, 20, 6, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Shots:
    """Shots in the order they came.

    `group` (n,) is the group each was drawn from, `unheard` (n,) whether its setting is one
    that history never saw.
    """

    batch: Batch
    group: NDArray[np.intp]
    unheard: NDArray[np.bool_]


def draw(plant: TrainedPlant, count: int, seed: int, *, plain: bool = False) -> Shots:
    """Draw shots of all groups at random.

    Parameters
    ----------
    plain : bool
        Only whole, normal shots under their own group's setting.
    """
    rng = np.random.default_rng([seed, count])
    group = rng.integers(0, len(plant.models), count).astype(np.intp)
    models = [plant.models[g] for g in group.tolist()]
    spaces = {space.maker: space for space in plant.spaces}
    luck = np.ones(count) if plain else rng.random(count)
    settings = np.array(
        [
            _setting(spaces[model.key.maker], model.key.cluster, chance, rng)
            for model, chance in zip(models, luck.tolist(), strict=True)
        ]
    )
    low = np.array([model.input_low for model in models])
    width = np.array([model.input_high for model in models]) - low
    production = low + width * normal_rows(rng, count, low.shape[1])
    if not plain:
        _spoil(rng, settings, production, width)
    production = np.round(production, 4)
    good = np.cumsum(rng.random(count) > BAD).astype(np.float64)
    return Shots(
        Batch(
            ids=_texts([f"{model.key.facility}-{seed:03d}-{i:07d}" for i, model in enumerate(models)]),
            time=np.array([_ms(i) for i in range(count)], dtype=np.int64),
            maker=_texts([model.key.maker for model in models]),
            facility=_texts([model.key.facility for model in models]),
            item=_texts([model.key.item for model in models]),
            settings=settings,
            production=production,
            lot_good=good,
            lot_bad=np.arange(1.0, count + 1) - good,
        ),
        group,
        luck < UNHEARD,
    )


def documents(batch: Batch, profile: Profile) -> list[Document]:
    """One document a shot, about 60 fields: the profile's and what gateways add to them."""
    fields = [
        *((v.path, batch.settings[:, i]) for i, v in enumerate(profile.settings)),
        *((v.path, batch.production[:, i]) for i, v in enumerate(profile.production)),
        (profile.lot.good.path, batch.lot_good),
        (profile.lot.bad.path, batch.lot_bad),
    ]
    made = []
    for row in range(len(batch)):
        document: Document = {}
        _put(document, profile.identifier.path, batch.ids[row])
        _put(document, profile.time.path, BEGIN + timedelta(milliseconds=int(batch.time[row]) - _ms(0)))
        _put(document, profile.maker.path, batch.maker[row])
        _put(document, profile.facility.path, batch.facility[row])
        _put(document, profile.item.path, batch.item[row])
        for path, column in fields:
            value = float(column[row])
            if not np.isnan(value):
                _put(document, path, int(value) if value.is_integer() else value)
        document |= _extras(row)
        made.append(document)
    return made


def raw_documents(batch: Batch, profile: Profile) -> list[bytes]:
    """The documents as BSON."""
    return [bson.encode(document) for document in documents(batch, profile)]


def events(raws: Sequence[bytes], batch: Batch) -> list[Event]:
    """Change stream events that bring these documents."""
    return [
        Event(f"82{number:060x}", shot, "insert", raw, (1_800_000_000 + number, 1))
        for number, (raw, shot) in enumerate(zip(raws, batch.ids.tolist(), strict=True))
    ]


def field_count(document: Document) -> int:
    """Values in a document, nested ones counted, documents themselves not."""
    return sum(field_count(v) if isinstance(v, dict) else 1 for v in document.values())


def _extras(row: int) -> Document:
    """Fields no profile names: ordinary ones, as gateways send them."""
    return {
        "order": f"MO-2026-{row // 5000:05d}",
        "shift": "early",
        "operator": f"op-{row % 40:02d}",
        "tool": {"number": f"T-{row % 300:04d}", "cavities": 4, "shots": 120_000 + row},
        "material": {"name": "PP-H 450", "lot": f"R{row // 900:06d}", "moisture": 0.02},
        "machine": {
            "mode": "automatic",
            "status": "in_production",
            "counter": 4_000_000 + row,
            "oil_temperature": 44.5,
            "clamp_force": 1180.0,
            "energy": 0.412,
        },
        "gateway": {"version": "3.4.1", "sequence": row},
    }


def _setting(space: SettingSpace, own: int, luck: float, rng: np.random.Generator) -> NDArray[np.float64]:
    known = len(space.centres)
    if luck < UNHEARD:
        apart = rng.integers(4, 12, space.centres.shape[1]) * rng.choice([-1.0, 1.0])
        unheard: NDArray[np.float64] = (space.centres[own] + apart) * space.scale + space.offset
        return unheard
    cluster = int(rng.integers(known)) if luck < UNHEARD + UNTRAINED else own
    row: NDArray[np.float64] = space.combinations[cluster + known * int(rng.integers(2))]
    return row


def _spoil(
    rng: np.random.Generator,
    settings: NDArray[np.float64],
    production: NDArray[np.float64],
    width: NDArray[np.float64],
) -> None:
    count, s = settings.shape
    bad = np.flatnonzero(rng.random(count) < BAD)
    column = rng.integers(0, production.shape[1], len(bad))
    production[bad, column] += 2.5 * width[bad, column]
    for row in np.flatnonzero(rng.random(count) < MISSING).tolist():
        column_lost = int(rng.integers(s + production.shape[1]))
        if column_lost < s:
            settings[row, column_lost] = np.nan
        else:
            production[row, column_lost - s] = np.nan


def _put(document: Document, path: Sequence[str], value: object) -> None:
    for step in path[:-1]:
        document = document.setdefault(step, {})
    document[path[-1]] = value


def _ms(row: int) -> int:
    return int(BEGIN.timestamp()) * 1000 + 250 * row


def _texts(values: Sequence[str]) -> NDArray[np.object_]:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column
