"""What the embedded servers share: one process, ended with whoever started it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from core.errors import ConfigError
from ingest.embedded.process import GuardedProcess, free_port, port_is_free


class EmbeddedServer(ABC):
    """A server process of a folder; a context manager that starts and stops it."""

    name: ClassVar[str]
    """What it is called in messages."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.folder = Path(folder).resolve()
        self.port = 0
        self._wanted = port
        self._process: GuardedProcess | None = None

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

    def _choose_port(self, attempt: int) -> int:
        """The port asked for, else the folder's last one where it is free, else any free one."""
        if self._wanted is not None:
            if attempt == 0 and not port_is_free(self._wanted):
                msg = f"{self.name} port: expected a free one, but {self._wanted} is taken; give another"
                raise ConfigError(msg)
            return self._wanted
        remembered = self.folder / "port"
        if remembered.is_file():
            port = int(remembered.read_text(encoding="ascii"))
            if port_is_free(port):
                return port
        return free_port()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
