"""Decoding: how judging compares with turning the documents into dictionaries at all."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import bson
import numpy as np

from core.profile import Profile
from core.stream import Event
from ingest.document import DocumentDecoder
from scripts.benchmarks.figure import Figure, ratio_of
from scripts.benchmarks.judging import line_of, outcome_counts
from scripts.benchmarks.profiling import own_time_shares
from scripts.benchmarks.rounds import Effort, interleave, steady
from scripts.benchmarks.shots import documents, events, field_count
from scripts.benchmarks.suite import Curve, SuiteResult
from scripts.benchmarks.synthetic_plant import DATA_SETS, synthetic_plant

BATCH = 256
SIZES = (1, 8, 64, 256, 1024)


def run(effort: Effort, folder: Path, profile: Profile) -> SuiteResult:
    """Measure every figure of the suite ``decode``."""
    groups, batches = (30, 2) if effort.quick else (1000, 8)
    plant = synthetic_plant(profile, groups, data_sets=2 if effort.quick else DATA_SETS)
    line = line_of(plant, profile, size=BATCH, batches=batches)
    of_batch = [documents(batch, profile) for batch in line.batches]
    raws = [[bson.encode(document) for document in some] for some in of_batch]
    arrived = [events(some, batch) for some, batch in zip(raws, line.batches, strict=True)]
    decoder = DocumentDecoder(profile)
    following_raw, following_events, following = cycle(raws), cycle(arrived), cycle(arrived)

    def bare() -> int:
        some = next(following_raw)
        for raw in some:
            bson.decode(raw)
        return len(some)

    def decode() -> int:
        return len(decoder.decode(next(following_events)).batch)

    def whole() -> int:
        judged = line.judge(decoder.decode(next(following)).batch)
        return len(list(judged.verdicts.rows()))

    rates = interleave(
        {
            name: steady(work, effort.seconds)
            for name, work in (("judge", line.work), ("bson", bare), ("decode", decode), ("whole", whole))
        },
        effort.rounds,
    )
    fields = [field_count(document) for document in of_batch[0]]
    facts = {
        "fields a document": float(np.median(fields)),
        "bytes a document": float(np.median([len(raw) for raw in raws[0]])),
        "groups": groups,
        "shots a batch": BATCH,
        **outcome_counts(line),
    }
    common = {"bson.decode": rates["bson"], "sprue judge": rates["judge"]}
    decoded = float(np.median(ratio_of(rates["decode"], rates["bson"])))
    figures = [
        Figure(
            "judge_vs_bson_decode",
            ratio_of(rates["judge"], rates["bson"]),
            common,
            "shots/s",
            note="Batches of 256 shots over all groups, all three kinds of model; bson.decode into plain "
            "dictionaries, pymongo's C extension.",
        ),
        Figure(
            "bytes_to_verdict_vs_bson_decode",
            ratio_of(rates["whole"], rates["bson"]),
            {
                "bson.decode": rates["bson"],
                "sprue: bytes to columns": rates["decode"],
                "sprue: bytes to verdict rows": rates["whole"],
            },
            "shots/s",
            {"bytes to columns over bson.decode": decoded},
            "From raw BSON to a list of verdict rows as they go into the store. The same documents come again"
            " and again, settings that history never saw among them.",
        ),
    ]
    sizes = SIZES[:2] if effort.quick else SIZES
    curve = []
    every = [event for some in arrived for event in some]
    for size in sizes:
        parts = cycle([every[i : i + size] for i in range(0, min(len(every), 64 * size), size)])

        def part(parts: Iterator[list[Event]] = parts) -> int:
            return len(list(line.judge(decoder.decode(next(parts)).batch).verdicts.rows()))

        curve.append(max(interleave({"": steady(part, effort.seconds)}, 2)[""]))
    curves = [Curve("by batch size", "bytes to verdict", "shots a batch", "shots/s", sizes, curve)]
    profiles = {"bytes to verdict rows": own_time_shares(whole, 2 if effort.quick else 100)}
    return SuiteResult(figures, curves, facts, profiles)
