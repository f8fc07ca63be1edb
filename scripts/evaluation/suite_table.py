"""Results of the suite put together: means over seeds and sets, ranks, intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.evaluation.rank import mean_ranks
from inference.evaluation.resampling import around
from scripts.evaluation.methods import Method
from scripts.evaluation.report import estimate
from scripts.evaluation.suite import REPLICATES, Entry, Results
from scripts.evaluation.trial import DataSet

Floats = NDArray[np.float64]
Plain = dict[str, Any]

SCHEMA = 1
MEASURES = ("auroc", "average_precision")


def suite_report(
    name: str, sets: Sequence[DataSet], methods: Sequence[Method], results: Results, notes: Sequence[str]
) -> Plain:
    """Everything as plain values.

    Returns
    -------
    dict
        ``sets`` and ``methods`` describe; ``measures`` holds for each measure ``table``
        (set -> method -> figure with interval), ``mean`` and ``mean_rank`` over the sets
        that are not apart (method -> figure with interval).
    """
    names = [method.name for method in methods]
    measures = {measure: _measured(measure, sets, names, results) for measure in MEASURES}
    return {
        "schema": SCHEMA,
        "suite": name,
        "sets": {data.name: _described(data, results[data.name]) for data in sets},
        "methods": [{"name": m.name, "own": m.own} for m in methods],
        "measures": measures,
        "failed": _failures(results),
        "notes": list(notes),
    }


def _measured(measure: str, sets: Sequence[DataSet], names: Sequence[str], results: Results) -> Plain:
    value = np.full((len(sets), len(names)), np.nan)
    drawn = np.full((len(sets), len(names), REPLICATES), np.nan)
    for i, data in enumerate(sets):
        for j, name in enumerate(names):
            entries = [seed[name] for seed in results[data.name].values() if "figures" in seed[name]]
            if entries:
                value[i, j] = np.mean([entry["figures"][measure] for entry in entries])
                drawn[i, j] = np.mean([entry["drawn"][measure] for entry in entries], axis=0)
    counted = np.array([not data.apart for data in sets], dtype=bool)
    if not counted.any():
        counted[:] = True
    ranks = np.stack([mean_ranks(drawn[counted][:, :, b]) for b in range(REPLICATES)], axis=-1)
    return {
        "table": {
            data.name: {n: estimate(around(value[i, j], drawn[i, j])) for j, n in enumerate(names)}
            for i, data in enumerate(sets)
        },
        "mean": _each(names, value[counted].mean(axis=0), drawn[counted].mean(axis=0)),
        "mean_rank": _each(names, mean_ranks(value[counted]), ranks),
    }


def _each(names: Sequence[str], value: Floats, drawn: Floats) -> Plain:
    return {name: estimate(around(float(value[j]), drawn[j])) for j, name in enumerate(names)}


def _described(data: DataSet, seeds: dict[int, dict[str, Entry]]) -> Plain:
    some = next(e for entries in seeds.values() for e in entries.values() if "figures" in e)
    chosen: dict[str, dict[str, int]] = {}
    for entries in seeds.values():
        for method, entry in entries.items():
            if method.startswith("by_") and "kinds" in entry:
                chosen[method] = dict(Counter(chosen.get(method, {})) + Counter(entry["kinds"]))
    return {
        "protocol": data.protocol,
        "seeds": len(seeds),
        "rows": some["rows"],
        "units": some["units"],
        "bad": some["bad"],
        "apart": data.apart,
        "chosen": chosen,
    }


def _failures(results: Results) -> list[Plain]:
    return [
        {"set": name, "seed": seed, "method": method, "why": entry["failed"]}
        for name, seeds in results.items()
        for seed, entries in seeds.items()
        for method, entry in entries.items()
        if "failed" in entry
    ]
