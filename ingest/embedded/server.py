"""What the embedded servers share: one process, ended with whoever started it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from ingest.embedded.process import GuardedProcess


class EmbeddedServer(ABC):
    """A server process of a folder; a context manager that starts and stops it."""

    _process: GuardedProcess | None = None

    @abstractmethod
    def start(self) -> Self:
        """Start the server and wait until it answers. Safe to call twice."""

    def stop(self) -> None:
        """Shut the server down cleanly and wait for its end. Safe to call twice."""
        if self._process is not None:
            self._process.stop()
            self._process = None

    def kill(self) -> None:
        """End the server as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def restart(self) -> None:
        """Stop and start again on the same port and data."""
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
