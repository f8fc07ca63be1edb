"""Many dense networks as one Keras model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.lazy_tensorflow import load_tensorflow

Singles = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one network learns from.

    Attributes
    ----------
    rows, target : (n, d), (n,) float32
        To learn from, n at least 1.
    later_rows, later_target : (m, d), (m,) float32
        Their loss decides when to stop; that of `rows` does where m is 0.
    seed : int
        Of first weights and batches.
    """

    rows: Singles
    target: Singles
    later_rows: Singles
    later_target: Singles
    seed: int


class Stack:
    """G networks of one shape, an optimiser step of all of them at once.

    The layers of the Keras model hold one matrix a network (EinsumDense), and Adam treats
    every weight on its own: no network knows of the others.

    Parameters
    ----------
    lessons : sequence of Lesson
        One a network.
    widths : sequence of int
        Of all layers, inputs to output.
    learning_rate : float
        Step size of Adam.
    """

    def __init__(self, lessons: Sequence[Lesson], widths: Sequence[int], learning_rate: float) -> None:
        self._tf = load_tensorflow()
        self._model, self._adam = _keras_model(lessons, widths, learning_rate)
        self._rows, self._target, self._first = self._side_by_side([(x.rows, x.target) for x in lessons])
        # Where nothing is kept for stopping, the rows learnt from decide.
        decide = [
            (x.later_rows, x.later_target) if len(x.later_rows) else (x.rows, x.target) for x in lessons
        ]
        self._later = self._whole(decide)
        self._run = self._tf.function(self._epoch, autograph=False, reduce_retracing=True)

    def weights(self) -> list[Singles]:
        """Present ``w0, b0, ...``: ``(G, in, out)`` and ``(G, out)`` in turn."""
        return [variable.numpy().copy() for variable in self._model.trainable_variables]

    def epoch(self, picks: NDArray[np.int32], counts: Singles) -> NDArray[np.float64]:
        """Train on batches ``(S, B, G)`` of rows, numbered within their lesson.

        Returns the mean squared error ``(G,)``, afterwards, of the rows that decide when to stop.
        """
        tf = self._tf
        loss = self._run(tf.constant(picks + self._first), tf.constant(counts))
        return np.asarray(loss.numpy(), dtype=np.float64)

    def _epoch(self, picks: Any, counts: Any) -> Any:
        tf = self._tf

        def step(number: Any) -> Any:
            with tf.GradientTape() as tape:
                x, y = tf.gather(self._rows, picks[number]), tf.gather(self._target, picks[number])
                # Networks share no weight, so the gradient of the sum is each one's own.
                total = tf.reduce_sum(self._losses(x, y, counts[number]))
            variables = self._model.trainable_variables
            self._adam.apply(tape.gradient(total, variables), variables)
            return (number + 1,)

        end = tf.shape(picks)[0]
        tf.while_loop(lambda number: number < end, step, (tf.constant(0),))
        return self._losses(*self._later)

    def _losses(self, x: Any, y: Any, counts: Any) -> Any:
        """Mean squared error ``(G,)`` of rows ``(B, G, d)``, those that count 0 left out."""
        tf = self._tf
        apart = tf.square(self._model(x, training=True)[:, :, 0] - y)
        return tf.reduce_sum(counts * apart, axis=0) / tf.reduce_sum(counts, axis=0)

    def _side_by_side(self, parts: Sequence[tuple[Singles, Singles]]) -> tuple[Any, Any, NDArray[np.int32]]:
        """All lessons' rows and targets one after the other, and where each lesson begins."""
        lengths = np.array([len(y) for _, y in parts])
        first = (np.cumsum(lengths) - lengths).astype(np.int32)
        x, y = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
        return self._tf.constant(x), self._tf.constant(y), first

    def _whole(self, parts: Sequence[tuple[Singles, Singles]]) -> tuple[Any, Any, Any]:
        """Rows ``(M, G, d)``, targets and whether they count ``(M, G)``, filled up with rows that do not."""
        tf, most = self._tf, max(len(y) for _, y in parts)
        rows = np.zeros((most, len(parts), parts[0][0].shape[1]), dtype=np.float32)
        target, counts = np.zeros((2, *rows.shape[:2]), dtype=np.float32)
        for g, (x, y) in enumerate(parts):
            rows[: len(y), g], target[: len(y), g], counts[: len(y), g] = x, y, 1.0
        return tf.constant(rows), tf.constant(target), tf.constant(counts)


def _keras_model(lessons: Sequence[Lesson], widths: Sequence[int], learning_rate: float) -> tuple[Any, Any]:
    """The model and its optimiser, first weights drawn from each lesson's own seed."""
    import keras

    model = keras.Sequential([keras.Input((len(lessons), widths[0]))])
    for k, width in enumerate(widths[1:], 1):
        activation = "relu" if k < len(widths) - 1 else None
        layer = keras.layers.EinsumDense(
            "ngi,gio->ngo", (len(lessons), width), activation=activation, bias_axes="go"
        )
        model.add(layer)
        seeds = [np.random.default_rng((lesson.seed, k)).integers(2**31) for lesson in lessons]
        glorot = [
            keras.initializers.GlorotUniform(int(seed))((widths[k - 1], width)).numpy() for seed in seeds
        ]
        layer.set_weights([np.stack(glorot), np.zeros((len(lessons), width), dtype=np.float32)])
    adam = keras.optimizers.Adam(learning_rate)
    adam.build(model.trainable_variables)
    return model, adam
