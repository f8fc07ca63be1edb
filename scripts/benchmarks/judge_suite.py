"""Judging: mixed batches against the ways of doing it record by record."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from core.profile import Profile
from scripts.benchmarks.figure import Figure, ratio_of
from scripts.benchmarks.judging import Line, line_of, outcome_counts
from scripts.benchmarks.keras_peer import KerasPeer
from scripts.benchmarks.one_shot import one_shot
from scripts.benchmarks.profiling import own_time_shares
from scripts.benchmarks.rounds import Effort, Sample, interleave, steady
from scripts.benchmarks.shots import Shots, draw
from scripts.benchmarks.suite import Curve, SuiteResult
from scripts.benchmarks.synthetic_plant import DATA_SETS, KINDS, synthetic_plant
from scripts.benchmarks.tree_peers import ABSENT, PyodPeer, RiverPeer, SklearnPeer, is_installed

BATCH = 256
LEARNERS = 32
SIZES = (1, 8, 64, 256, 1024, 8192)
SAME_SCORE = 1e-4
NAMES = {"autoencoder": "ae", "memae": "memae", "isolation_forest": "if"}
KERAS_ROUNDS = 5
KERAS_RECORDS = {"load": 4, "predict": 8, "call": 64}
"""Records of one sample; none comes twice before all have come once."""


def run(effort: Effort, folder: Path, profile: Profile) -> SuiteResult:
    """Measure every figure of the suite ``judge``."""
    figures, curves = [], []
    facts: dict[str, Any] = {
        "groups": _groups(effort),
        "shots a batch": BATCH,
        "mix": "each shot of a group drawn at random, so that presses seem to change over at most shots",
    }
    for kind in ("autoencoder", "memae"):
        line, plain = _line(effort, profile, (kind,))
        figures.append(_against_keras(kind, line, plain, effort, folder, profile))
        curves.append(_by_batch_size(kind, line, effort))
    line, plain = _line(effort, profile, ("isolation_forest",))
    figures += [_against_sklearn(line, plain, effort), _against_pyod(line, plain, effort)]
    curves.append(_by_batch_size("isolation_forest", line, effort))
    line, plain = _line(effort, profile, KINDS)
    facts |= outcome_counts(line)
    figures += [_against_river(line, plain, effort), one_shot(line, effort, folder, profile)]
    curves.append(_by_batch_size("mixed", line, effort))
    profiles = {"judging mixed batches": own_time_shares(line.work, 2 if effort.quick else 100)}
    return SuiteResult(figures, curves, facts, profiles)


def _groups(effort: Effort) -> int:
    return 30 if effort.quick else 1000


def _data_sets(effort: Effort) -> int:
    return 2 if effort.quick else DATA_SETS


def _line(effort: Effort, profile: Profile, kinds: tuple[str, ...]) -> tuple[Line, Shots]:
    """A line over shots as they come, and plain shots that the peers can judge, too."""
    plant = synthetic_plant(profile, _groups(effort), kinds=kinds, data_sets=_data_sets(effort))
    line = line_of(plant, profile, size=BATCH, batches=2 if effort.quick else 8)
    return line, draw(plant, BATCH, 2, plain=True)


def _against_keras(
    kind: str, line: Line, plain: Shots, effort: Effort, folder: Path, profile: Profile
) -> Figure:
    peer = KerasPeer(folder, line.plant.models)
    records = 4 if effort.quick else 64
    groups = plain.group[:records].tolist()
    peer.prepare(groups)
    _same_scores(line, plain, peer.kept_call, records)
    share = 8 if effort.quick else 1
    sides: dict[str, Sample] = {"judge": steady(line.work, effort.seconds)}
    for name, score in (
        ("load", peer.load_and_predict),
        ("predict", peer.kept_predict),
        ("call", peer.kept_call),
    ):
        work = _record_by_record(score, plain, records)
        sides[name] = _few(work, max(1, KERAS_RECORDS[name] // share))
    rates = interleave(sides, min(effort.rounds, KERAS_ROUNDS))
    return Figure(
        f"judge_vs_keras_per_record_{NAMES[kind]}",
        ratio_of(rates["judge"], rates["load"]),
        {
            "sprue judge": rates["judge"],
            "keras: load file, predict": rates["load"],
            "keras: kept loaded, predict": rates["predict"],
            "keras: kept loaded, called": rates["call"],
        },
        "shots/s",
        {
            "over kept loaded, predict": float(np.median(ratio_of(rates["judge"], rates["predict"]))),
            "over kept loaded, called": float(np.median(ratio_of(rates["judge"], rates["call"]))),
        },
        "sprue fills, clusters, routes, scores, decides and explains; Keras only scales, scores and compares."
        f" Scores of both agree within {SAME_SCORE}. The ratio is to loading each record's model file, as"
        " the systems before did; the kinder ways keep every model in memory.",
    )


def _against_sklearn(line: Line, plain: Shots, effort: Effort) -> Figure:
    peer = SklearnPeer(line.plant.models, _data_sets(effort))
    _same_scores(line, plain, peer.score, BATCH)
    rates = interleave(
        {
            "judge": steady(line.work, effort.seconds),
            "peer": steady(_record_by_record(peer.score, plain, BATCH), effort.seconds),
        },
        effort.rounds,
    )
    return Figure(
        "judge_vs_sklearn_per_record_if",
        ratio_of(rates["judge"], rates["peer"]),
        {"sprue judge": rates["judge"], "scikit-learn, row by row": rates["peer"]},
        "shots/s",
        note="Forests of 100 trees over 256 samples, all kept loaded by scikit-learn; it scales, scores and"
        f" compares. Scores of both agree within {SAME_SCORE}.",
    )


def _against_pyod(line: Line, plain: Shots, effort: Effort) -> Figure:
    if not is_installed("pyod"):
        return _absent("judge_vs_pyod_iforest", "pyod")
    peer = PyodPeer(line.plant.models, _data_sets(effort))
    rates = interleave(
        {
            "judge": steady(line.work, effort.seconds),
            "peer": steady(_record_by_record(peer.score, plain, BATCH), effort.seconds),
        },
        effort.rounds,
    )
    return Figure(
        "judge_vs_pyod_iforest",
        ratio_of(rates["judge"], rates["peer"]),
        {"sprue judge": rates["judge"], "PyOD IForest, row by row": rates["peer"]},
        "shots/s",
        note="As with scikit-learn, through PyOD's decision_function.",
    )


def _against_river(line: Line, plain: Shots, effort: Effort) -> Figure:
    if not is_installed("river"):
        return _absent("judge_vs_river_hst", "river")
    low = np.array([line.plant.models[g].input_low for g in plain.group.tolist()])
    width = np.array([line.plant.models[g].input_high for g in plain.group.tolist()]) - low
    peer = RiverPeer((plain.batch.production - low) / width, 2 if effort.quick else LEARNERS)
    numbers = count()

    def work() -> int:
        peer.score(next(numbers))
        return 1

    rates = interleave(
        {"judge": steady(line.work, effort.seconds), "peer": steady(work, effort.seconds)}, effort.rounds
    )
    return Figure(
        "judge_vs_river_hst",
        ratio_of(rates["judge"], rates["peer"]),
        {"sprue judge, mixed models": rates["judge"], "River HalfSpaceTrees": rates["peer"]},
        "shots/s",
        {"learners": 2 if effort.quick else LEARNERS},
        "Default parameters; River learns from every record, which sprue does not: another way to work, not "
        "the same job. Its records are dictionaries made beforehand, already scaled.",
    )


def _by_batch_size(name: str, line: Line, effort: Effort) -> Curve:
    sizes = SIZES[:3] if effort.quick else SIZES
    shots = draw(line.plant, sizes[-1], 4)
    rates = []
    for size in sizes:
        part = Line(line.plant, line.plan, shots, size)
        rates.append(max(interleave({"": steady(part.work, effort.seconds / 2)}, 2)[""]))
    return Curve("by batch size", name, "shots a batch", "shots/s", sizes, rates)


def _record_by_record(score: Callable[[Any, int], float], plain: Shots, records: int) -> Callable[[], int]:
    rows, groups = plain.batch.production, plain.group.tolist()
    numbers = count()

    def work() -> int:
        i = next(numbers) % records
        score(rows[i], groups[i])
        return 1

    return work


def _few(work: Callable[[], int], times: int) -> Sample:
    """A rate over a set number of calls."""

    def sample() -> float:
        begin = time.perf_counter()
        done = sum(work() for _ in range(times))
        return done / (time.perf_counter() - begin)

    return sample


def _same_scores(line: Line, plain: Shots, score: Callable[[Any, int], float], records: int) -> None:
    """A peer that computes something else would be no peer."""
    ours = line.judge(plain.batch).verdicts.columns["anomaly_score"]
    for i in range(min(records, len(plain.batch))):
        theirs = score(plain.batch.production[i], int(plain.group[i]))
        if abs(theirs - float(ours[i])) > SAME_SCORE:
            msg = (
                f"shot {i}: expected the same score of both, got {float(ours[i])!r} and the peer's {theirs!r}"
            )
            raise AssertionError(msg)


def _absent(key: str, name: str) -> Figure:
    return Figure(key, [], {}, "shots/s", note=ABSENT.format(name=name))
