"""Optimiser steps of many groups as one compiled call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.dense import Layout
from models.lazy_tensorflow import load_tensorflow

Singles = NDArray[np.float32]

# Adam (Kingma & Ba 2015) with its usual constants.
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-7


class Network(Protocol):
    """What the stacked trainer must know of a network; hashable, as compiled steps are kept by it."""

    def __hash__(self) -> int:
        """Equal for networks of the same shape and constants."""

    @property
    def layout(self) -> Layout:
        """Names and shapes of the parameters."""

    def initial(self, random: np.random.Generator, rows: Singles) -> Singles:
        """First parameters ``(size,)`` of one group with these training rows."""

    def row_losses(self, tf: Any, parameters: Any, rows: Any) -> Any:
        """Loss ``(G, B)`` of rows ``(G, B, p)`` under parameters ``(G, size)``, in tensorflow."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """The two halves of an epoch, each over a run of ``C`` batches of all groups.

    Attributes
    ----------
    train : callable
        ``train(parameters, moment1, moment2, steps, batches, filled, end, learning_rate)``
        gives the first four anew and the sums of losses ``(G,)``.
    measure : callable
        ``measure(parameters, batches, filled, end)`` gives the sums of losses ``(G,)``.

    Notes
    -----
    parameters, moment1, moment2 : (G, size) float32
        State of all groups.
    steps : (G,) float32
        Optimiser steps each group has made.
    batches : (C, G, B, p) float32
        Rows; those past ``filled`` are read but do not count.
    filled : (C, G) float32
        Rows in each batch. A group makes no step on an empty one.
    end : int
        Batches to go through, at most C: how many there are is no part of the compiled
        shape, so groups of any length share one compilation.
    """

    train: Callable[..., tuple[Any, ...]]
    measure: Callable[..., Any]


@lru_cache(maxsize=64)
def epoch_of(network: Network, compiled: bool, trimmed: float = 0.0) -> Epoch:
    """The epoch of a network; compiled by XLA once per shape, or run step by step.

    `trimmed` as in `models.lanes.Schedule`.
    """
    tf = load_tensorflow()

    def losses(parameters: Any, x: Any, filled: Any) -> Any:
        counts = tf.sequence_mask(tf.cast(filled, tf.int32), x.shape[1], dtype=tf.float32)
        each = network.row_losses(tf, parameters, x)
        if trimmed > 0:
            each = tf.minimum(each, _most(tf, each, counts, filled, trimmed))
        return tf.reduce_sum(counts * each, axis=1)

    def train(
        parameters: Any,
        moment1: Any,
        moment2: Any,
        steps: Any,
        batches: Any,
        filled: Any,
        end: Any,
        learning_rate: Any,
    ) -> tuple[Any, ...]:
        def step(
            number: Any, parameters: Any, moment1: Any, moment2: Any, steps: Any, total: Any
        ) -> tuple[Any, ...]:
            rows = filled[number]
            with tf.GradientTape() as tape:
                tape.watch(parameters)
                # Groups share no parameter, so the gradient of the sum is each group's own.
                loss = losses(parameters, batches[number], rows)
                mean = loss / tf.maximum(rows, 1.0)
            gradient = tape.gradient(mean, parameters)
            # A group shorter than its neighbours makes no step on an empty batch.
            moves = rows > 0
            steps = steps + tf.cast(moves, tf.float32)
            new1 = BETA1 * moment1 + (1 - BETA1) * gradient
            new2 = BETA2 * moment2 + (1 - BETA2) * gradient * gradient
            rate = learning_rate * tf.sqrt(1 - BETA2**steps) / (1 - BETA1**steps)
            moved = parameters - rate[:, None] * new1 / (tf.sqrt(new2) + EPSILON)
            chosen = moves[:, None]
            return (
                number + 1,
                tf.where(chosen, moved, parameters),
                tf.where(chosen, new1, moment1),
                tf.where(chosen, new2, moment2),
                steps,
                total + loss,
            )

        start = (tf.zeros_like(end), parameters, moment1, moment2, steps, tf.zeros_like(steps))
        return tuple(tf.while_loop(lambda number, *_: number < end, step, start)[1:])

    def measure(parameters: Any, batches: Any, filled: Any, end: Any) -> Any:
        def step(number: Any, total: Any) -> tuple[Any, Any]:
            return number + 1, total + losses(parameters, batches[number], filled[number])

        start = (tf.zeros_like(end), tf.zeros_like(filled[0]))
        return tf.while_loop(lambda number, *_: number < end, step, start)[1]

    if not compiled:
        return Epoch(train, measure)
    return Epoch(_compiled(tf, train), _compiled(tf, measure))


def _most(tf: Any, each: Any, counts: Any, filled: Any, trimmed: float) -> Any:
    """The loss ``(G, 1)`` that the worst rows of each batch count at most: that of the first trimmed."""
    in_order = tf.sort(tf.where(counts > 0, each, each.dtype.max), axis=1)
    first = tf.cast(tf.math.ceil((1.0 - trimmed) * filled), tf.int32)
    last = tf.maximum(tf.cast(filled, tf.int32) - 1, 0)
    found = tf.gather(in_order, tf.minimum(first, last)[:, None], axis=1, batch_dims=1)
    return tf.stop_gradient(found)


def _compiled(tf: Any, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function compiled by XLA for every shape that it is called with.

    tensorflow's own way of finding the compilation that fits costs more than a run of
    batches (a millisecond), and holds up the other slabs.
    """
    traced = tf.function(function, jit_compile=True, autograph=False)
    known: dict[tuple[int, ...], Callable[..., Any]] = {}

    def call(parameters: Any, *rest: Any) -> Any:
        shapes = tuple(size for part in (parameters, *rest) for size in part.shape)
        if shapes not in known:
            known[shapes] = traced.get_concrete_function(parameters, *rest)
        return known[shapes](parameters, *rest)

    return call
