"""What stands behind the API of a service: the judging of a stream, or the model alone."""

from __future__ import annotations

import shlex
import threading
from collections.abc import Mapping
from typing import Protocol

import structlog

from api.ordering import HandIn, nobody_obeys
from core.config import Config
from core.errors import ConfigError, StoreUnavailable
from core.profile import Profile
from inference.answering import Answering
from inference.manager_notice import ALIVE, tell_manager
from inference.plan_provider import PlanProvider
from inference.service import JudgingService
from inference.status import ServiceStatus
from inference.store.held import is_written
from inference.store.reader import VerdictReader
from inference.store.sink import VerdictStore
from inference.watchdog import Watchdog
from inference.wiring import beside
from ingest.change_stream import MongoChangeStream
from ingest.collection_scan import ScanThenStream
from models.registry import Registry

Judged = Mapping[tuple[str, str], int]
log = structlog.get_logger("serve")


class Behind(Protocol):
    """What the API asks, and what starts and ends with it.

    Attributes
    ----------
    plans : PlanProvider
        What is trained.
    hand_in : HandIn
        Takes orders for whoever writes the store.
    told : str
        What it does, for whoever started it.
    """

    plans: PlanProvider
    hand_in: HandIn
    told: str

    @property
    def status(self) -> ServiceStatus:
        """How it is doing."""

    @property
    def judged(self) -> Judged:
        """Verdicts written since the start by ``(outcome, route)``."""

    @property
    def moving(self) -> bool:
        """Whether it takes its steps."""

    def start(self) -> None:
        """Begin, in threads of its own."""

    def stop(self, seconds: float) -> bool:
        """End in order; whether it did within so many seconds."""


class StreamBehind:
    """Judges the configured collection; see `Behind`.

    Raises
    ------
    ConfigError
        The store is not what it must be; it is closed again.
    """

    def __init__(self, config: Config, profile: Profile, reader: VerdictReader) -> None:
        self._store = _store(config)
        try:
            self._store.open()
        except StoreUnavailable as error:  # the loop tries again; the API says so meanwhile
            log.warning("the verdict store is not there yet", problem=str(error))
        except ConfigError:
            self._store.close()
            raise
        registry = Registry(config.registry)
        untrained = _untrained(config, profile, "judging begins by itself when it is done")
        self.plans = PlanProvider(registry, profile, reader.newest_threshold_choice, untrained)
        stream = MongoChangeStream(
            config.mongo_url.get_secret_value(), config.mongo_database, config.mongo_collection
        )
        source = ScanThenStream(stream, config.start_from)
        self._service = JudgingService(
            source,
            self._store,
            self.plans,
            profile,
            batch_size=config.batch_size,
            on_gap=config.on_gap,
            beside=beside(registry, self.plans, reader.newest_threshold_choice),
        )
        self.hand_in: HandIn = self._service.orders.hand_in
        self.told = f"sprue judges {source.where}"
        self._thread = threading.Thread(target=self._judge, name="judging", daemon=True)
        self._watchdog = Watchdog(
            lambda: self._service.heartbeat if self._thread.is_alive() else None,
            alive=lambda: tell_manager(ALIVE),
        )

    @property
    def status(self) -> ServiceStatus:
        """How judging is doing."""
        return self._service.status

    @property
    def judged(self) -> Judged:
        """Verdicts written since the start."""
        return self._store.judged

    @property
    def moving(self) -> bool:
        """Whether the loop takes its steps."""
        return self._watchdog.healthy

    def start(self) -> None:
        """Begin to judge."""
        self._thread.start()
        self._watchdog.start()

    def stop(self, seconds: float) -> bool:
        """Finish the batch."""
        self._watchdog.stop()
        return self._service.stop(seconds)

    def _judge(self) -> None:
        """Run the loop; what ends it for good is logged there, and /readyz shows it."""
        try:
            self._service.run()
        except Exception:  # logged with its stack by the loop's edge; the API stays up to say so
            return


class ModelBehind:
    """Answers with the model in use and writes nothing; see `Behind`.

    Raises
    ------
    ConfigError
        As of `StreamBehind`.
    """

    def __init__(self, config: Config, profile: Profile, reader: VerdictReader) -> None:
        _lay_out(config)
        untrained = _untrained(config, profile, "answers begin when a version is there")
        self.plans = PlanProvider(
            Registry(config.registry), profile, reader.newest_threshold_choice, untrained
        )
        self._answering = Answering(self.plans)
        self.hand_in: HandIn = nobody_obeys
        self.told = f"sprue answers without a stream, as the process {profile.name!r}; it judges no records"
        self._thread = threading.Thread(target=self._answering.run, name="models", daemon=True)
        # Nothing is judged, so nothing can hang; a manager that watches is told that the process lives.
        self._watchdog = Watchdog(lambda: None, alive=lambda: tell_manager(ALIVE))

    @property
    def status(self) -> ServiceStatus:
        """Which model answers."""
        return self._answering.status

    @property
    def judged(self) -> Judged:
        """Nothing."""
        return {}

    @property
    def moving(self) -> bool:
        """Always: what would not is the API itself."""
        return True

    def start(self) -> None:
        """Load the model, and look for newer ones."""
        self._thread.start()
        self._watchdog.start()

    def stop(self, seconds: float) -> bool:
        """Look no more."""
        self._watchdog.stop()
        self._answering.stop()
        self._thread.join(seconds)
        return not self._thread.is_alive()


def _untrained(config: Config, profile: Profile, then: str) -> str:
    """What to do while no model is trained: the command with the process and home served here."""
    given = [("--process", config.profile)] if "profile" in config.model_fields_set else []
    given += [("--home", str(config.home))] if "home" in config.model_fields_set else []
    typed = shlex.join(["train", *(word for pair in given for word in pair)])
    ways = " with --example or --history FILE" if profile.example else ""
    return f"no model is trained yet: run `./sprue {typed}`{ways}; {then}"


def _store(config: Config) -> VerdictStore:
    return VerdictStore(
        config.resolved_store_url,
        min_free_bytes=config.min_free_mb * 1_000_000,
        identity_folder=config.home,
    )


def _lay_out(config: Config) -> None:
    """Make the tables that pages and paths read, unless a service writes the store already."""
    store = _store(config)
    try:
        if not is_written(config.resolved_store_url):
            store.open()
    except StoreUnavailable as error:
        log.warning("the verdict store is not there", problem=str(error))
    finally:
        store.close()
