"""Autoencoders with and without a memory as the compiled library reads them, ``source/network.c``."""

from __future__ import annotations

import ctypes
from collections.abc import Hashable, Sequence

import numpy as np

from inference.kernels.compiled import (
    AUTOENCODER,
    LANES,
    MEMAE,
    MODEL,
    MOST_LAYERS,
    MOST_SLOTS,
    WIDEST,
    CompiledKernel,
    address,
    aligned,
)
from inference.kernels.dense import all_shapes, layer_count
from inference.kernels.kernel import Floats32, Weights
from inference.kernels.memae import unit

_LINE = 16  # float32 of a cache line: a model begins with one


class CompiledNetworks(CompiledKernel):
    """Scores rows by the network of their group, within 1e-6 of what its numpy kernel gives.

    Parameters
    ----------
    weights : sequence of mappings
        As of `AutoencoderKernel` or, with ``memory``, `MemaeKernel`; all of one `shape`.
    library : ctypes.PyDLL
    """

    def __init__(self, weights: Sequence[Weights], library: ctypes.PyDLL) -> None:
        widths = _widths(weights[0])
        inputs, layers = widths[0], len(widths) - 1
        memory = "memory" in weights[0]
        shape = np.zeros(4 + MOST_LAYERS, dtype=np.int32)
        shape[:4] = inputs, layers, layers // 2, len(weights[0]["memory"]) if memory else 0
        shape[4 : 4 + layers] = widths[1:]
        first = _flat(weights[0])
        stride = -(-len(first) // _LINE) * _LINE
        flat = aligned(stride * len(weights), np.float32)
        for g, w in enumerate(weights):
            flat[stride * g : stride * g + len(first)] = _flat(w)
        models = np.zeros(len(weights), dtype=MODEL)
        models["shape"] = address(shape)
        models["weights"] = address(flat) + 4 * stride * np.arange(len(weights))
        models["size"] = 4 * len(first)
        models["kind"] = MEMAE if memory else AUTOENCODER
        super().__init__(library, models, range(inputs, inputs + 1), (shape, flat))

    @staticmethod
    def shape(weights: Weights, inputs: int) -> Hashable:
        """Shapes of all arrays; None for one the library's workspace is too small for."""
        widths = _widths(weights)
        layers = len(widths) - 1
        slots = len(weights["memory"]) if "memory" in weights else 1
        if layers % 2 or not 2 <= layers <= MOST_LAYERS or not widths[0] == widths[-1] == inputs:
            return None
        if not 1 <= min(widths) <= max(widths) <= WIDEST or not 1 <= slots <= MOST_SLOTS:
            return None
        if any(weights[f"w{k}"].shape[0] != widths[k] for k in range(layers)):
            return None
        if any(weights[f"b{k}"].shape != (widths[k + 1],) for k in range(layers)):
            return None
        if "memory" in weights and weights["memory"].shape[1] != widths[layers // 2]:
            return None
        return all_shapes(weights)


def _widths(weights: Weights) -> list[int]:
    """Inputs, then the outputs of each layer."""
    layers = range(layer_count(weights))
    return [len(weights["w0"]), *(weights[f"w{k}"].shape[1] for k in layers)]


def _flat(weights: Weights) -> Floats32:
    """All arrays of a model side by side, in the order they are used."""
    layers = layer_count(weights)
    parts = [part for k in range(layers) for part in (weights[f"w{k}"], weights[f"b{k}"])]
    if "memory" in weights:
        memory = weights["memory"].astype(np.float32)
        numbers = np.array([weights["temperature"], weights["shrink"]], dtype=np.float32)
        parts[layers:layers] = [numbers, unit(memory).T, memory]  # between encoder and decoder
    return np.concatenate([_padded(part).ravel() for part in parts])


def _padded(array: Floats32) -> Floats32:
    """With zeros up to whole vectors in its last axis."""
    more = -array.shape[-1] % LANES
    wide: Floats32 = np.pad(array.astype(np.float32), [(0, 0)] * (array.ndim - 1) + [(0, more)])
    return wide
