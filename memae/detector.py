"""The memory-augmented autoencoder as a scikit-learn estimator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memae.health import measure_health
from memae.network import MemoryNetwork
from models.detector import Progress, Task
from models.reconstruction import Floats, ReconstructionDetector
from models.stacked import Fitted, train_stacked

TRAINED_TOGETHER = 256
"""Groups warmed up and trained before the next ones start, so that an interrupt loses few."""


class MemAE(ReconstructionDetector):
    """Memory-augmented autoencoder (Gong et al. 2019), for groups with many shots.

    An autoencoder without memory is warmed up first; codes of its training rows become
    the slots; then all parameters train together. Ask `refusal` before letting it judge:
    a memory can collapse and still look good by its scores.

    Parameters
    ----------
    hidden : sequence of int
        Widths from the first hidden layer to the bottleneck.
    slots : int
        Slots of the memory, N.
    temperature : float
        Factor on the cosines before the softmax; 1 is the paper's and collapses.
    shrinkage : float or None
        Addresses up to this become zero; None means ``1 / slots``.
    entropy_weight : float
        Weight of the addresses' entropy in the loss; above 0 at one's own risk.
    warm_up : int
        Epochs without memory.
    epochs, patience, batch_size, learning_rate, trimmed, contamination, random_state
        As for `models.autoencoder.AutoEncoder`.

    Attributes
    ----------
    weights_ : dict of str to float32 array
        ``w0, b0, ..., wL, bL`` of encoder and decoder, ``memory`` (N, z). `export` adds
        ``temperature`` and ``shrink``, both (), and ``residual_weight``.
    health_ : memae.health.MemoryHealth
        State of the memory on the training rows.
    loss_, n_iter_, offset_, n_features_in_
        As for `models.autoencoder.AutoEncoder`; `n_iter_` counts after the warm-up.
    """

    def __init__(
        self,
        hidden: Sequence[int] = (32, 3),
        *,
        slots: int = 50,
        temperature: float = 10.0,
        shrinkage: float | None = None,
        entropy_weight: float = 0.0,
        warm_up: int = 20,
        epochs: int = 200,
        patience: int = 20,
        batch_size: int = 64,
        learning_rate: float = 3e-3,
        trimmed: float = 0.05,
        contamination: float = 0.1,
        random_state: Any = None,
    ) -> None:
        self.hidden = hidden
        self.slots = slots
        self.temperature = temperature
        self.shrinkage = shrinkage
        self.entropy_weight = entropy_weight
        self.warm_up = warm_up
        self.epochs = epochs
        self.patience = patience
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.trimmed = trimmed
        self.contamination = contamination
        self.random_state = random_state

    def export(self) -> dict[str, NDArray[Any]]:
        """The weights as float32 arrays, copied; see the class for their names."""
        network = self._network(getattr(self, "n_features_in_", 1))
        return {
            **super().export(),
            "temperature": np.array(network.temperature, dtype=np.float32),
            "shrink": np.array(network.shrink, dtype=np.float32),
        }

    def refusal(self) -> str | None:
        """Why this detector must not judge, or None."""
        return super().refusal() or self.health_.refusal()

    def record(self) -> Mapping[str, float]:
        """Best loss, epochs, and the memory's health."""
        return {**super().record(), **asdict(self.health_)}

    def _adopt(self, fitted: Fitted, rows: Floats, residual_weight: NDArray[Any] | None = None) -> None:
        super()._adopt(fitted, rows, residual_weight)
        network, x = self._network(rows.shape[1]), rows.astype(np.float32)
        self.health_ = measure_health(
            x,
            network.reconstruct(self.weights_, x),
            network.addresses(self.weights_, x),
            network.dense.hidden[-1],
        )

    def _network(self, inputs: int) -> MemoryNetwork:
        shrink = 1.0 / self.slots if self.shrinkage is None else self.shrinkage
        return MemoryNetwork(self._dense(inputs), self.slots, self.temperature, shrink, self.entropy_weight)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if self.slots < 1 or not self.temperature > 0 or self.warm_up < 0:
            msg = (
                "expected slots >= 1, temperature > 0 and warm_up >= 0, got "
                f"{self.slots!r}, {self.temperature!r} and {self.warm_up!r}"
            )
            raise ValueError(msg)

    @classmethod
    def _train(
        cls, pairs: Sequence[tuple[MemAE, Task]], progress: Progress | None
    ) -> Iterator[tuple[int, Fitted]]:
        first, task = pairs[0]
        network, schedule = first._network(task.rows.shape[1]), first._schedule()
        for begin in range(0, len(pairs), TRAINED_TOGETHER):
            jobs = [detector._job(task) for detector, task in pairs[begin : begin + TRAINED_TOGETHER]]
            if first.warm_up:
                plain = replace(schedule, epochs=first.warm_up, patience=first.warm_up)
                # Nothing stops a warm-up early, so there is nothing to measure.
                warming = [replace(job, held_out=job.held_out[:0]) for job in jobs]
                for i, warm in train_stacked(network.dense, warming, plain):
                    random = np.random.default_rng([jobs[i].seed, 1])
                    start = network.with_slots(warm.parameters, random, jobs[i].rows)
                    jobs[i] = replace(jobs[i], start=start)

            def overall(done: int, _: int, loss: float, begin: int = begin) -> None:
                if progress is not None:
                    progress(begin + done, len(pairs), loss)

            for i, fitted in train_stacked(network, jobs, schedule, progress=overall):
                yield begin + i, fitted

    @classmethod
    def _parameters_in(cls, weights: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
        return {
            **super()._parameters_in(weights),
            "slots": len(weights["memory"]),
            "temperature": float(weights["temperature"]),
            "shrinkage": float(weights["shrink"]),
        }
