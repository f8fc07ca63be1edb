"""The lanes of a slab: whose group trains in which row of the stacked arrays, and how far it is."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.epoch import Epoch, Network
from models.lazy_tensorflow import load_tensorflow

Singles = NDArray[np.float32]
IDLE = -1


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast to train.

    Attributes
    ----------
    epochs : int
        Most epochs.
    patience : int
        Stop after this many epochs without a better loss.
    batch_size : int
        Rows a step.
    learning_rate : float
        Step size of Adam.
    tolerance : float
        A loss is better when below the best one by this share; keeps a group from
        training on for gains that rounding could make.
    """

    epochs: int = 200
    patience: int = 20
    batch_size: int = 64
    learning_rate: float = 3e-3
    tolerance: float = 1e-4


@dataclass(frozen=True, slots=True)
class Job:
    """One group to be trained.

    Attributes
    ----------
    rows : (n, p) float32
        Training rows, n >= 1.
    held_out : (m, p) float32
        Rows whose loss decides when to stop; the training loss does where m = 0.
    seed : int
        Everything random about this group follows from it.
    start : (size,) float32 or None
        Parameters to go on from; None takes the network's own first ones.
    """

    rows: Singles
    held_out: Singles
    seed: int
    start: Singles | None = None


@dataclass(slots=True)
class Lanes:
    """State of one slab; row g of every array belongs to the job ``owner[g]``.

    ``best`` holds each lane's parameters at its best loss, ``stale`` the epochs since.
    """

    network: Network
    owner: NDArray[np.int64]
    epochs: NDArray[np.int64]
    stale: NDArray[np.int64]
    best_loss: NDArray[np.float64]
    best: Singles
    state: list[Any]
    rows: Any
    lengths: NDArray[np.int64]
    random: list[np.random.Generator]

    @classmethod
    def none(cls, network: Network, padded: int, width: int) -> Lanes:
        """No lanes yet, for rows padded to ``(padded, width)``."""
        whole, size = np.empty(0, dtype=np.int64), network.layout.size
        empty = np.empty((0, size), dtype=np.float32)
        state = [empty, empty, empty, np.empty(0, dtype=np.float32)]
        rows = np.empty((0, padded, width), dtype=np.float32)
        lengths = np.empty((0, 2), dtype=np.int64)
        return cls(network, whole, whole, whole, np.empty(0), empty, list(state), rows, lengths, [])

    @property
    def count(self) -> int:
        """Lanes, busy or not."""
        return len(self.owner)

    @property
    def busy(self) -> int:
        """Lanes whose group still trains."""
        return int((self.owner != IDLE).sum())

    @property
    def idle(self) -> int:
        """Lanes free for another group."""
        return self.count - self.busy

    def refilled(self, count: int, waiting: deque[int], jobs: Sequence[Job]) -> Lanes:
        """`count` lanes: the busy ones as they are, the rest taken from `waiting`."""
        kept = np.flatnonzero(self.owner != IDLE)
        _, padded, width = self.rows.shape
        rows = np.zeros((count, padded, width), dtype=np.float32)
        rows[: len(kept)] = np.asarray(self.rows)[kept]

        def grown(old: NDArray[Any], fill: float) -> NDArray[Any]:
            new = np.full((count, *old.shape[1:]), fill, dtype=old.dtype)
            new[: len(kept)] = old[kept]
            return new

        new = Lanes(
            network=self.network,
            owner=grown(self.owner, IDLE),
            epochs=grown(self.epochs, 0),
            stale=grown(self.stale, 0),
            best_loss=grown(self.best_loss, np.inf),
            best=grown(self.best, 0),
            state=[grown(np.asarray(part), 0) for part in self.state],
            rows=rows,
            lengths=grown(self.lengths, 0),
            random=[self.random[g] for g in kept],
        )
        for g in range(len(kept), count):
            if not waiting:
                new.random.append(np.random.default_rng(0))
                continue
            new.owner[g] = waiting.popleft()
            job = jobs[new.owner[g]]
            train, held = len(job.rows), len(job.held_out)
            rows[g, :train], rows[g, train : train + held] = job.rows, job.held_out
            new.lengths[g] = train, held
            new.random.append(np.random.default_rng(job.seed))
            start = self.network.initial(new.random[g], job.rows)
            new.state[0][g] = new.best[g] = start if job.start is None else job.start
        new.rows = load_tensorflow().convert_to_tensor(rows)  # once, not once an epoch
        return new

    def run(self, epoch: Epoch, lengths: tuple[int, int], schedule: Schedule) -> float:
        """Run one epoch, remember the best weights; returns the mean loss of the busy lanes."""
        busy = self.owner != IDLE
        picks, train_end, end = self._picks(lengths, schedule.batch_size)
        rate = np.float32(schedule.learning_rate)
        tf = load_tensorflow()
        inputs = (busy, self.rows, picks, np.int32(train_end), np.int32(end), rate)
        *state, train_total, train_count, held_total, held_count = epoch(
            *map(tf.convert_to_tensor, (*self.state, *inputs))
        )
        self.state = state
        held = np.asarray(held_count) > 0
        total = np.where(held, np.asarray(held_total), np.asarray(train_total)).astype(np.float64)
        count = np.where(held, np.asarray(held_count), np.asarray(train_count))
        loss = total / np.maximum(count, 1)
        better = busy & (loss < self.best_loss * (1 - schedule.tolerance))
        self.best = np.where(better[:, None], np.asarray(state[0]), self.best)
        self.best_loss = np.where(better, loss, self.best_loss)
        self.best_loss[busy & ~np.isfinite(loss)] = np.nan
        self.stale = np.where(better, 0, self.stale + 1)
        self.epochs += 1
        return float(loss[busy].mean())

    def finished(self, schedule: Schedule) -> Iterator[tuple[int, Singles, float, int]]:
        """Take out the lanes that are done: ``(job, best parameters, best loss, epochs)`` each."""
        over = (self.stale >= schedule.patience) | (self.epochs >= schedule.epochs)
        over |= np.isnan(self.best_loss)
        for g in np.flatnonzero(over & (self.owner != IDLE)):
            job = int(self.owner[g])
            self.owner[g] = IDLE
            yield job, self.best[g].copy(), float(self.best_loss[g]), int(self.epochs[g])

    def _picks(self, lengths: tuple[int, int], size: int) -> tuple[NDArray[np.int32], int, int]:
        """Row numbers of every batch ``(S, G, B)``: each group's rows in its own new order."""
        train_steps, held_steps = (-(-self.lengths // size)).max(axis=0)
        picks = np.full((self.count, sum(lengths) * size), IDLE, dtype=np.int32)
        first_held = train_steps * size
        for g in np.flatnonzero(self.owner != IDLE):
            train, held = self.lengths[g]
            picks[g, :train] = self.random[g].permutation(train)
            picks[g, first_held : first_held + held] = np.arange(train, train + held)
        batches = picks.reshape(self.count, sum(lengths), size).transpose(1, 0, 2)
        return np.ascontiguousarray(batches), int(train_steps), int(train_steps + held_steps)
