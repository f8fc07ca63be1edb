"""The memory of a MemAE: addressing, first slots.

Gong et al., "Memorizing Normality to Detect Anomaly", ICCV 2019: a code is replaced by
a sparse mix of learned slots, so that what is decoded can only be made of normal shots.
Cosines lie in [-1, 1]; their softmax over N slots stays near 1/N, below the paper's
shrinkage of up to 3/N, and the address becomes all zero: the memory collapses and the
network says the mean of everything. Hence a temperature, and a shrinkage of 1/N.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Singles = NDArray[np.float32]

TINY = np.float32(1e-12)
"""Least length of a code, least distance from the shrinkage, least sum of an address."""


def address(codes: Singles, memory: Singles, temperature: float, shrink: float) -> Singles:
    """How much of every slot each code takes.

    Cosine similarity times temperature, softmax, hard shrinkage (what is at most
    `shrink` becomes zero), scaled to sum to one.

    Parameters
    ----------
    codes : (n, z) float32
    memory : (N, z) float32
    temperature, shrink : float

    Returns
    -------
    (n, N) float32
        Rows sum to 1, or are all zero where no slot is above the shrinkage.

    Examples
    --------
    >>> slots = np.array([[1.0, 0.0], [0.0, 1.0]], dtype=np.float32)
    >>> address(slots[:1], slots, 10.0, 0.5).tolist()
    [[1.0, 0.0]]
    >>> address(np.ones((1, 2), dtype=np.float32), slots, 10.0, 0.6).tolist()
    [[0.0, 0.0]]
    """
    # Row by row, like the layers: the same bits alone and in a batch.
    cosine = np.matmul(_unit(codes)[:, None, :], _unit(memory).T)[:, 0, :]
    heat = cosine * np.float32(temperature)
    share = np.exp(heat - heat.max(axis=1, keepdims=True))
    share /= share.sum(axis=1, keepdims=True)
    above = share - np.float32(shrink)
    share = np.maximum(above, np.float32(0)) * share / (np.abs(above) + TINY)
    mixed: Singles = share / np.maximum(share.sum(axis=1, keepdims=True), TINY)
    return mixed


def recall(addresses: Singles, memory: Singles) -> Singles:
    """The mixes of slots ``(n, z)`` these addresses ``(n, N)`` stand for."""
    mixed: Singles = np.matmul(addresses[:, None, :], memory)[:, 0, :]
    return mixed


def tensor_address(tf: Any, codes: Any, memory: Any, temperature: float, shrink: float) -> Any:
    """`address` of all groups at once in tensorflow: codes ``(G, B, z)``, memory ``(G, N, z)``."""
    # Squared lengths: codes under 1e-6 are not stretched to one, or gradients would explode.
    cosine = tf.matmul(
        tf.math.l2_normalize(codes, axis=-1, epsilon=TINY),
        tf.math.l2_normalize(memory, axis=-1, epsilon=TINY),
        transpose_b=True,
    )
    share = tf.nn.softmax(cosine * np.float32(temperature), axis=-1)
    above = share - np.float32(shrink)
    share = tf.nn.relu(above) * share / (tf.abs(above) + TINY)
    return share / tf.maximum(tf.reduce_sum(share, axis=-1, keepdims=True), TINY)


def first_slots(random: np.random.Generator, codes: Singles, slots: int) -> Singles:
    """Slots to start from: codes of training rows, drawn without repetition while there are enough.

    Centres by K-Means end at the same losses (measured on real and simulated presses),
    so the simpler way stays.

    Returns
    -------
    (slots, z) float32
    """
    chosen = random.choice(len(codes), size=slots, replace=len(codes) < slots)
    return codes[np.sort(chosen)]


def _unit(rows: Singles) -> Singles:
    length = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
    unit: Singles = rows / np.maximum(length, TINY)
    return unit
