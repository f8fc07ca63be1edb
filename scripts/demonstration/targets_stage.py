"""The demonstration of a process that predicts: trained on its synthetic set, asked over REST."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from rich.console import Console

from core.config import Config, load_config
from core.errors import SprueError
from core.profile import Profile
from inference.plan_provider import load_plan
from inference.prediction.predictor import Predictor
from models.registry import Registry
from scripts.demonstration.folder import DemoFolder
from scripts.demonstration.service_process import ServiceProcess, free_port
from scripts.demonstration.targets_report import (
    agreed,
    figures,
    predicted_by_file,
    predicted_by_rest,
    some_inputs,
)
from scripts.demonstration.targets_screen import validation_table, where_to_look
from scripts.train_targets import train_predictor

SEED = 0


class TargetsStage:
    """A predictor of the shipped example and the service that answers by it, under one folder.

    Parameters
    ----------
    home : Path
        The folder; a second stage in it takes the predictor that the first one left.
    process : str
        Name or path of the profile.
    profile : Profile
        What stands there.
    seed : int or None
        Of the training; None takes what is trained, else 0.
    port : int
        Of the REST API; 0 takes a free one.

    Raises
    ------
    ConfigError
        Here or on entering: the port is taken, or the folder cannot be used.
    """

    def __init__(self, home: Path, process: str, profile: Profile, *, seed: int | None, port: int) -> None:
        self.home, self.process, self.profile = home, process, profile
        self.port = free_port(port)
        self.console = Console(stderr=True)
        self._seed = seed
        self._begun = time.monotonic()
        self._ending = ExitStack()

    def __enter__(self) -> TargetsStage:
        self._ending.enter_context(DemoFolder(self.home))
        self.config = self._config()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.close()

    def train(self) -> None:
        """Train on the shipped set unless that was done for this very profile."""
        registry = Registry(self.config.registry)
        self.training_seconds: float | None = None
        if not self._is_trained(registry):
            begun = time.monotonic()
            train_predictor(self.config, console=self.console, example=True, seed=self._seed or SEED)
            self.training_seconds = round(time.monotonic() - begun, 1)
        plan, plant = load_plan(registry, None, self.profile)
        assert plan.predictor is not None  # it was trained for this profile
        self.predictor: Predictor = plan.predictor
        rows = int(self.predictor.trained.setting_rows.sum())
        self._done(f"learned from {rows} synthetic rows of {plant.notes['source']}, version {plan.version}")
        self.figures = figures(self.predictor)
        self.console.print(validation_table(self.figures))

    def serve(self) -> None:
        """Start the service, which reads no stream, and wait until it is ready."""
        log = self.home / "service.log"
        self.service = ServiceProcess(self._environment(), self.port, log, arguments=("--without-stream",))
        self._ending.callback(self.service.stop)
        with self.console.status("Starting the service ..."):
            self.service.start()
            self.service.wait_ready()
        self._done(f"service on {self.service.url}/, its log in {log}")
        setting = zip(self.predictor.input_names, self.predictor.trained.settings[0].tolist(), strict=True)
        typed = " ".join(f"{name}={value:.6g}" for name, value in setting)
        command = f"./sprue predict --process {self.process} --home {self.home} {typed}"
        self.console.print(where_to_look(self.service.url, command), highlight=False)

    def ask(self) -> dict[str, Any]:
        """Have the service predict some settings, beside the same from a file; all the figures.

        Raises
        ------
        SprueError
            The service does not answer.
        """
        inputs = some_inputs(self.predictor)
        try:
            rest = predicted_by_rest(self.service, self.predictor, inputs)
        except OSError as error:  # HTTP
            self.service.check_running()
            msg = f"the service does not answer ({error}); see {self.service.log}"
            raise SprueError(msg) from error
        file = predicted_by_file(self.predictor, inputs, self.home)
        alike = agreed(rest, file)
        self._done(f"{len(inputs)} settings asked over REST, {alike} of them predicted alike from a file")
        return self.figures | {
            "asked_by_rest": len(inputs),
            "agreed_with_file": alike,
            "training_seconds": self.training_seconds,
            "seconds": round(time.monotonic() - self._begun, 1),
        }

    def stay(self) -> None:
        """Keep the service up until Ctrl-C.

        Raises
        ------
        SprueError
            It ended by itself.
        """
        try:
            while True:
                self.service.check_running()
                time.sleep(0.5)
        except KeyboardInterrupt:  # the ordinary end
            self.console.print("ending ...", style="dim")

    def _is_trained(self, registry: Registry) -> bool:
        if registry.current() is None:
            return False
        plant, _ = registry.load()
        asked = self._seed in (None, plant.notes.get("seed"))
        return asked and plant.predictor is not None and plant.profile_sha256 == self.profile.sha256

    def _done(self, text: str) -> None:
        self.console.print(f"[green]✓[/] {text}", highlight=False, soft_wrap=True)

    def _environment(self) -> dict[str, str]:
        # All that an .env of the user's could point at a real plant or a real store.
        return {
            "SPRUE_HOME": str(self.home),
            "SPRUE_PROFILE": self.process,
            "SPRUE_STORE_URL": "",
            "SPRUE_HOST": "127.0.0.1",
            "SPRUE_TLS_CERT": "",
            "SPRUE_TLS_KEY": "",
            "SPRUE_BEHIND_PROXY": "false",
        }

    def _config(self) -> Config:
        values = {key.removeprefix("SPRUE_").lower(): value for key, value in self._environment().items()}
        return load_config(**values)
