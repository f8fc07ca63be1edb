"""Which kernel scores which group of a plan."""

from __future__ import annotations

import ctypes
from collections.abc import Hashable, Mapping

import numpy as np

from core.errors import ModelRefused
from inference.compiled_plan import CompiledPlan
from inference.kernels.autoencoder import AutoencoderKernel
from inference.kernels.compiled import MODEL, CompiledKernel
from inference.kernels.compiled_forest import CompiledForests
from inference.kernels.compiled_network import CompiledNetworks
from inference.kernels.ensemble import MEMBERS, EnsembleKernel
from inference.kernels.isolation_forest import IsolationForestKernel
from inference.kernels.kernel import Codes, Kernel, NumpyKernel
from inference.kernels.memae import MemaeKernel
from inference.ranges import Ranges
from models.artifact import GroupModel

KERNELS: Mapping[str, type[NumpyKernel]] = {
    "isolation_forest": IsolationForestKernel,
    "autoencoder": AutoencoderKernel,
    "memae": MemaeKernel,
    **MEMBERS,
    "ensemble": EnsembleKernel,
}
"""What scores each kind of detector; a new kind is one more line."""
COMPILED: Mapping[str, type[CompiledForests] | type[CompiledNetworks]] = {
    "isolation_forest": CompiledForests,
    "autoencoder": CompiledNetworks,
    "memae": CompiledNetworks,
}
"""The compiled twins of some, for the models these have a shape for; the rest stays with numpy."""


def compile_kernels(
    models: tuple[GroupModel, ...], inputs: int, library: ctypes.PyDLL | None
) -> tuple[tuple[Kernel, ...], Codes, Codes]:
    """One kernel for each kind and shape, compiled ones where there is a library and a shape for it.

    Returns
    -------
    kernels : tuple of Kernel
    kernel_of, slot_of : (G,) intp
        The kernel of a group and the group's number in it.

    Raises
    ------
    ModelRefused
        A model is of a kind without a kernel, or its arrays are not of finite numbers.
    """
    alike: dict[tuple[str, bool, Hashable], list[int]] = {}
    for g, model in enumerate(models):
        if model.kind not in KERNELS:
            known, label = ", ".join(KERNELS), "|".join(map(str, model.key))
            raise ModelRefused(
                f"model of {label}: expected a kind out of {known}, got {model.kind!r};"
                " train again with this version"
            )
        _check_finite(model)
        twin = COMPILED.get(model.kind) if library is not None else None
        shape = twin.shape(model.weights, inputs) if twin is not None else None
        fast = shape is not None
        shape = shape if fast else KERNELS[model.kind].shape(model.weights)
        alike.setdefault((model.kind, fast, shape), []).append(g)
    kernel_of = np.zeros(len(models), dtype=np.intp)
    slot_of = np.zeros(len(models), dtype=np.intp)
    kernels: list[Kernel] = []
    for number, ((kind, fast, _), groups) in enumerate(alike.items()):
        weights = [models[g].weights for g in groups]
        if fast and library is not None:
            kernels.append(COMPILED[kind](weights, library))
        else:
            kernels.append(KERNELS[kind](weights))
        kernel_of[groups] = number
        slot_of[groups] = np.arange(len(groups))
    return tuple(kernels), kernel_of, slot_of


def _check_finite(model: GroupModel) -> None:
    """Golden shots need not meet a damaged number, and live shots would: every one is looked at."""
    for name, array in model.weights.items():
        if array.dtype.kind == "f":
            with np.errstate(invalid="ignore", over="ignore"):
                total = np.add.reduce(array, axis=None, dtype=np.float64)
            if not np.isfinite(total):
                label = "|".join(map(str, model.key))
                raise ModelRefused(
                    f"model of {label}: expected finite numbers in {name!r}, got others;"
                    " restore the version or train again"
                )


def compile_whole(
    kernels: tuple[Kernel, ...],
    kernel_of: Codes,
    slot_of: Codes,
    ranges: Ranges,
    library: ctypes.PyDLL | None,
) -> CompiledPlan | None:
    """All compiled kernels' models in one table, for one call a batch; None without a library."""
    if library is None:
        return None
    models = np.zeros(len(kernel_of), dtype=MODEL)
    for number, kernel in enumerate(kernels):
        if isinstance(kernel, CompiledKernel):
            mine = kernel_of == number
            models[mine] = kernel.models[slot_of[mine]]
    return CompiledPlan(library, models, ranges)
