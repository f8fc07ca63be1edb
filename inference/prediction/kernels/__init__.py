"""Prediction in plain numpy: one kernel a kind of regressor, nothing that trains is loaded."""

from inference.prediction.kernels.kernel_of import KERNELS, kernel_of

__all__ = ["KERNELS", "kernel_of"]
