"""Faults that begin and end while the service runs: to be mixed."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.faults.crash.hall import Hall, pass_time
from tests.faults.proxy import Proxy

End = Callable[[], None]
"""Takes the fault back."""


@dataclass
class Trouble:
    """Everything that can be done to one running hall whose line goes through a proxy."""

    hall: Hall
    proxy: Proxy
    rng: random.Random

    def killed(self) -> End:
        """The service dies; it is started again at the end."""
        self.hall.service.kill()
        return self._revive

    def server_killed(self) -> End:
        """MongoDB dies."""
        self.hall.mongo.kill()
        return self.hall.mongo.start

    def line_silent(self) -> End:
        """Nothing arrives any more and nobody is told."""
        self.proxy.stall()
        return self.proxy.pass_on

    def line_refused(self) -> End:
        """No connection any more."""
        self.proxy.refuse()
        return self.proxy.pass_on

    def line_cut(self) -> End:
        """Every connection reset."""
        self.proxy.cut()
        return _nothing

    def server_error(self) -> End:
        """One error of the kind that passes."""
        self.hall.mongo.fail_command("getMore", self.rng.choice((43, 91, 189, 10107, 11600, 11602)))
        return self.hall.mongo.heal

    def disk_full(self) -> End:
        """No file of the service may grow any more."""
        if not self.hall.service.running:
            return _nothing
        process = psutil.Process(self.hall.service.pid)
        before = process.rlimit(psutil.RLIMIT_FSIZE)
        process.rlimit(psutil.RLIMIT_FSIZE, (4096, before[1]))

        def end() -> None:
            with suppress(psutil.NoSuchProcess, ProcessLookupError):  # it died meanwhile: so did its limit
                process.rlimit(psutil.RLIMIT_FSIZE, before)

        return end

    def store_locked(self) -> End:
        """Another program holds the store's file."""
        other = sqlite3.connect(self.hall.store, isolation_level=None, timeout=10, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")

        def end() -> None:
            with closing(other):
                other.execute("ROLLBACK")

        return end

    def frozen(self) -> End:
        """The service stands still and its cursor is gone."""
        if not self.hall.service.running:
            return _nothing
        pid = self.hall.service.pid
        os.kill(pid, signal.SIGSTOP)

        def end() -> None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

        return end

    def model_damaged(self) -> End:
        """A new version arrives, torn."""
        folder = self.hall.home / "registry"
        current = folder / "current"
        present = current.read_text(encoding="utf-8")
        damaged = folder / "29991231T000000000Z-00000000"
        shutil.copytree(folder / present.strip(), damaged, dirs_exist_ok=True)
        groups = damaged / "groups.npz"
        groups.write_bytes(groups.read_bytes()[:1000])
        _replace(current, damaged.name)

        def end() -> None:
            _replace(current, present)
            shutil.rmtree(damaged)

        return end

    def _revive(self) -> None:
        if not self.hall.service.running:
            self.hall.service.start_under()


def _replace(file: Path, text: str) -> None:
    new = file.with_name("current.new")
    new.write_text(text, encoding="utf-8")
    new.replace(file)


def _nothing() -> None:
    """Over already."""


def for_a_while(begin: Callable[[], End], seconds: float) -> None:
    """One fault, from its beginning to its end."""
    end = begin()
    try:
        pass_time(seconds)
    finally:
        end()
