"""Autoencoders with and without a memory as the compiled library reads them, ``source/network.c``."""

from __future__ import annotations

import ctypes
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
from inference.kernels.dense import all_shapes, layer_count, residual_weight
from inference.kernels.kernel import Weights
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
        places, end = _places(weights[0])
        stride = -(-end // _LINE) * _LINE
        flat = aligned(stride * len(weights), np.float32)
        for g, w in enumerate(weights):
            mine = flat[stride * g : stride * (g + 1)]
            for array, (begin, rows, columns, wide) in zip(_arrays(w), places, strict=True):
                mine[begin : begin + rows * wide].reshape(rows, wide)[:, :columns] = array
        models = np.zeros(len(weights), dtype=MODEL)
        models["shape"] = address(shape)
        models["weights"] = address(flat) + 4 * stride * np.arange(len(weights))
        models["size"] = 4 * end
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
        if residual_weight(weights).shape != (1, inputs):
            return None
        if "memory" in weights and weights["memory"].shape[1] != widths[layers // 2]:
            return None
        return all_shapes(weights)


def _widths(weights: Weights) -> list[int]:
    """Inputs, then the outputs of each layer."""
    layers = range(layer_count(weights))
    return [len(weights["w0"]), *(weights[f"w{k}"].shape[1] for k in layers)]


def _arrays(weights: Weights) -> list[NDArray[Any]]:
    """All arrays of a model, in the order they are used."""
    layers = layer_count(weights)
    arrays = [array for k in range(layers) for array in (weights[f"w{k}"], weights[f"b{k}"])]
    if "memory" in weights:
        memory = weights["memory"].astype(np.float32)
        numbers = np.array([weights["temperature"], weights["shrink"]], dtype=np.float32)
        arrays[layers:layers] = [numbers, unit(memory).T, memory]  # between encoder and decoder
    return [*arrays, residual_weight(weights)]


def _places(weights: Weights) -> tuple[list[tuple[int, int, int, int]], int]:
    """Where each array begins, its rows, columns, and columns with padding; where the last ends."""
    places, end = [], 0
    for array in _arrays(weights):
        rows, columns = array.shape if array.ndim == 2 else (1, len(array))
        wide = -(-columns // LANES) * LANES
        places.append((end, rows, columns, wide))
        end += rows * wide
    return places, end
