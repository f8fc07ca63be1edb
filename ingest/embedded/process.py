"""A server process that cannot outlive this one."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.errors import ConfigError

GRACE_S = 15.0
"""Time a server gets to end by itself before it is killed."""


def free_port() -> int:
    """A TCP port of 127.0.0.1 that was free a moment ago; the caller retries when it is lost."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        if os.name != "nt":  # on Windows this option would let two servers share a port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


class GuardedProcess:
    """A server under `ingest.embedded.guardian`.

    Parameters
    ----------
    command : sequence of str
        Program and arguments.
    output : Path
        File that takes what the server prints; appended to.
    stop_signal : int
        Signal that asks the server to end cleanly.
    user : "namespace", int or None
        See `ingest.embedded.guardian`.
    stop_command : sequence of str or None
        For servers that `command` leaves in the background.
    environment : mapping of str to str or None
        The server's environment; by default this process's.

    Attributes
    ----------
    pid : int
        Process id of the server.
    """

    def __init__(
        self,
        command: Sequence[str],
        output: Path,
        *,
        stop_signal: int = signal.SIGTERM,
        user: str | int | None = None,
        stop_command: Sequence[str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        order = {
            "command": list(command),
            "stop": list(stop_command) if stop_command else None,
            "signal": int(stop_signal),
            "grace_s": GRACE_S,
            "user": user,
        }
        guardian = Path(__file__).with_name("guardian.py")
        with output.open("ab") as file:
            self._guardian = subprocess.Popen(
                [sys.executable, "-I", str(guardian), json.dumps(order)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                env=environment,
                # Ctrl-C on the terminal is for the parent alone; it then stops its servers in order.
                start_new_session=os.name != "nt",
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        assert self._guardian.stdout is not None
        first = self._guardian.stdout.readline()
        self._guardian.stdout.close()
        if not first.strip().isdigit():
            self._guardian.wait()
            msg = (
                f"{Path(command[0]).name}: expected it to start, but it could not be run; "
                f"see {output} for what the system said"
            )
            raise ConfigError(msg)
        self.pid = int(first)

    @property
    def running(self) -> bool:
        """Whether the server (and its guardian) still runs."""
        return self._guardian.poll() is None

    def wait(self, timeout_s: float | None = None) -> int:
        """Exit status of the server, once it has ended."""
        return self._guardian.wait(timeout_s)

    def stop(self) -> None:
        """Ask the server to end and wait until it has. Safe to call twice."""
        assert self._guardian.stdin is not None
        self._guardian.stdin.close()
        self._guardian.wait()

    def kill(self) -> None:
        """End the server as a crash would (SIGKILL) and wait until it is gone."""
        if self.running:
            os.kill(self.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        self.stop()
