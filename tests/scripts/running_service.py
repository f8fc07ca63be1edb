"""The whole service as a process, its output collected."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

SECRET = "canary-password"
Start = Callable[..., "Service"]
"""``start(program, **settings)``: the fixture of that name."""


class Service:
    """``python -m scripts serve`` with its output collected."""

    def __init__(self, environment: dict[str, str], program: list[str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *program],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        self.lines: list[str] = []
        self._url = threading.Event()
        self.url = ""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                self.lines.append(line)
                found = re.search(r"machine hall +(http://\S+)/$", line)
                if found:
                    self.url = found[1]
                    self._url.set()
        self._url.set()

    def get(self, path: str) -> tuple[int, Any]:
        assert self._url.wait(60), self.output
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:  # own loopback address
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def until(self, path: str, good: Callable[[int, Any], bool]) -> Any:
        """Ask again and again until the answer is `good`."""
        deadline = time.monotonic() + 60
        while True:
            status, body = self.get(path)
            if good(status, body):
                return body
            if time.monotonic() > deadline:
                pytest.fail(f"{path}: still {status} {body}\n{self.output}")
            threading.Event().wait(0.05)

    def ready(self) -> None:
        self.until("/readyz", lambda status, _: status == 200)

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        code = self.process.wait(30)
        self._reader.join()
        return code

    @property
    def output(self) -> str:
        return "".join(self.lines)


def verdicts(service: Service, count: int) -> list[dict[str, Any]]:
    body = service.until("/api/v1/verdicts?limit=1000", lambda _, b: len(b.get("verdicts", ())) >= count)
    found: list[dict[str, Any]] = body["verdicts"]
    return found
