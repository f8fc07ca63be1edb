"""The demonstration's folder: one at a time in it, and which plant it holds."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from filelock import FileLock, Timeout

from core.errors import ConfigError

HISTORY_SHOTS = 60_000
SEED = 0


class HeldPlant(NamedTuple):
    """What the folder's history was simulated from."""

    seed: int
    history_shots: int


class DemoFolder:
    """A folder with a demonstration's databases and models; a context manager that holds it.

    Parameters
    ----------
    path : Path
        Made when missing.

    Raises
    ------
    ConfigError
        On entering: it cannot be written to, or another demonstration runs in it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = FileLock(path / "demo.lock")
        self._file = path / "demo.json"

    def __enter__(self) -> DemoFolder:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
        except Timeout:
            msg = f"another demo runs in {self.path}; stop it, or give another folder with --home"
            raise ConfigError(msg) from None
        except OSError as error:
            reason = error.strerror or error
            msg = f"expected a folder that can be written to, but {self.path}: {reason}; give another --home"
            raise ConfigError(msg) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    def plant(self, seed: int | None, history_shots: int | None) -> tuple[HeldPlant, bool]:
        """The plant to show, and whether its history is in the database already.

        Parameters
        ----------
        seed, history_shots : int or None
            What was asked for; None takes the folder's own, in a new folder the default.

        Raises
        ------
        ConfigError
            The folder holds another plant than was asked for.
        """
        held = self._read()
        if held is None:
            return HeldPlant(
                SEED if seed is None else seed, HISTORY_SHOTS if history_shots is None else history_shots
            ), False
        asked = HeldPlant(
            held.seed if seed is None else seed,
            held.history_shots if history_shots is None else history_shots,
        )
        if asked != held:
            msg = (
                f"{self.path} holds a plant of {held.history_shots} shots of history, seed {held.seed}; "
                f"asked for {asked.history_shots}, seed {asked.seed}: leave --seed and --history-shots out, "
                "give another --home, or delete the folder"
            )
            raise ConfigError(msg)
        return held, True

    def remember(self, plant: HeldPlant) -> None:
        """Note that this plant's whole history is in the database now."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(plant._asdict()), encoding="utf-8")
        os.replace(fresh, self._file)

    def _read(self) -> HeldPlant | None:
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
            return HeldPlant(int(found["seed"]), int(found["history_shots"]))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError):
            msg = f"{self._file}: expected seed and history_shots as JSON; delete {self.path} and start again"
            raise ConfigError(msg) from None
