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

from models.columns import product

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
    """`address` of all groups at once in tensorflow, of codes ``(G, z, B)`` and memory ``(G, N, z)``.

    Returns
    -------
    (G, N, B) float32 tensor
    """
    taken, total = _taken(tf, codes, memory, temperature, shrink)
    return taken / total


def tensor_recall(tf: Any, codes: Any, memory: Any, temperature: float, shrink: float) -> Any:
    """`recall` of that address, ``(G, z, B)``."""
    taken, total = _taken(tf, codes, memory, temperature, shrink)
    # Divided after the product, where there are z numbers a row instead of N.
    return product(tf, memory, taken) / total


def _taken(tf: Any, codes: Any, memory: Any, temperature: float, shrink: float) -> tuple[Any, Any]:
    """Addresses before they are scaled to sum to one, and their sums.

    The softmax's own denominator cancels out, but for the comparison with `shrink`. The
    formula of `address` is what this is, but for shares within rounding of `shrink`.
    """
    # Squared lengths: codes under 1e-6 are not stretched to one, or gradients would explode.
    units = tf.math.l2_normalize(tf.transpose(memory, (0, 2, 1)), axis=1, epsilon=TINY)
    heat = product(tf, units, tf.math.l2_normalize(codes, axis=1, epsilon=TINY) * np.float32(temperature))
    warmth = tf.exp(heat - tf.stop_gradient(tf.reduce_max(heat, axis=1, keepdims=True)))
    above = warmth > np.float32(shrink) * tf.reduce_sum(warmth, axis=1, keepdims=True)
    taken = tf.where(above, warmth, 0.0)
    return taken, tf.maximum(tf.reduce_sum(taken, axis=1, keepdims=True), TINY)


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
