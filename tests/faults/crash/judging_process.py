"""The service as a process that is treated badly."""

from __future__ import annotations

import os
import re
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence

import psutil

from ingest.embedded.process import GuardedProcess
from scripts.demonstration.service_process import ServiceProcess


class JudgingProcess(ServiceProcess):
    """``sprue serve`` under strace, limits and signals.

    Attributes
    ----------
    program : sequence of str
        What is started.
    """

    program: Sequence[str] = (sys.executable, "-m", "scripts", "serve")

    def start_under(self, prefix: Sequence[str] = ()) -> None:
        """Start it behind the words of `prefix` (``strace ...``, ``prlimit ...``)."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        command = [*prefix, *self.program]
        self._process = GuardedProcess(command, self.log, environment=self._environment)

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def await_end(self, seconds: float = 60.0) -> int:
        """Its exit code, once it has ended."""
        assert self._process is not None
        code = self._process.wait(seconds)
        self._process.stop()  # lets go of what watched over it
        return code

    def reasons(self) -> str:
        """Why ``/readyz`` says no; empty when it says yes, ``no answer`` when nobody answers."""
        try:
            self.get("/readyz", timeout=2)
        except urllib.error.HTTPError as error:
            return error.read().decode("utf-8", "replace")
        except OSError:
            return "no answer"
        return ""

    def await_reason(self, pattern: str, seconds: float = 60.0) -> str:
        """Return what ``/readyz`` says once `pattern` is in it."""
        said = ""

        def found() -> bool:
            nonlocal said
            said = self.reasons()
            return re.search(pattern, said) is not None

        self.wait_until(found, f"/readyz to say {pattern!r}", seconds)
        return said

    def metric(self, name: str) -> float:
        """One value of ``/metrics``."""
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=5) as answer:  # own loopback address
            text = answer.read().decode()
        found = re.search(rf"^{re.escape(name)}(?:_total)? (\S+)$", text, re.MULTILINE)
        assert found is not None, f"{name} is not in /metrics"
        return float(found[1])

    def resident_mb(self) -> float:
        """Memory it holds [MiB]."""
        return float(psutil.Process(self.pid).memory_info().rss) / 2**20
