"""Which detector stands behind which kind; the one place that knows all of them."""

from __future__ import annotations

from models.detector import Detector


def detectors() -> dict[str, type[Detector]]:
    """Kind, as profiles name it, to estimator class.

    Loads scikit-learn: for training and tests. Serving scores exported arrays instead
    (`inference.kernels`) and never calls this.
    """
    from memae.detector import MemAE
    from models.autoencoder import AutoEncoder
    from models.ensemble import MEMBERS, Ensemble
    from models.isolation_forest import IsolationForest

    return {
        "isolation_forest": IsolationForest,
        "autoencoder": AutoEncoder,
        "memae": MemAE,
        **MEMBERS,
        "ensemble": Ensemble,
    }
