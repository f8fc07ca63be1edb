"""``sprue demo`` as a process, both of its outputs read while it runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest


class Demo:
    """``python -m scripts demo`` with its two outputs apart."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self.home = home
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("SPRUE_")}
        # What an .env of the user's may say must not reach the demo's own service.
        theirs = {"SPRUE_STORE_URL": "sqlite:////nowhere/at/all.sqlite", "SPRUE_BEHIND_PROXY": "true"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "scripts", "demo", "--port", "0", "--home", str(home), *arguments],
            env={**inherited, **theirs, "PYTHONUTF8": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        self.told = ""
        self.printed = ""
        self._news = threading.Condition()
        self._readers = [threading.Thread(target=read) for read in (self._read_told, self._read_printed)]
        for reader in self._readers:
            reader.start()

    def _read_told(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._news:
                self.told += line
                self._news.notify_all()

    def _read_printed(self) -> None:
        assert self.process.stdout is not None
        self.printed = self.process.stdout.read()

    def until_told(self, words: str) -> None:
        with self._news:
            assert self._news.wait_for(lambda: words in self.told, 120), self.told

    def servers(self) -> list[psutil.Process]:
        """Everything the demo has started that runs now."""
        found: list[psutil.Process] = psutil.Process(self.process.pid).children(recursive=True)
        return found

    def until_started(self, program: str) -> list[psutil.Process]:
        """Until a process of that name runs under the demo; all of them."""
        alive = self.process.poll
        while alive() is None:
            servers = self.servers()
            if any(program in part for s in servers for part in _command(s)):
                return servers
            threading.Event().wait(0.02)
        pytest.fail(f"ended before it started {program}\n{self.told}")

    def end(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        code = self.process.wait(120)
        for reader in self._readers:
            reader.join()
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()
        return code

    @property
    def figures(self) -> dict[str, Any]:
        """The last line on standard output."""
        found: dict[str, Any] = json.loads(self.printed.splitlines()[-1])
        return found


def _command(process: psutil.Process) -> list[str]:
    try:
        command: list[str] = process.cmdline()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return []
    return command


def none_left(demo: Demo, servers: list[psutil.Process]) -> bool:
    """Whether all of `servers` end, and nothing else names the demo's folder."""
    assert servers
    _, alive = psutil.wait_procs(servers, timeout=30)
    named = [p for p in psutil.process_iter() if any(str(demo.home) in part for part in _command(p))]
    return alive == [] and named == []


RunDemo = Callable[..., Demo]
"""Starts a demo in a home, with arguments."""
