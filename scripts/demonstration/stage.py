"""Everything the demonstration starts, in order, and ends again in reverse."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from pymongo.errors import PyMongoError
from rich.console import Console
from rich.live import Live

from core.config import Config, load_config
from core.errors import SprueError
from core.profile_file import load_profile
from ingest.embedded import EmbeddedMongo, EmbeddedPostgres
from ingest.plant import Plant
from ingest.plant.load import load_history
from models.registry import Registry
from scripts.demonstration.feed import Sent, feed
from scripts.demonstration.folder import DemoFolder
from scripts.demonstration.report import answered, report
from scripts.demonstration.screen import screen, summary
from scripts.demonstration.service_process import ServiceProcess, free_port
from scripts.train import train_from_history

ANSWER_SECONDS = 60.0
"""How long the last verdicts may take after the feed ended."""


class Stage:
    """The demonstration's databases, plant, models and service under one folder.

    Parameters
    ----------
    home : Path
        The folder; a second stage in it goes on with what the first one left.
    seed, history_shots : int or None
        Of the simulated plant; None takes the folder's own, in a new folder the default.
    port : int
        Of the REST API; 0 takes a free one.

    Raises
    ------
    ConfigError
        Here or on entering: the port is taken, or the folder cannot be used or holds another plant.
    """

    def __init__(self, home: Path, *, seed: int | None, history_shots: int | None, port: int) -> None:
        self.home = home
        self.port = free_port(port)
        self.console = Console(stderr=True)
        self._asked = seed, history_shots
        self._folder = DemoFolder(home)
        self._ending = ExitStack()

    def __enter__(self) -> Stage:
        try:
            self._ending.enter_context(self._folder)
            self.plant, self._history_is_there = self._folder.plant(*self._asked)
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

    def prepare_history(self) -> None:
        """Simulate the plant's past into PostgreSQL, once for a folder."""
        seed, shots = self.plant
        if not self._history_is_there:
            with self.console.status(f"Simulating {shots:,} shots of history into PostgreSQL ..."):
                chunks = Plant(seed).history(shots)
                load_history(self.postgres.url, self.config.history_table, chunks, replace=True)
            self._folder.remember(self.plant)
        self._done(f"{shots:,} shots of history in PostgreSQL")

    def train(self) -> None:
        """Train from the history unless models for this very profile are there."""
        registry = Registry(self.config.registry)
        profile = load_profile(self.config.profile)
        if registry.current() is None or registry.load()[0].profile_sha256 != profile.sha256:
            train_from_history(self.config, seed=self.plant.seed, console=self.console)
        self.groups_trained = len(registry.load()[0].models)
        self._done(f"{self.groups_trained} groups trained, version {registry.current()}")

    def serve(self) -> None:
        """Start the service and wait until it is ready."""
        log = self.home / "service.log"
        self.service = ServiceProcess(self._environment(), self.port, log)
        self._ending.callback(self.service.stop)
        with self.console.status("Starting the service ..."):
            self.service.start()
            self.service.wait_ready()
        self._done(f"service on {self.service.url}/, its log in {log}")

    def play(self, shots: int | None, rate: float, *, stay: bool) -> dict[str, Any]:
        """Feed live shots, show what comes out, and count it.

        Parameters
        ----------
        shots : int or None
            How many; None goes on until Ctrl-C.
        stay : bool
            Keep the service up after the last shot, until Ctrl-C.

        Raises
        ------
        SprueError
            The service or MongoDB ended by itself.
        """
        sent = Sent()
        try:
            before = answered(self.service)
            self._feed_and_watch(shots, rate, sent, stay=stay)
            self._wait_answers(sent, before)
            figures = report(self.service, sent, self.groups_trained)
        except OSError as error:  # HTTP
            self.service.check_running()
            msg = f"the service does not answer ({error}); see {self.service.log}"
            raise SprueError(msg) from error
        self.console.print(summary(figures))
        return figures

    def _feed_and_watch(self, shots: int | None, rate: float, sent: Sent, *, stay: bool) -> None:
        stop = threading.Event()
        failed: list[BaseException] = []

        def run() -> None:
            try:
                feed(
                    self.mongo.url,
                    self.config.mongo_database,
                    self.config.mongo_collection,
                    Plant(self.plant.seed),
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
            self._watch(feeder, failed, sent, stay=stay)
        except KeyboardInterrupt:
            # The ordinary end: what was sent until now is counted.
            self.console.print("ending ...", style="dim")
        finally:
            stop.set()
            feeder.join()
        for error in failed:
            if isinstance(error, PyMongoError):
                msg = f"the presses cannot write to MongoDB: {error}; see {self.home / 'mongo'}"
                raise SprueError(msg) from error
            raise error

    def _watch(
        self, feeder: threading.Thread, failed: list[BaseException], sent: Sent, *, stay: bool
    ) -> None:
        with Live(console=self.console, refresh_per_second=2, transient=True) as live:
            while not failed and (feeder.is_alive() or stay):
                feeding = feeder.is_alive()
                try:
                    live.update(screen(self.service, sent, feeding=feeding))
                except OSError:  # one answer that did not come is no reason to end
                    self.service.check_running()
                feeder.join(0.5) if feeding else time.sleep(0.5)

    def _wait_answers(self, sent: Sent, before: int) -> None:
        """Until every shot has its answer; what is missing then is counted as lost."""
        deadline = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < deadline and answered(self.service) - before < len(sent.inserted_at):
            time.sleep(0.1)

    def _done(self, text: str) -> None:
        self.console.print(f"[green]✓[/] {text}", highlight=False, soft_wrap=True)

    def _environment(self) -> dict[str, str]:
        # All that an .env of the user's could point at a real plant or a real store.
        return {
            "SPRUE_HOME": str(self.home),
            "SPRUE_PROFILE": "injection_molding",
            "SPRUE_MONGO_URL": self.mongo.url,
            "SPRUE_MONGO_DATABASE": "plant",
            "SPRUE_MONGO_COLLECTION": "shots",
            "SPRUE_HISTORY_URL": self.postgres.url,
            "SPRUE_HISTORY_TABLE": "shot_history",
            "SPRUE_STORE_URL": "",
            "SPRUE_START_FROM": "now",
            "SPRUE_HOST": "127.0.0.1",
            "SPRUE_TLS_CERT": "",
            "SPRUE_TLS_KEY": "",
            "SPRUE_BEHIND_PROXY": "false",
        }

    def _config(self) -> Config:
        values = {key.removeprefix("SPRUE_").lower(): value for key, value in self._environment().items()}
        return load_config(**values)
