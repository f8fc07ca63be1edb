"""tensorflow is imported by training only, and quietly."""

import os
import subprocess
import sys


SERVING = ["registry", "scaling", "artifact", "golden", "losses"]


def run(code):
    """A fresh interpreter's answer, without the variables that this one may have set."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=True, env=clean)


def test_what_serving_imports_brings_no_training_library():
    modules = ", ".join(f"models.{name}" for name in SERVING)
    code = (
        f"import {modules}, os, sys; print(sorted({{'tensorflow', 'sklearn', 'scipy'}} & set(sys.modules)),"
        " 'TF_CPP_MIN_LOG_LEVEL' in os.environ)"
    )
    assert run(code).stdout.split() == ["[]", "False"]


def test_importing_the_estimators_does_not_import_tensorflow():
    code = (
        "import memae.detector, models.autoencoder, models.training, sys; print('tensorflow' in sys.modules)"
    )
    assert run(code).stdout.strip() == "False"


def test_training_says_nothing_of_its_own():
    code = (
        "import numpy as np; from models.autoencoder import AutoEncoder;"
        "AutoEncoder(epochs=1).fit(np.random.default_rng(0).uniform(size=(20, 3)))"
    )
    done = run(code)
    assert (done.stdout, done.stderr) == ("", "")
