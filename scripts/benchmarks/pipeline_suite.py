"""The pipeline: a backlog in MongoDB to committed verdicts, against reading it at all."""

from __future__ import annotations

import logging
from itertools import count
from pathlib import Path

import numpy as np
import structlog

from core.profile import Profile
from inference.plan import compile_plan
from ingest.embedded import EmbeddedMongo
from scripts.benchmarks.backlog import BATCH_SIZE, Backlog
from scripts.benchmarks.figure import Figure, ratio_of
from scripts.benchmarks.judging import VERSION
from scripts.benchmarks.profiling import own_time_shares
from scripts.benchmarks.rounds import Effort, interleave
from scripts.benchmarks.shots import documents, draw
from scripts.benchmarks.suite import SuiteResult
from scripts.benchmarks.synthetic_plant import DATA_SETS, synthetic_plant


def run(effort: Effort, folder: Path, profile: Profile) -> SuiteResult:
    """Measure every figure of the suite ``pipeline``."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    groups, shots = (30, 300) if effort.quick else (1000, 20_000)
    plant = synthetic_plant(profile, groups, data_sets=2 if effort.quick else DATA_SETS)
    plan = compile_plan(plant, VERSION, profile)
    with EmbeddedMongo(folder / "mongo") as mongo:
        backlog = Backlog.fill(mongo.url, documents(draw(plant, shots, 5).batch, profile))
        numbers = count()
        rates = interleave(
            {
                "service": lambda: backlog.judge(plan, profile, folder / f"{next(numbers)}.sqlite"),
                "raw": lambda: backlog.drain(raw=True, batch_size=BATCH_SIZE),
                "plain": lambda: backlog.drain(raw=False, batch_size=BATCH_SIZE),
                "plain, own batches": lambda: backlog.drain(raw=False, batch_size=None),
            },
            effort.rounds,
        )
        shares = own_time_shares(lambda: backlog.judge(plan, profile, folder / "profiled.sqlite"), 1)
    figure = Figure(
        "pipeline_vs_bare_drain",
        ratio_of(rates["service"], rates["raw"]),
        {
            "sprue: to committed verdicts": rates["service"],
            "pymongo: drained raw": rates["raw"],
            "pymongo: drained into dictionaries": rates["plain"],
            "pymongo: the same, server's batches": rates["plain, own batches"],
        },
        "shots/s",
        {
            "over drained into dictionaries": float(np.median(ratio_of(rates["service"], rates["plain"]))),
            "backlog": shots,
            "batch size": BATCH_SIZE,
        },
        "The service loop with its change stream, SQLite store (one transaction a batch) and all groups, from"
        " its start until the last verdict is committed. The base is pymongo's watch() with raw BSON"
        " documents, the least that reading the stream can cost: the harder of the two.",
    )
    return SuiteResult([figure], facts={"groups": groups}, profiles={"the judging thread": shares})
