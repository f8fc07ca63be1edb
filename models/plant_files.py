"""A trained plant as a few files of plain arrays, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clustering.setting import SettingSpace
from core.profile import GroupKey
from ingest.typical_values import FillLevel
from models.artifact import Coverage, GroupModel, LossSummary, TrainedPlant
from models.golden import Golden
from models.predictor_files import predictor_to_files
from models.ragged import SHAPES, pack, unpack

Arrays = Mapping[str, NDArray[Any]]

GROUPS, SPACES, FILLS, COVERAGE, GOLDEN = "groups", "spaces", "fills", "coverage", "golden"
REFERENCE = "reference"
"""Absent from versions of earlier releases."""
WEIGHTS = "weights_"
"""Files of weights: ``weights_<number>_<kind>``, one for all models of a kind and layout."""

_RANGES = ("input_low", "input_high", "band_low", "band_centre", "band_high", "setting_centre")
_LOSS_FLOATS = ("mean", "std", "minimum", "maximum", "cv")
_TAILS = ("tail", "tail_lot", "lot_sizes")
_SPACE_ARRAYS = ("offset", "scale", "centres", "radius", "combinations", "combination_cluster")
_FILL_ARRAYS = ("setting_mode", "setting_mean", "production_mode", "production_mean")
_COVERAGE_COUNTS = ("rows", "lots", "good", "bad", "first", "last")
_SHARED_COUNTS = ("good", "bad")
"""Not whole: a lot made under two settings is shared out between them."""


def to_files(plant: TrainedPlant, golden: Golden) -> dict[str, dict[str, NDArray[Any]]]:
    """Arrays by file name (without ending) of everything but names and notes."""
    files, where = _weights_to_files(plant.models)
    files[GROUPS] = {**_groups_to_arrays(plant.models), **where}
    files[SPACES] = {"maker": _texts([s.maker for s in plant.spaces])}
    for name in _SPACE_ARRAYS:
        files[SPACES] |= pack(name, [getattr(s, name) for s in plant.spaces])
    files[FILLS] = {"rows": _whole([level.rows for level in plant.fills])}
    for name in ("maker", "facility", "item"):
        values = [getattr(level, name) for level in plant.fills]
        files[FILLS][name] = _texts([value or "" for value in values])
        # "Any" is not the empty name.
        files[FILLS][f"any_{name}"] = np.array([value is None for value in values], dtype=bool)
    for name in _FILL_ARRAYS:
        files[FILLS] |= pack(name, [getattr(level, name) for level in plant.fills])
    rows = plant.coverage
    files[COVERAGE] = {
        **_keys_to_arrays([row.key for row in rows]),
        **{name: _counts(name, rows) for name in _COVERAGE_COUNTS},
        "status": _texts([row.status for row in rows]),
        "kind": _texts([row.kind or "" for row in rows]),
        "reason": _texts([row.reason for row in rows]),
    }
    files[GOLDEN] = {name: getattr(golden, name) for name in Golden.__slots__}
    if plant.reference is not None:
        files[REFERENCE] = plant.reference.to_arrays()
    if plant.predictor is not None:
        files |= predictor_to_files(plant.predictor)
    return files


def from_files(
    files: Mapping[str, Arrays],
) -> tuple[
    tuple[GroupModel, ...], tuple[SettingSpace, ...], tuple[FillLevel, ...], tuple[Coverage, ...], Golden
]:
    """The parts of a plant that `to_files` wrote; KeyError where an array is absent."""
    spaces, fills, coverage = files[SPACES], files[FILLS], files[COVERAGE]
    columns = [unpack(spaces, name) for name in _SPACE_ARRAYS]
    all_spaces = tuple(
        SettingSpace(maker, *arrays)
        for maker, *arrays in zip(spaces["maker"].tolist(), *columns, strict=True)
    )
    names = [
        [
            None if any_ else value
            for value, any_ in zip(fills[name].tolist(), fills[f"any_{name}"], strict=True)
        ]
        for name in ("maker", "facility", "item")
    ]
    typical = [unpack(fills, name) for name in _FILL_ARRAYS]
    all_fills = tuple(FillLevel(*row) for row in zip(*names, fills["rows"].tolist(), *typical, strict=True))
    # Every constructor below takes its columns in the order of its fields.
    kinds = [kind or None for kind in coverage["kind"].tolist()]
    counts = [coverage[name].tolist() for name in _COVERAGE_COUNTS]
    words = coverage["status"].tolist(), kinds, coverage["reason"].tolist()
    all_coverage = tuple(Coverage(*row) for row in zip(_keys(coverage), *counts, *words, strict=True))
    golden = Golden(**{name: files[GOLDEN][name] for name in Golden.__slots__})
    return _models(files), all_spaces, all_fills, all_coverage, golden


def _groups_to_arrays(models: Sequence[GroupModel]) -> dict[str, NDArray[Any]]:
    arrays = _keys_to_arrays([m.key for m in models])
    arrays["kind"] = _texts([m.kind for m in models])
    for name in _RANGES:
        arrays |= pack(name, [getattr(m, name) for m in models])
    for name in _LOSS_FLOATS:
        arrays[f"loss_{name}"] = np.array([getattr(m.losses, name) for m in models], dtype=np.float64)
    arrays["loss_count"] = _whole([m.losses.count for m in models])
    arrays["loss_trimmed"] = _whole([m.losses.trimmed for m in models])
    arrays |= pack("loss_quantiles", [m.losses.quantiles for m in models])
    for name in _TAILS:
        arrays |= pack(f"loss_{name}", [getattr(m.losses, name) for m in models])
    for name in ("fixed_threshold", "defect_rate"):
        arrays[name] = np.array([getattr(m, name) for m in models], dtype=np.float64)
    for name in ("rows", "lots"):
        arrays[name] = _whole([getattr(m, name) for m in models])
    arrays["window"] = np.array([m.window for m in models], dtype=np.int64).reshape(-1, 2)
    return arrays


def _weights_to_files(
    models: Sequence[GroupModel],
) -> tuple[dict[str, dict[str, NDArray[Any]]], dict[str, NDArray[Any]]]:
    """Weights stacked by kind and layout, and for each model its file and its row there."""
    alike: dict[tuple[object, ...], list[int]] = {}
    for i, model in enumerate(models):
        layout = tuple((name, a.ndim, a.dtype.str) for name, a in sorted(model.weights.items()))
        alike.setdefault((model.kind, layout), []).append(i)
    files: dict[str, dict[str, NDArray[Any]]] = {}
    file_of, row_of = np.zeros(len(models), dtype=np.int64), np.zeros(len(models), dtype=np.int64)
    for number, members in enumerate(alike.values()):
        file_of[members], row_of[members] = number, np.arange(len(members))
        first = models[members[0]]
        arrays: dict[str, NDArray[Any]] = {}
        for name in first.weights:
            arrays |= pack(name, [np.asarray(models[i].weights[name]) for i in members])
        files[f"{WEIGHTS}{number}_{first.kind}"] = arrays
    return files, {"weights_file": file_of, "weights_row": row_of}


def _models(files: Mapping[str, Arrays]) -> tuple[GroupModel, ...]:
    groups = files[GROUPS]
    weights: dict[int, dict[str, list[NDArray[Any]]]] = {}
    for name, arrays in files.items():
        if name.startswith(WEIGHTS):
            number = int(name.removeprefix(WEIGHTS).split("_")[0])
            weights[number] = {key: unpack(arrays, key) for key in arrays if not key.endswith(SHAPES)}
    figures = {name: groups[f"loss_{name}"].tolist() for name in ("count", *_LOSS_FLOATS, "trimmed")}
    quantiles, (count, *moments, cv, trimmed) = unpack(groups, "loss_quantiles"), figures.values()
    # Versions of earlier releases have no tails.
    tails = [unpack(groups, f"loss_{name}") for name in _TAILS if f"loss_{name}" in groups]
    losses = [LossSummary(*row) for row in zip(count, *moments, quantiles, cv, trimmed, *tails, strict=True)]
    *ranges, centre = (unpack(groups, name) for name in _RANGES)
    fixed, rows, lots, rate = (groups[n].tolist() for n in ("fixed_threshold", "rows", "lots", "defect_rate"))
    window = [(first, last) for first, last in groups["window"].tolist()]
    places = zip(groups["weights_file"].tolist(), groups["weights_row"].tolist(), strict=True)
    own = [{name: rows[row] for name, rows in weights[file].items()} for file, row in places]
    head = (_keys(groups), groups["kind"].tolist(), own, *ranges, losses, fixed, centre)
    return tuple(GroupModel(*row) for row in zip(*head, rows, lots, rate, window, strict=True))


def _keys_to_arrays(keys: Sequence[GroupKey]) -> dict[str, NDArray[Any]]:
    return {
        "maker": _texts([key.maker for key in keys]),
        "facility": _texts([key.facility for key in keys]),
        "item": _texts([key.item for key in keys]),
        "cluster": _whole([key.cluster for key in keys]),
    }


def _keys(arrays: Arrays) -> list[GroupKey]:
    columns = (arrays[name].tolist() for name in ("maker", "facility", "item", "cluster"))
    return [GroupKey(*key) for key in zip(*columns, strict=True)]


def _texts(values: Sequence[str]) -> NDArray[np.str_]:
    return np.array(values, dtype=np.str_)


def _counts(name: str, rows: Sequence[Coverage]) -> NDArray[Any]:
    values = [getattr(row, name) for row in rows]
    return np.array(values, dtype=np.float64) if name in _SHARED_COUNTS else _whole(values)


def _whole(values: Sequence[int]) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)
