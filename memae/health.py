"""Does the memory of a MemAE work? A collapsed one can score well, so it is asked directly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Singles = NDArray[np.float32]
Floats = NDArray[np.float64]

MOST_ZERO_ROWS = 0.01
LEAST_SHARE_OF_LINEAR = 0.5


@dataclass(frozen=True, slots=True)
class MemoryHealth:
    """State of a trained memory, measured on the training rows.

    Attributes
    ----------
    zero_row_share : float
        Share of rows whose address is all zero: they are rebuilt from nothing.
    used_slots : int
        Slots that at least one row takes from.
    active_slots : float
        Slots a row takes from, on average.
    relative_mse : float
        Mean squared error / variance; 1 = no better than saying the mean. 0 for inputs
        that never vary.
    linear_mse : float
        The same of the best linear code of equal width (principal components): what
        this group's inputs allow. Near 1 where they are unrelated noise.
    mean_z2_correlation : float
        Rank correlation of the anomaly score with the mean squared z-score, the
        cheapest detector there is. Near 1 means that the network adds nothing to it.
    """

    zero_row_share: float
    used_slots: int
    active_slots: float
    relative_mse: float
    linear_mse: float
    mean_z2_correlation: float

    def refusal(self) -> str | None:
        """Why the memory must not judge, or None.

        The error must be under half the variance where a linear code of the same width
        could explain all of it; inputs that are partly noise allow less, so half of
        what the linear code explains is asked for.

        >>> MemoryHealth(0.0, 50, 9.0, 0.2, 0.1, 0.3).refusal() is None
        True
        >>> MemoryHealth(1.0, 0, 0.0, 1.0, 0.1, 1.0).refusal()
        'collapsed memory: 100.0 % of the training rows address no slot (at most 1 % allowed)'
        """
        if self.zero_row_share > MOST_ZERO_ROWS:
            return (
                f"collapsed memory: {self.zero_row_share:.1%} of the training rows address no slot "
                f"(at most {MOST_ZERO_ROWS:.0%} allowed)"
            ).replace("%", " %")
        allowed = 1 - LEAST_SHARE_OF_LINEAR * (1 - self.linear_mse)
        if not self.relative_mse <= allowed:
            return (
                f"memory that learned too little: mean squared error {self.relative_mse:.2f} of the variance "
                f"(at most {allowed:.2f} allowed where a linear code leaves {self.linear_mse:.2f})"
            )
        return None


def measure_health(rows: Singles, rebuilt: Singles, addresses: Singles, code_width: int) -> MemoryHealth:
    """Measure a memory.

    Parameters
    ----------
    rows, rebuilt : (n, p) float32
        Training rows and what the network makes of them.
    addresses : (n, N) float32
        Their addresses.
    code_width : int
        Width of the bottleneck.
    """
    taken = addresses > 0
    x = rows.astype(np.float64)
    variance = x.var(axis=0)
    total = float(variance.sum())
    error = float(((x - rebuilt) ** 2).mean(axis=0).sum())
    centred = x - x.mean(axis=0)
    # Not a BLAS product: its threads wait for each other while training keeps the cores busy.
    eigenvalues = np.linalg.eigvalsh(np.einsum("ni,nj->ij", centred, centred) / len(x))
    varies = variance > 0
    z = centred[:, varies] / np.sqrt(variance[varies])
    return MemoryHealth(
        zero_row_share=float(1 - taken.any(axis=1).mean()),
        used_slots=int(taken.any(axis=0).sum()),
        active_slots=float(taken.sum(axis=1).mean()),
        relative_mse=error / total if total > 0 else 0.0,
        linear_mse=float(max(0.0, eigenvalues[: max(0, x.shape[1] - code_width)].sum() / total))
        if total > 0
        else 0.0,
        mean_z2_correlation=_rank_correlation(np.abs(x - rebuilt).mean(axis=1), (z**2).sum(axis=1)),
    )


def _rank_correlation(a: Floats, b: Floats) -> float:
    """Spearman's, ties in order of appearance (scores hardly ever tie); 0 where a side never varies."""
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return float(np.corrcoef(a.argsort().argsort(), b.argsort().argsort())[0, 1])
