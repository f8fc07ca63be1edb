"""The plain autoencoder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from models.dense import DenseNetwork
from models.detector import Progress, Task
from models.reconstruction import ReconstructionDetector
from models.stacked import Fitted, train_stacked


class AutoEncoder(ReconstructionDetector):
    """Dense autoencoder, for groups with a middling number of shots.

    Layers ``p-h1-...-hk-...-h1-p``: ReLU, but linear at the bottleneck and the output.

    Parameters
    ----------
    hidden : sequence of int
        Widths from the first hidden layer to the bottleneck.
    epochs, patience : int
        Most epochs; epochs without a better loss before stopping. The best weights are kept.
    batch_size : int
        Rows an optimiser step.
    learning_rate : float
        Step size of Adam.
    trimmed : float
        Share of each batch, its worst rows, that count no more than the best of them, in
        [0, 0.5): lots under 1 % defects still contain bad shots.
    contamination : float
        Share of the training rows that `predict` calls outliers, in (0, 0.5].
    random_state : int, RandomState or None
        Seed of first weights and batches.

    Attributes
    ----------
    weights_ : dict of str to (in, out) or (out,) float32
        ``w0, b0, ..., wL, bL``; `export` adds ``residual_weight``.
    residual_weight_ : (p,) float32
        One over each input's usual residual; the score is the mean of ``|x - rebuilt|`` times it.
    loss_ : float
        Best loss (mean squared error) of the rows that decided when to stop.
    n_iter_ : int
        Epochs trained.
    offset_ : float
        Score below which `predict` says outlier.
    n_features_in_ : int
        Inputs, p.
    """

    def __init__(
        self,
        hidden: Sequence[int] = (32, 3),
        *,
        epochs: int = 200,
        patience: int = 20,
        batch_size: int = 64,
        learning_rate: float = 3e-3,
        trimmed: float = 0.05,
        contamination: float = 0.1,
        random_state: Any = None,
    ) -> None:
        self.hidden = hidden
        self.epochs = epochs
        self.patience = patience
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.trimmed = trimmed
        self.contamination = contamination
        self.random_state = random_state

    def _network(self, inputs: int) -> DenseNetwork:
        return self._dense(inputs)

    @classmethod
    def _train(
        cls, pairs: Sequence[tuple[AutoEncoder, Task]], progress: Progress | None
    ) -> Iterator[tuple[int, Fitted]]:
        first, task = pairs[0]
        jobs = [detector._job(task) for detector, task in pairs]
        network = first._network(task.rows.shape[1])
        return train_stacked(network, jobs, first._schedule(), progress=progress)
