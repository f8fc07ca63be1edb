"""A dense autoencoder with a memory between encoder and decoder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memae.memory import address, first_slots, recall, tensor_address, tensor_recall
from models.columns import transposed
from models.dense import DenseNetwork, Layout

Singles = NDArray[np.float32]


@dataclass(frozen=True)
class MemoryNetwork:
    """Encoder, memory, decoder.

    Attributes
    ----------
    dense : DenseNetwork
        Encoder and decoder.
    slots : int
        Slots of the memory, N.
    temperature : float
        Factor on the cosines before the softmax.
    shrink : float
        Addresses up to this become zero.
    entropy_weight : float
        Weight of the addresses' entropy in the training loss; above zero it makes
        addresses sparser, and is a known way into collapse.
    """

    dense: DenseNetwork
    slots: int
    temperature: float
    shrink: float
    entropy_weight: float

    @cached_property
    def layout(self) -> Layout:
        """Parameters of the autoencoder, then ``memory`` (N, z)."""
        return Layout((*self.dense.layout.entries, ("memory", (self.slots, self.dense.hidden[-1]))))

    def initial(self, random: np.random.Generator, rows: Singles) -> Singles:
        """First parameters of the autoencoder, slots from its codes of the training rows."""
        return self.with_slots(self.dense.initial(random, rows), random, rows)

    def with_slots(self, parameters: Singles, random: np.random.Generator, rows: Singles) -> Singles:
        """Parameters of a plain autoencoder, completed by slots from the rows it encodes."""
        codes = self.encode(self.dense.layout.unpack(parameters), rows)
        return np.concatenate([parameters, first_slots(random, codes, self.slots).ravel()])

    def row_losses(self, tf: Any, parameters: Any, rows: Any) -> Any:
        """Mean squared error plus weighted entropy, ``(G, B)``."""
        arrays = self.layout.split(tf, parameters)
        middle, end = len(self.dense.hidden), self.dense.depth
        columns = transposed(tf, rows)
        codes = self.dense.tensor_layers(tf, arrays, columns, 0, middle)
        address = (codes, arrays["memory"], self.temperature, self.shrink)
        output = self.dense.tensor_layers(tf, arrays, tensor_recall(tf, *address), middle, end)
        loss = tf.reduce_mean(tf.square(output - columns), axis=1)
        if self.entropy_weight == 0:
            return loss
        share = tensor_address(tf, *address)
        entropy = -tf.reduce_sum(share * tf.math.log(share + 1e-12), axis=1)
        return loss + self.entropy_weight * entropy

    def encode(self, arrays: Mapping[str, Singles], rows: Singles) -> Singles:
        """Codes ``(n, z)`` of rows ``(n, p)``, in numpy."""
        return self.dense.layers(arrays, rows, 0, len(self.dense.hidden))

    def addresses(self, arrays: Mapping[str, Singles], rows: Singles) -> Singles:
        """Addresses ``(n, N)`` of rows ``(n, p)``, in numpy."""
        return address(self.encode(arrays, rows), arrays["memory"], self.temperature, self.shrink)

    def reconstruct(self, arrays: Mapping[str, Singles], rows: Singles) -> Singles:
        """What encoder, memory and decoder make of rows ``(n, p)``, in numpy."""
        recalled = recall(self.addresses(arrays, rows), arrays["memory"])
        return self.dense.layers(arrays, recalled, len(self.dense.hidden), self.dense.depth)
