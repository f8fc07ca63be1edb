"""Everything the demonstration starts, in order, and ends again in reverse."""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.live import Live

from core.config import Config, load_config
from core.errors import ConfigError
from ingest.embedded import EmbeddedMongo, EmbeddedPostgres
from ingest.plant import Plant
from ingest.plant.load import load_history
from models.registry import Registry
from scripts.demonstration.feed import Sent, feed, live_documents
from scripts.demonstration.report import answered, report
from scripts.demonstration.screen import screen
from scripts.demonstration.service_process import ServiceProcess, free_port
from scripts.train import train_from_history

ANSWER_SECONDS = 60.0
"""How long the last verdicts may take after the feed ended."""


class Stage:
    """The demonstration's databases, plant, models and service under one folder."""

    def __init__(self, home: Path, *, seed: int, port: int) -> None:
        self.home = home.absolute()
        self.seed = seed
        self.port = free_port(port)
        self.console = Console(stderr=True)
        self._ending = ExitStack()

    def __enter__(self) -> Stage:
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            with self.console.status("Starting MongoDB and PostgreSQL ..."):
                self.mongo = self._ending.enter_context(EmbeddedMongo(self.home / "mongo"))
                self.postgres = self._ending.enter_context(EmbeddedPostgres(self.home / "postgres"))
        except BaseException:
            self._ending.close()
            raise
        self.config = self._config()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.close()

    def prepare_history(self, shots: int) -> None:
        """Simulate the plant's past into PostgreSQL, once for a folder."""
        remembered = self._remembered()
        asked = {"seed": self.seed, "history_shots": shots}
        if remembered:
            if any(remembered[key] != value for key, value in asked.items()):
                msg = (
                    f"{self.home} holds a plant of {remembered['history_shots']} shots, seed "
                    f"{remembered['seed']}; expected {shots} shots, seed {self.seed}: "
                    "give the same ones, another --home, or delete the folder"
                )
                raise ConfigError(msg)
            self.console.print(f"[green]✓[/] history of {shots:,} shots is there")
            return
        with self.console.status(f"Simulating {shots:,} shots of history into PostgreSQL ..."):
            load_history(
                self.postgres.url, self.config.history_table, Plant(self.seed).history(shots), replace=True
            )
        self._remember({**asked, "live_sent": 0})
        self.console.print(f"[green]✓[/] {shots:,} shots of history in PostgreSQL")

    def train(self) -> None:
        """Train from the history unless a version for this profile is there."""
        registry = Registry(self.config.registry)
        if registry.current() is None:
            train_from_history(self.config, seed=self.seed, console=self.console)
        plant, _ = registry.load()
        self.groups_trained = len(plant.models)
        self.console.print(f"[green]✓[/] {self.groups_trained} groups trained, version {registry.current()}")

    def serve(self) -> None:
        """Start the service and wait until it is ready."""
        log = self.home / "service.log"
        self.service = ServiceProcess(self._environment(), self.port, log)
        self._ending.callback(self.service.stop)
        with self.console.status("Starting the service ..."):
            self.service.start()
            self.service.wait_ready()
        self.console.print(f"[green]✓[/] service on {self.service.url}  (log: {log})")

    def play(self, shots: int | None, rate: float, *, stay: bool) -> dict[str, Any]:
        """Feed live shots, show what comes out, and count it.

        Parameters
        ----------
        shots : int or None
            How many; None goes on until Ctrl-C.
        stay : bool
            Keep the service up after the last shot, until Ctrl-C.
        """
        remembered = self._remembered()
        sent = Sent()
        before = answered(self.service)
        stop = threading.Event()
        failed: list[BaseException] = []

        def run() -> None:
            try:
                feed(
                    self.mongo.url,
                    self.config.mongo_database,
                    self.config.mongo_collection,
                    live_documents(Plant(self.seed), remembered["live_sent"]),
                    limit=shots,
                    per_second=rate,
                    sent=sent,
                    wait=stop.wait,
                )
            except BaseException as error:  # handed to the main thread below
                failed.append(error)

        feeder = threading.Thread(target=run, name="presses", daemon=True)
        feeder.start()
        try:
            self._watch(feeder, sent, before, stay=stay)
        except KeyboardInterrupt:
            if stop.is_set():
                raise
        finally:
            stop.set()
            feeder.join()
            self._remember({**remembered, "live_sent": remembered["live_sent"] + len(sent.inserted_at)})
        if failed:
            raise failed[0]
        self._wait_answers(sent, before)
        return report(self.service, sent, self.groups_trained)

    def _watch(self, feeder: threading.Thread, sent: Sent, before: int, *, stay: bool) -> None:
        with Live(console=self.console, refresh_per_second=2, transient=not stay) as live:
            while feeder.is_alive() or stay:
                live.update(screen(self.service, len(sent.inserted_at)))
                feeder.join(0.5) if feeder.is_alive() else time.sleep(0.5)

    def _wait_answers(self, sent: Sent, before: int) -> None:
        """Until every shot has its answer; what is missing then is counted as lost."""
        deadline = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < deadline and answered(self.service) - before < len(sent.inserted_at):
            time.sleep(0.1)

    def _environment(self) -> dict[str, str]:
        return {
            "SPRUE_HOME": str(self.home),
            "SPRUE_PROFILE": "injection_molding",
            "SPRUE_MONGO_URL": self.mongo.url,
            "SPRUE_MONGO_DATABASE": "plant",
            "SPRUE_MONGO_COLLECTION": "shots",
            "SPRUE_HISTORY_URL": self.postgres.url,
            "SPRUE_HISTORY_TABLE": "shot_history",
            "SPRUE_HOST": "127.0.0.1",
        }

    def _config(self) -> Config:
        values = {key.removeprefix("SPRUE_").lower(): value for key, value in self._environment().items()}
        return load_config(**values)

    def _remembered(self) -> dict[str, Any]:
        with contextlib.suppress(FileNotFoundError):
            found: dict[str, Any] = json.loads((self.home / "demo.json").read_text(encoding="utf-8"))
            return found
        return {}

    def _remember(self, values: dict[str, Any]) -> None:
        fresh = self.home / "demo.json.new"
        fresh.write_text(json.dumps(values), encoding="utf-8")
        os.replace(fresh, self.home / "demo.json")
