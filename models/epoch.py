"""One training epoch of many groups as one compiled call."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.dense import Layout
from models.lazy_tensorflow import load_tensorflow

Singles = NDArray[np.float32]
Epoch = Callable[..., tuple[Any, ...]]

# Adam (Kingma & Ba 2015) with its usual constants.
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-7


class Network(Protocol):
    """What the stacked trainer must know of a network; hashable, as compiled epochs are kept by it."""

    def __hash__(self) -> int:
        """Equal for networks of the same shape and constants."""

    @property
    def layout(self) -> Layout:
        """Names and shapes of the parameters."""

    def initial(self, random: np.random.Generator, rows: Singles) -> Singles:
        """First parameters ``(size,)`` of one group with these training rows."""

    def row_losses(self, tf: Any, parameters: Any, rows: Any) -> Any:
        """Loss ``(G, B)`` of rows ``(G, B, p)`` under parameters ``(G, size)``, in tensorflow."""


@lru_cache(maxsize=64)
def epoch_of(network: Network, compiled: bool) -> Epoch:
    """The epoch function of a network; compiled by XLA once per shape, or run step by step.

    Called as ``epoch(parameters, moment1, moment2, steps, active, rows, picks, train_end,
    end, learning_rate)`` and returns the first four anew plus sums and counts of losses.

    parameters, moment1, moment2 : (G, size) float32
        State of all groups.
    steps : (G,) float32
        Optimiser steps each group has made.
    active : (G,) bool
        Groups that still train; the others pass through untouched.
    rows : (G, T, p) float32
        Training and held-out rows, padded.
    picks : (S, G, B) int32
        Row numbers of batch s, -1 for none; batches below ``train_end`` train, those
        from there to ``end`` are only measured, with the parameters after training.
    """
    tf = load_tensorflow()

    def batch(rows: Any, picks: Any, number: Any) -> tuple[Any, Any, Any]:
        chosen = picks[number]
        weight = tf.cast(chosen >= 0, tf.float32)
        return tf.gather(rows, tf.maximum(chosen, 0), batch_dims=1), weight, tf.reduce_sum(weight, axis=1)

    def epoch(
        parameters: Any,
        moment1: Any,
        moment2: Any,
        steps: Any,
        active: Any,
        rows: Any,
        picks: Any,
        train_end: Any,
        end: Any,
        learning_rate: Any,
    ) -> tuple[Any, ...]:
        def train(
            number: Any, parameters: Any, moment1: Any, moment2: Any, steps: Any, total: Any, count: Any
        ) -> tuple[Any, ...]:
            x, weight, filled = batch(rows, picks, number)
            with tf.GradientTape() as tape:
                tape.watch(parameters)
                # Groups share no parameter, so the gradient of the sum is each group's own.
                loss = tf.reduce_sum(weight * network.row_losses(tf, parameters, x), axis=1)
                mean = loss / tf.maximum(filled, 1.0)
            gradient = tape.gradient(mean, parameters)
            # A group shorter than its neighbours makes no step on an empty batch.
            moves = tf.logical_and(active, filled > 0)
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
                count + filled,
            )

        def measure(number: Any, total: Any, count: Any) -> tuple[Any, ...]:
            x, weight, filled = batch(rows, picks, number)
            loss = tf.reduce_sum(weight * network.row_losses(tf, parameters, x), axis=1)
            return number + 1, total + loss, count + filled

        zero = tf.zeros_like(steps)
        _, parameters, moment1, moment2, steps, train_total, train_count = tf.while_loop(
            lambda number, *_: number < train_end,
            train,
            (tf.zeros_like(train_end), parameters, moment1, moment2, steps, zero, zero),
        )
        _, held_total, held_count = tf.while_loop(
            lambda number, *_: number < end, measure, (train_end, zero, zero)
        )
        return parameters, moment1, moment2, steps, train_total, train_count, held_total, held_count

    return tf.function(epoch, jit_compile=True) if compiled else epoch
