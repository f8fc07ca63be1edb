"""Dense Keras networks trained side by side, one a lesson.

Each network has its own rows, batches, early stopping and best weights, so the result is that
of training it alone, up to float32 rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.regressors.keras_stack import Lesson, Singles, Stack

MOST_NETWORKS = 256
"""Networks in one stack; bounds the memory."""
TOLERANCE = 1e-4
"""A loss is better when below the best one by this share: rounding gains nothing."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast to train; see `models.regressors.neural_network`."""

    epochs: int
    patience: int
    batch_size: int
    learning_rate: float


@dataclass(frozen=True, slots=True)
class Trained:
    """Best weights ``w0, b0, ...`` of a network, their loss (NaN: diverged) and the epochs trained."""

    weights: dict[str, Singles]
    loss: float
    epochs: int


def train(lessons: Sequence[Lesson], hidden: tuple[int, ...], schedule: Schedule) -> list[Trained]:
    """Train one network a lesson; results in their order.

    Networks whose epochs have as many steps share a stack: an optimiser step without rows
    would still move by its momentum.
    """
    results: dict[int, Trained] = {}
    stacks: dict[int, list[int]] = {}
    for i, lesson in enumerate(lessons):
        stacks.setdefault(-(-len(lesson.rows) // schedule.batch_size), []).append(i)
    for members in stacks.values():
        for start in range(0, len(members), MOST_NETWORKS):
            some = members[start : start + MOST_NETWORKS]
            results.update(zip(some, _train_stack([lessons[i] for i in some], hidden, schedule), strict=True))
    return [results[i] for i in range(len(lessons))]


def _train_stack(lessons: Sequence[Lesson], hidden: tuple[int, ...], schedule: Schedule) -> list[Trained]:
    """Train lessons whose epochs have equally many steps."""
    stack = Stack(lessons, (lessons[0].rows.shape[1], *hidden, 1), schedule.learning_rate)
    random = [np.random.default_rng(lesson.seed) for lesson in lessons]
    lengths = [len(lesson.rows) for lesson in lessons]
    best = stack.weights()
    best_loss, stale, epochs = np.full(len(lessons), np.inf), *np.zeros((2, len(lessons)), dtype=int)
    for _ in range(schedule.epochs):
        picks, counts = _batches([r.permutation(n) for r, n in zip(random, lengths, strict=True)], schedule)
        loss = stack.epoch(picks, counts)
        busy = (stale < schedule.patience) & ~np.isnan(best_loss)
        better = busy & (loss < best_loss * (1 - TOLERANCE))
        if better.any():
            for kept, now in zip(best, stack.weights(), strict=True):
                kept[better] = now[better]
        best_loss[better] = loss[better]
        best_loss[busy & ~np.isfinite(loss)] = np.nan
        epochs += busy
        stale = np.where(better, 0, stale + 1)
        if not busy.any():
            break
    names = [f"{letter}{k}" for k in range(len(hidden) + 1) for letter in "wb"]
    return [
        Trained({name: part[g].copy() for name, part in zip(names, best, strict=True)}, *end)
        for g, end in enumerate(zip(best_loss.tolist(), epochs.tolist(), strict=True))
    ]


def _batches(orders: Sequence[NDArray[np.int64]], schedule: Schedule) -> tuple[NDArray[np.int32], Singles]:
    """Rows ``(S, B, G)`` of an epoch's steps, numbered within their lesson, and whether they count."""
    size = schedule.batch_size
    steps = -(-len(orders[0]) // size)
    picks = np.zeros((steps * size, len(orders)), dtype=np.int32)
    counts = np.zeros(picks.shape, dtype=np.float32)
    for g, order in enumerate(orders):
        picks[: len(order), g] = order
        counts[: len(order), g] = 1.0
    return picks.reshape(steps, size, -1), counts.reshape(steps, size, -1)
