"""What is measured, what it must reach, and in words what it means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Sense = Literal[">=", "<=", "reported"]


@dataclass(frozen=True, slots=True)
class Target:
    """One figure: its suite, in which sense it is judged, and its limit (None: only reported).

    `if_missed` says why a value that misses the limit does; the report prints it then only.
    """

    suite: str
    sense: Sense
    limit: float | None
    meaning: str
    if_missed: str = ""

    def met(self, value: float | None) -> bool | None:
        """Whether `value` keeps the limit; None without a limit or a value.

        >>> Target("rest", ">=", 0.6, "").met(0.7), Target("rest", "reported", None, "").met(0.7)
        (True, None)
        """
        if value is None or self.limit is None:
            return None
        return value >= self.limit if self.sense == ">=" else value <= self.limit


TARGETS: dict[str, Target] = {
    "judge_vs_keras_per_record_ae": Target(
        "judge", ">=", 10_000, "shots judged a second / the same by load model file and predict, per record"
    ),
    "judge_vs_keras_per_record_memae": Target("judge", ">=", 10_000, "the same with MemAE models"),
    "judge_vs_sklearn_per_record_if": Target(
        "judge", ">=", 200, "the same with isolation forests / scikit-learn's score_samples row by row"
    ),
    "judge_vs_river_hst": Target(
        "judge",
        ">=",
        10,
        "mixed models / River's HalfSpaceTrees, score and learn of each record",
        "River walks its ten small trees in compiled code, on records that are dictionaries already, and"
        " gives a score; sprue fills, routes, scores with networks or a hundred trees, decides and explains.",
    ),
    "judge_vs_pyod_iforest": Target(
        "judge", "reported", None, "isolation forests / PyOD's IForest row by row"
    ),
    "one_shot_judge_us": Target(
        "judge", "reported", None, "one shot judged alone, 99th percentile / one BSON decode + SQLite insert"
    ),
    "judge_vs_bson_decode": Target(
        "decode", ">=", 1.5, "shots judged a second / their documents decoded by bson.decode"
    ),
    "bytes_to_verdict_vs_bson_decode": Target(
        "decode", ">=", 0.5, "raw BSON to verdict rows in memory / bson.decode alone"
    ),
    "pipeline_vs_bare_drain": Target(
        "pipeline", ">=", 0.4, "mongod to committed verdicts / the same change stream drained by pymongo"
    ),
    "train_ae_vs_keras_fit": Target(
        "train", ">=", 100, "time of one Keras fit / time of a group trained stacked"
    ),
    "train_memae_vs_keras_fit": Target("train", ">=", 60, "the same with MemAE"),
    "serving_rss_vs_tensorflow_import": Target(
        "memory", "<=", 0.4, "memory of the service with 1,000 groups / of a bare import of tensorflow"
    ),
    "ready_time_vs_tensorflow_import": Target(
        "memory", "<=", 0.7, "start to ready of the service / time of a bare import of tensorflow"
    ),
    "rest_latest_vs_bare_fastapi": Target(
        "rest", ">=", 0.6, "GET of the latest verdict / GET of a constant, bare FastAPI on the same server"
    ),
    "growth_groups": Target(
        "growth",
        "<=",
        2,
        "time a shot with 10,000 groups / with 10",
        "A forest asks hundreds of nodes of a record, and with thousands of groups nearly each comes from"
        " memory, not from the cache; what does not depend on the groups has become cheap, so the ratio shows"
        " it.",
    ),
    "growth_settings": Target("growth", "<=", 2, "time a shot with 100,000 settings in the plant / 100"),
}
SUITES: tuple[str, ...] = tuple(dict.fromkeys(target.suite for target in TARGETS.values()))
