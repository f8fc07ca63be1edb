"""Many groups of the same shape trained as one stacked network.

One optimiser step moves all groups of a slab. Each group has a lane of its own: its
batches (drawn from its own seed), its number of steps, its early stopping and its best
weights, so the result is that of training it alone, up to float32 rounding. A lane
whose group is done is given to the next one; rows of unequal length are padded inside
length buckets, which bounds both wasted memory and the number of compiled shapes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.epoch import Network, epoch_of
from models.lanes import Job, Lanes, Schedule

Singles = NDArray[np.float32]
Progress = Callable[[int, int, float], None]

LANE_COUNTS = (1, 2, 4, 8, 16, 32)
"""Slab widths; wider gains nothing more (measured) and costs memory."""
SLAB_BYTES = 256 * 2**20
"""Most memory the rows of one slab may take."""
COMPILE_FROM_STEPS = 150
"""Fewer optimiser steps than this run uncompiled: compiling takes as long as they do."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """Best parameters of one group, their loss and the epochs it took.

    `loss` is NaN when the training diverged.
    """

    parameters: Singles
    loss: float
    epochs: int


def train_stacked(
    network: Network, jobs: Sequence[Job], schedule: Schedule, *, progress: Progress | None = None
) -> Iterator[tuple[int, Fitted]]:
    """Train all jobs and yield ``(position of the job, result)`` as each one finishes.

    Between two epochs nothing is half done: an interrupt there loses only the groups
    not yet yielded.

    Parameters
    ----------
    progress : callable, optional
        Called after every epoch with jobs done, jobs in all, mean loss of the slab.
    """
    buckets: dict[tuple[int, int], list[int]] = {}
    size = schedule.batch_size
    for i, job in enumerate(jobs):
        lengths = (_bucket(_steps(len(job.rows), size)), _bucket(_steps(len(job.held_out), size)))
        buckets.setdefault(lengths, []).append(i)
    done = 0
    for lengths in sorted(buckets):
        order = sorted(buckets[lengths], key=lambda i: len(jobs[i].rows))
        for i, result in _train_bucket(network, jobs, order, schedule, lengths, done, progress):
            done += 1
            yield i, result


def _train_bucket(
    network: Network,
    jobs: Sequence[Job],
    order: Sequence[int],
    schedule: Schedule,
    lengths: tuple[int, int],
    done: int,
    progress: Progress | None,
) -> Iterator[tuple[int, Fitted]]:
    waiting = deque(order)
    width = jobs[order[0]].rows.shape[1]
    row_bytes = sum(lengths) * schedule.batch_size * width * 4
    most = max(1, SLAB_BYTES // row_bytes)
    steps = lengths[0] * schedule.epochs
    epoch = epoch_of(network, compiled=steps >= COMPILE_FROM_STEPS)
    lanes = Lanes.none(network, sum(lengths) * schedule.batch_size, width)
    while waiting or lanes.busy:
        count = _lane_count(lanes.busy + len(waiting), most)
        # Moving groups between lanes copies all rows: worth it for a quarter of the lanes.
        if lanes.busy == 0 or (waiting and lanes.idle * 4 >= lanes.count) or count * 4 <= lanes.count:
            lanes = lanes.refilled(count, waiting, jobs)
        losses = lanes.run(epoch, lengths, schedule)
        for i, parameters, loss, epochs in lanes.finished(schedule):
            done += 1
            yield i, Fitted(parameters, loss, epochs)
        if progress is not None:
            progress(done, len(jobs), losses)


def _steps(rows: int, batch_size: int) -> int:
    return -(-rows // batch_size)


def _lane_count(wanted: int, most: int) -> int:
    """Least slab width that holds `wanted` groups, else the greatest; never above `most`.

    >>> [_lane_count(n, 32) for n in (1, 3, 9, 31, 500)], _lane_count(9, 7)
    ([1, 4, 16, 32, 32], 4)
    """
    allowed = [count for count in LANE_COUNTS if count <= most]
    return next((count for count in allowed if count >= wanted), allowed[-1])


def _bucket(steps: int) -> int:
    """Length bucket of a number of batches: powers of two and one step between.

    >>> [_bucket(n) for n in (0, 1, 3, 5, 7, 13, 33)]
    [0, 1, 3, 6, 8, 16, 48]
    """
    if steps <= 2:
        return steps
    power = 1 << (steps - 1).bit_length()
    return power * 3 // 4 if steps <= power * 3 // 4 else power
