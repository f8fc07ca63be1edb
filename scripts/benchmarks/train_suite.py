"""Training: groups stacked against one Keras fit a group."""

from __future__ import annotations

import time
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.profile import Profile
from inference.wiring import detectors
from memae.network import MemoryNetwork
from models.dense import DenseNetwork
from models.detector import Task
from scripts.benchmarks.figure import Figure, ratio_of
from scripts.benchmarks.keras_peer import keras_model, load_keras
from scripts.benchmarks.rounds import Effort, interleave
from scripts.benchmarks.suite import SuiteResult
from scripts.benchmarks.synthetic_plant import HIDDEN, SLOTS, normal_rows

Floats = NDArray[np.float64]

GROUPS, ROWS, EPOCHS = 128, 2000, 50
BATCH_SIZE, RATE = 64, 3e-3
MOST_ROUNDS = 5
NAMES = {"autoencoder": "ae", "memae": "memae"}


def run(effort: Effort, folder: Path, profile: Profile) -> SuiteResult:
    """Measure every figure of the suite ``train``."""
    groups, rows, epochs = (2, 200, 2) if effort.quick else (GROUPS, ROWS, EPOCHS)
    inputs = len(profile.production)
    data = [_rows(number, rows, inputs) for number in range(groups)]
    figures = [_against_keras(kind, data, epochs, effort) for kind in NAMES]
    facts = {
        "groups trained together": groups,
        "rows a group": rows,
        "variables": inputs,
        "epochs": epochs,
        "rows a step": BATCH_SIZE,
    }
    return SuiteResult(figures, facts=facts)


def _rows(number: int, rows: int, inputs: int) -> Floats:
    """Scaled rows of one group, correlated in its own way."""
    random = np.random.default_rng([number, 11])
    own: Floats = normal_rows(random, rows, inputs) * random.uniform(0.8, 1.0, inputs)
    return own


def _against_keras(kind: str, data: list[Floats], epochs: int, effort: Effort) -> Figure:
    detector = detectors()[kind]
    parameters: dict[str, Any] = {
        "hidden": HIDDEN,
        "epochs": epochs,
        "patience": epochs,
        "batch_size": BATCH_SIZE,
        "learning_rate": RATE,
    }
    if kind == "memae":
        parameters |= {"slots": SLOTS, "warm_up": 0}
    seeds, numbers = count(), count()
    nobody = np.empty((0, data[0].shape[1]))
    losses: dict[str, list[float]] = {"sprue": [], "keras": []}

    def stacked() -> float:
        tasks = [Task(rows, nobody, next(seeds)) for rows in data]
        begin = time.perf_counter()
        for _, fitted in detector.fit_many(tasks, parameters):
            losses["sprue"].append(fitted.record()["mse"])
        return (time.perf_counter() - begin) / len(data)

    def fit() -> float:
        number = next(numbers)
        seconds, loss = _keras_fit(kind, data[number % len(data)], number, epochs)
        losses["keras"].append(loss)
        return seconds

    first = stacked()
    fit()
    times = interleave({"sprue": stacked, "keras": fit}, min(effort.rounds, MOST_ROUNDS), warm_ups=0)
    return Figure(
        f"train_{NAMES[kind]}_vs_keras_fit",
        ratio_of(times["keras"], times["sprue"]),
        {"sprue, stacked": times["sprue"], "Keras fit": times["keras"]},
        "s/group",
        {
            "first call, compiling, s/group": first,
            "loss, sprue": _quartiles(losses["sprue"]),
            "loss, Keras": _quartiles(losses["keras"]),
            "1,000 groups would take, s": 1000 * float(np.median(times["sprue"])),
        },
        "The same rows, layers, first weights drawn the same way, batch size, Adam and number of epochs;"
        " nobody stops early. Keras is timed on one group a round, a new model each time as every group needs"
        " one; the stacked time includes everything a fitted detector has (its scores of all rows, the"
        " memory's health). Which of its minima a MemAE ends in is a matter of the seed, for both: compare"
        " its losses as distributions.",
    )


def _quartiles(losses: list[float]) -> dict[str, float]:
    """Quartiles of the final losses and of how many groups."""
    low, middle, high = np.quantile(losses, (0.25, 0.5, 0.75)).tolist()
    return {"25 %": low, "50 %": middle, "75 %": high, "fits": len(losses)}


def _keras_fit(kind: str, rows: Floats, number: int, epochs: int) -> tuple[float, float]:
    """Seconds of building, compiling and fitting one Keras model, and its best epoch's loss."""
    keras = load_keras()
    dense = DenseNetwork(rows.shape[1], HIDDEN)
    network = MemoryNetwork(dense, SLOTS, 10.0, 1.0 / SLOTS, 0.0) if kind == "memae" else dense
    x = rows.astype(np.float32)
    first: dict[str, Any] = dict(network.layout.unpack(network.initial(np.random.default_rng(number), x)))
    first |= {"temperature": 10.0, "shrink": 1.0 / SLOTS} if kind == "memae" else {}
    begin = time.perf_counter()
    model = keras_model(keras, first)
    model.compile(optimizer=keras.optimizers.Adam(RATE), loss="mse")
    done = model.fit(x, x, epochs=epochs, batch_size=BATCH_SIZE, verbose=0)
    seconds = time.perf_counter() - begin
    return seconds, float(min(done.history["loss"]))
