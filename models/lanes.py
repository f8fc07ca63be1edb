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
Run = tuple[Any, Any, Any]
"""Batches ``(RUN, G, B, p)``, rows in each ``(RUN, G)`` and batches to go through, as tensors."""

IDLE = -1
RUN = 32
"""Batches a compiled call goes through: all lengths are runs of this many, so one shape serves them."""
_NO_ROWS = np.empty(0, dtype=np.int64)


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
    trimmed : float
        Share of each batch, its worst rows, that count no more than the best of them: lots
        under 1 % defects still contain bad shots, which must not be learned.
    """

    epochs: int = 200
    patience: int = 20
    batch_size: int = 64
    learning_rate: float = 3e-3
    tolerance: float = 1e-4
    trimmed: float = 0.0


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
    The rows of all lanes lie one after the other in ``rows``, unpadded; a row of zeros
    at the end stands for "none". ``held_out`` are batches as `run` makes them, fixed.
    """

    network: Network
    owner: NDArray[np.int64]
    epochs: NDArray[np.int64]
    stale: NDArray[np.int64]
    best_loss: NDArray[np.float64]
    best: Singles
    state: list[Any]
    rows: Singles
    lengths: NDArray[np.int64]
    random: list[np.random.Generator]
    held_out: list[Run]

    @classmethod
    def none(cls, network: Network) -> Lanes:
        """No lanes yet."""
        whole, size = np.empty(0, dtype=np.int64), network.layout.size
        empty = np.empty((0, size), dtype=np.float32)
        state = [empty, empty, empty, np.empty(0, dtype=np.float32)]
        lengths = np.empty((0, 2), dtype=np.int64)
        return cls(network, whole, whole, whole, np.empty(0), empty, list(state), empty, lengths, [], [])

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

    def refilled(self, count: int, waiting: deque[int], jobs: Sequence[Job], batch_size: int) -> Lanes:
        """`count` lanes: the busy ones as they are, the rest taken from `waiting`."""
        kept = np.flatnonzero(self.owner != IDLE)

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
            rows=self.rows,
            lengths=grown(self.lengths, 0),
            random=[self.random[g] for g in kept],
            held_out=[],
        )
        for g in range(len(kept), count):
            if not waiting:
                new.random.append(np.random.default_rng(0))
                continue
            new.owner[g] = waiting.popleft()
            job = jobs[new.owner[g]]
            new.lengths[g] = len(job.rows), len(job.held_out)
            new.random.append(np.random.default_rng(job.seed))
            start = self.network.initial(new.random[g], job.rows)
            new.state[0][g] = new.best[g] = start if job.start is None else job.start
        busy = [jobs[owner] for owner in new.owner if owner != IDLE]
        nothing = np.zeros((1, busy[0].rows.shape[1]), dtype=np.float32)
        new.rows = np.concatenate([part for job in busy for part in (job.rows, job.held_out)] + [nothing])
        in_order = [np.arange(train, train + held) for train, held in new.lengths]
        new.held_out = list(new._runs(in_order, batch_size))
        return new

    def run(self, epoch: Epoch, schedule: Schedule) -> float:
        """Run one epoch, remember the best weights; returns the mean loss of the busy lanes."""
        busy = self.owner != IDLE
        tf = load_tensorflow()
        orders = [
            random.permutation(train) if owner != IDLE else _NO_ROWS
            for random, (train, _), owner in zip(self.random, self.lengths, self.owner, strict=True)
        ]
        state = [tf.convert_to_tensor(part) for part in self.state]
        rate = tf.convert_to_tensor(np.float32(schedule.learning_rate))
        trained: Any = 0.0
        for run in self._runs(orders, schedule.batch_size):
            *state, losses = epoch.train(*state, *run, rate)
            trained = trained + losses
        self.state = state
        held: Any = np.zeros(self.count, dtype=np.float32)
        for run in self.held_out:
            held = held + epoch.measure(state[0], *run)
        decides = self.lengths[:, 1] > 0
        total = np.where(decides, np.asarray(held), np.asarray(trained)).astype(np.float64)
        loss = total / np.maximum(np.where(decides, self.lengths[:, 1], self.lengths[:, 0]), 1)
        better = busy & (loss < self.best_loss * (1 - schedule.tolerance))
        if better.any():
            self.best[better] = np.asarray(state[0])[better]
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

    def _runs(self, orders: Sequence[NDArray[np.int64]], size: int) -> Iterator[Run]:
        """Batches of the lanes' rows in these orders, in runs of `RUN` batches."""
        tf = load_tensorflow()
        counts = np.array([len(order) for order in orders])
        steps = -(-int(counts.max()) // size)
        runs = -(-steps // RUN)
        none = len(self.rows) - 1
        picks = np.full((runs * RUN, self.count, size), none)
        first = np.cumsum(self.lengths.sum(axis=1)) - self.lengths.sum(axis=1)
        for g, order in enumerate(orders):
            lane = np.full(runs * RUN * size, none)
            lane[: len(order)] = order + first[g]
            picks[:, g] = lane.reshape(-1, size)
        filled = np.clip(counts - np.arange(runs * RUN)[:, None] * size, 0, size).astype(np.float32)
        for start in range(0, steps, RUN):
            part = slice(start, start + RUN)
            batches = tf.convert_to_tensor(self.rows.take(picks[part], axis=0))
            end = tf.convert_to_tensor(np.int32(min(RUN, steps - start)))
            yield batches, tf.convert_to_tensor(filled[part]), end
