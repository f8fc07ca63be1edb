"""The real service as a child process, started and stopped as an operator would."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.errors import ConfigError, SprueError
from ingest.embedded.process import GuardedProcess


class ServiceProcess:
    """``sprue serve`` in a process of its own, which ends with this one however this one ends.

    Parameters
    ----------
    environment : mapping of str to str
        ``SPRUE_*`` settings; the rest of the environment is inherited.
    port : int
        Port of the REST API on 127.0.0.1; 0 takes a free one.
    log : Path
        Its output goes here; named in errors.
    arguments : sequence of str
        Options of ``sprue serve``.
    """

    def __init__(
        self, environment: Mapping[str, str], port: int, log: Path, arguments: Sequence[str] = ()
    ) -> None:
        port = free_port(port)
        self.url = f"http://127.0.0.1:{port}"
        self.log = log
        self._arguments = tuple(arguments)
        self._environment = {**os.environ, **environment, "SPRUE_PORT": str(port), "PYTHONUTF8": "1"}
        self._process: GuardedProcess | None = None

    def start(self) -> None:
        """Start it; returns at once, see `wait_ready`."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        # A folder of that name in the user's directory must not be imported when ours may not be either.
        safe = ["-P"] if sys.flags.safe_path else []
        command = [sys.executable, *safe, "-m", "scripts", "serve", *self._arguments]
        self._process = GuardedProcess(command, self.log, environment=self._environment)

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.running

    def wait_ready(self, seconds: float = 60.0) -> None:
        """Return when ``/readyz`` says yes.

        Raises
        ------
        SprueError
            It ended, or was not ready in time; the message holds the last lines of its log.
        """
        answer = "no answer yet"

        def ready() -> bool:
            nonlocal answer
            self.check_running()
            try:
                self.get("/readyz", timeout=2)
            except urllib.error.HTTPError as error:
                answer = error.read().decode("utf-8", "replace")
                return False
            except OSError as error:
                answer = str(error)
                return False
            return True

        try:
            self.wait_until(ready, "the service to be ready", seconds)
        except TimeoutError as error:
            raise SprueError(f"{error}: {answer}; see {self.log}\n{self.tail()}") from None

    def check_running(self) -> None:
        """Nothing while it runs.

        Raises
        ------
        SprueError
            It ended by itself; the message holds the last lines of its log.
        """
        if not self.running:
            code = None if self._process is None else self._process.wait()
            msg = f"the service ended by itself with exit code {code}; see {self.log}"
            raise SprueError(f"{msg}\n{self.tail()}")

    def wait_until(self, condition: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
        """Return when `condition` holds; `what` names it.

        Raises
        ------
        TimeoutError
            It did not within `seconds`.
        """
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                msg = f"waited {seconds:.0f} s for {what}"
                raise TimeoutError(msg)
            time.sleep(0.05)

    def get(self, path: str, timeout: float = 10.0) -> Any:
        """JSON of a GET."""
        with urllib.request.urlopen(self.url + path, timeout=timeout) as response:  # own loopback address
            return json.loads(response.read())

    def post(self, path: str, body: Any, timeout: float = 30.0) -> Any:
        """JSON of a POST of JSON."""
        request = urllib.request.Request(
            self.url + path,
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        with urllib.request.urlopen(request, timeout=timeout) as response:  # own loopback address
            return json.loads(response.read())

    def tail(self, lines: int = 15) -> str:
        """Last lines of its log."""
        if not self.log.is_file():
            return ""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    def stop(self) -> int | None:
        """Ask it to end, wait, and return its exit code; it is killed when it does not listen."""
        if self._process is None:
            return None
        self._process.stop()
        return self._process.wait()

    def kill(self) -> None:
        """End it at once, as a power cut would (kill -9)."""
        if self._process is not None:
            self._process.kill()


def free_port(port: int) -> int:
    """The port asked for, checked to be free, or any free one for 0.

    Raises
    ------
    ConfigError
        It is taken.
    """
    with socket.socket() as probe:
        if os.name == "posix":  # there it does not let two listen on one port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            msg = f"port {port} is taken ({error.strerror}); give another with --port, 0 for a free one"
            raise ConfigError(msg) from error
        return int(probe.getsockname()[1])
