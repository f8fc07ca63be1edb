"""Many groups of the same shape trained as one stacked network.

One optimiser step moves all groups of a slab. Each group has a lane of its own: its
batches (drawn from its own seed), its number of steps, its early stopping and its best
weights, so the result is that of training it alone, up to float32 rounding. A lane
whose group is done is given to the next one. Groups are taken by length, so that
neighbours are about equally long. Slabs train side by side, one a processor: XLA keeps
but one processor busy with matrices this small.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.epoch import Network, epoch_of
from models.lanes import Job, Lanes, Schedule

Singles = NDArray[np.float32]
Progress = Callable[[int, int, float], None]

LANE_COUNTS = (1, 2, 4, 8)
"""Slab widths; wider gains nothing more (measured), costs memory and leaves more lanes idle at the end."""
MOST_SLABS = 8
"""More would wait for each other: Python itself, which shuffles the rows, runs on one processor."""
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
        Called after every epoch and every group with jobs done, jobs in all, mean loss of
        the groups in training.
    """
    if not jobs:
        return
    size = schedule.batch_size
    waiting = deque(sorted(range(len(jobs)), key=lambda i: len(jobs[i].rows), reverse=True))
    steps = max(_steps(len(job.rows), size) for job in jobs)
    held_steps = max(_steps(len(job.held_out), size) for job in jobs)
    lane_bytes = (steps + held_steps) * size * jobs[0].rows.shape[1] * 4
    compiled = steps * schedule.epochs >= COMPILE_FROM_STEPS
    epoch = epoch_of(network, compiled=compiled, trimmed=schedule.trimmed)
    processors = min(_processors(), MOST_SLABS)
    count = _lane_count(-(-len(jobs) // processors), max(1, SLAB_BYTES // lane_bytes))
    slabs = [Lanes.none(network) for _ in range(min(processors, -(-len(jobs) // count)))]
    told: Progress = progress or (lambda *_: None)
    done = 0
    with ThreadPoolExecutor(len(slabs)) as pool:
        while done < len(jobs):
            for i, slab in enumerate(slabs):
                # Refilling copies all rows: worth it for a quarter of the lanes.
                if waiting and (slab.busy == 0 or slab.idle * 4 >= count):
                    slabs[i] = slab.refilled(count, waiting, jobs, size)
            slabs = [slab for slab in slabs if slab.busy]
            # All slabs meet after every epoch, so that which lane a group gets is no matter of chance.
            loss = float(np.mean(list(pool.map(lambda slab: slab.run(epoch, schedule), slabs))))
            for slab in slabs:
                for i, parameters, best_loss, epochs in slab.finished(schedule):
                    done += 1
                    yield i, Fitted(parameters, best_loss, epochs)
                    told(done, len(jobs), loss)
            told(done, len(jobs), loss)


def _steps(rows: int, batch_size: int) -> int:
    return -(-rows // batch_size)


def _processors() -> int:
    """Processors this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on Windows and macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _lane_count(wanted: int, most: int) -> int:
    """Least slab width that holds `wanted` groups, else the greatest; never above `most`.

    >>> [_lane_count(n, 8) for n in (1, 3, 5, 500)], _lane_count(5, 7)
    ([1, 4, 8, 8], 4)
    """
    allowed = [count for count in LANE_COUNTS if count <= most]
    return next((count for count in allowed if count >= wanted), allowed[-1])
