"""The way of the systems before: a Keras model file a group, loaded and asked per record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.artifact import GroupModel

Floats = NDArray[np.float64]


class KerasPeer:
    """Judges single records by Keras models of their groups.

    It gets less to do than we do: nothing is missing, the group is known, and its verdict
    is scaling, score and comparison with a limit.

    Parameters
    ----------
    folder : Path
        Where the model files go.
    models : sequence of GroupModel
        Autoencoders or MemAEs, as exported.
    """

    def __init__(self, folder: Path, models: Sequence[GroupModel]) -> None:
        self._keras = load_keras()
        self._folder = folder
        self._models = models
        self._kept: dict[int, Any] = {}

    def prepare(self, groups: Sequence[int]) -> None:
        """Write the model files of these groups and keep the models loaded."""
        for group in dict.fromkeys(groups):
            model = keras_model(self._keras, self._models[group].weights)
            model.save(self._path(group))
            self._kept[group] = self._read(group)

    def load_and_predict(self, row: Floats, group: int) -> float:
        """The score by the group's model file, read for this record."""
        return self._verdict(row, group, lambda x: self._read(group).predict(x, verbose=0))

    def kept_predict(self, row: Floats, group: int) -> float:
        """The kinder way: the model is kept loaded."""
        return self._verdict(row, group, lambda x: self._kept[group].predict(x, verbose=0))

    def kept_call(self, row: Floats, group: int) -> float:
        """The kindest: kept loaded and called directly, past `predict`."""
        return self._verdict(row, group, lambda x: self._kept[group](x, training=False).numpy())

    def _verdict(self, row: Floats, group: int, rebuild: Any) -> float:
        model = self._models[group]
        width = model.input_high - model.input_low
        x = np.clip((row - model.input_low) / width, 0.0, 1.0).astype(np.float32)[None, :]
        score = float(np.abs(x - rebuild(x)).mean())
        self.bad = score > max(model.fixed_threshold, model.losses.maximum)
        return score

    def _path(self, group: int) -> Path:
        return self._folder / f"group-{group}.keras"

    def _read(self, group: int) -> Any:
        # Files this peer has just written itself; the product never reads such files.
        read = self._keras.saving.load_model
        return read(self._path(group))


def load_keras() -> Any:
    """Keras on tensorflow, imported only where a peer needs it."""
    from models.lazy_tensorflow import load_tensorflow

    load_tensorflow().get_logger().setLevel("ERROR")  # it warns of every model that is loaded anew
    import keras

    return keras


def keras_model(keras: Any, weights: Mapping[str, NDArray[Any]]) -> Any:
    """A Keras model with these weights, as somebody would write it with Keras' own layers."""
    depth = sum(1 for name in weights if name[0] == "w")
    inputs = layer = keras.Input((weights["w0"].shape[0],))
    for i in range(depth):
        linear = i in (depth // 2 - 1, depth - 1)
        dense = keras.layers.Dense(weights[f"w{i}"].shape[1], activation=None if linear else "relu")
        layer = dense(layer)
        dense.set_weights([weights[f"w{i}"], weights[f"b{i}"]])
        if i == depth // 2 - 1 and "memory" in weights:
            memory = _memory_layer(keras)(
                slots=len(weights["memory"]),
                temperature=float(weights["temperature"]),
                shrink=float(weights["shrink"]),
            )
            layer = memory(layer)
            memory.set_weights([weights["memory"]])
    return keras.Model(inputs, layer)


_LAYERS: dict[str, Any] = {}


def _memory_layer(keras: Any) -> Any:
    """The memory as a Keras layer; made once, because Keras is imported late."""
    if "memory" in _LAYERS:
        return _LAYERS["memory"]
    ops = keras.ops

    @keras.saving.register_keras_serializable("bench")
    class Memory(keras.layers.Layer):  # type: ignore[misc]  # Keras ships no types
        """Slots addressed by cosine, as in `memae.memory`."""

        def __init__(self, slots: int, temperature: float, shrink: float, **settings: Any) -> None:
            super().__init__(**settings)
            self.slots, self.temperature, self.shrink = slots, temperature, shrink

        def build(self, shape: Any) -> None:
            self.memory = self.add_weight(shape=(self.slots, shape[-1]), name="memory")

        def call(self, codes: Any) -> Any:
            cosine = ops.matmul(
                ops.normalize(codes, axis=-1), ops.transpose(ops.normalize(self.memory, axis=-1))
            )
            share = ops.softmax(cosine * self.temperature, axis=-1)
            above = share - self.shrink
            share = ops.relu(above) * share / (ops.abs(above) + 1e-12)
            share = share / ops.maximum(ops.sum(share, axis=-1, keepdims=True), 1e-12)
            return ops.matmul(share, self.memory)

        def get_config(self) -> dict[str, Any]:
            own = {"slots": self.slots, "temperature": self.temperature, "shrink": self.shrink}
            return {**super().get_config(), **own}

    _LAYERS["memory"] = Memory
    return Memory
