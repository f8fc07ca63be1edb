"""tensorflow is imported by training only, and quietly."""

import os
import subprocess
import sys

SERVING = ["registry", "scaling", "artifact", "golden", "losses"]


def run(code: str) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter's answer, without the variables that this one may have set."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=True, env=clean)


def test_what_serving_imports_brings_no_training_library() -> None:
    modules = ", ".join(f"models.{name}" for name in SERVING)
    code = (
        f"import {modules}, os, sys; print(sorted({{'tensorflow', 'sklearn', 'scipy'}} & set(sys.modules)),"
        " 'TF_CPP_MIN_LOG_LEVEL' in os.environ)"
    )
    assert run(code).stdout.split() == ["[]", "False"]


def test_only_training_imports_tensorflow_and_it_says_nothing_of_its_own() -> None:
    code = (
        "import memae.detector, models.training, sys, numpy as np;"
        "from models.autoencoder import AutoEncoder;"
        "print('tensorflow' in sys.modules);"
        "AutoEncoder(epochs=1).fit(np.random.default_rng(0).uniform(size=(20, 3)));"
        "print('tensorflow' in sys.modules)"
    )
    done = run(code)
    assert (done.stdout.split(), done.stderr) == (["False", "True"], "")
