"""tensorflow, imported when training starts and not before.

Serving never trains, so serving never pays for this import: no module imports
tensorflow at its top.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def load_tensorflow() -> Any:
    """Import tensorflow on first use, without its start-up chatter; afterwards just return it."""
    if "tensorflow" in sys.modules:
        return sys.modules["tensorflow"]
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _quiet_stderr(), _without_keras():
        tensorflow = importlib.import_module("tensorflow")
        # The list of devices is what makes the runtime announce itself: have it now.
        tensorflow.config.list_physical_devices()
    return tensorflow


@contextmanager
def _without_keras() -> Iterator[None]:
    """Keep tensorflow from importing Keras along with itself, which takes as long as all the rest.

    tensorflow itself allows Keras to be absent; ``tensorflow.keras`` still finds it later.
    """
    if "keras" in sys.modules:
        yield
        return
    sys.modules["keras"] = None  # type: ignore[assignment]  # how Python marks what must not be imported
    try:
        yield
    finally:
        del sys.modules["keras"]


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Mute file descriptor 2: the native start-up messages obey no log level.

    A failed import still raises; only what native code prints is lost.
    """
    sys.stderr.flush()
    try:
        saved = os.dup(2)
    except OSError:  # a Windows service has no standard error at all
        yield
        return
    try:
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
