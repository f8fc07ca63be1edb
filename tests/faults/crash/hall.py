"""A press hall for trials: a real MongoDB, a load on it, the service, and the account of it all."""

from __future__ import annotations

import shutil
import signal
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.conftest import FaultFigures
from tests.faults.crash.expected_outcomes import expected_outcomes
from tests.faults.crash.judging_process import JudgingProcess
from tests.faults.crash.oracle import Findings, errors_without_reason, examine
from tests.faults.crash.shot_feed import ShotFeed
from tests.faults.crash.store_content import count_answers, read_store
from tests.faults.real_backend import RealBackend


def pass_time(seconds: float) -> None:
    """Let a chosen time pass: when exactly a fault strikes is what such a trial varies."""
    threading.Event().wait(seconds)


class Hall:
    """One collection, one home, one service.

    Parameters
    ----------
    mongo : RealBackend
    trained : Path
        A trained home, of which the registry is copied.
    folder : Path
        Of this hall alone.
    seed : int
        Of the shots.
    settings : mapping of str to str
        Further ``SPRUE_*`` of the service.
    """

    def __init__(
        self,
        mongo: RealBackend,
        trained: Path,
        folder: Path,
        seed: int,
        figures: FaultFigures,
        settings: Mapping[str, str] | None = None,
        odd: float | None = None,
    ) -> None:
        self.mongo = mongo
        self.seed = seed
        self.home = folder / "홀"
        shutil.copytree(trained / "registry", self.home / "registry")
        self._figures = figures
        self.settings = {
            "SPRUE_HOME": str(self.home),
            "SPRUE_MONGO_URL": mongo.url,
            "SPRUE_MONGO_DATABASE": mongo.database,
            "SPRUE_MONGO_COLLECTION": mongo.collection,
            "SPRUE_START_FROM": "beginning",
            "SPRUE_LOG_FORMAT": "json",
            "SPRUE_BATCH_SIZE": "50",
            **(settings or {}),
        }
        self.store_url = self.settings.get("SPRUE_STORE_URL", f"sqlite:///{self.home}/verdicts.sqlite")
        self.store = Path(self.store_url.removeprefix("sqlite:///"))
        self.feed = ShotFeed(mongo.url, mongo.database, mongo.collection, seed, odd)
        self.service = JudgingProcess(self.settings, 0, folder / "service.log")

    def start(self, prefix: Sequence[str] = ()) -> None:
        """Start the service and wait until it judges."""
        self.service.start_under(prefix)
        self.service.wait_ready()

    def second_service(self) -> JudgingProcess:
        """Another instance on the same store; not started."""
        return JudgingProcess(self.settings, 0, self.service.log.with_name("second.log"))

    def answered(self) -> int:
        """Verdicts and dead letters in the store."""
        return count_answers(self.store_url)

    def await_answers(self, count: int | None = None, seconds: float = 180.0) -> None:
        """Until the store holds so many answers; by default one for everything written."""
        due = len(self.feed.ledger) if count is None else count
        self.service.wait_until(lambda: self.answered() >= due, f"{due} answers", seconds)

    def settle(self, seconds: float = 180.0, *, judged_alike: bool = True) -> Findings:
        """Stop writing, wait until all is answered, and compare; the figures are noted.

        Parameters
        ----------
        seconds : float
            How long the answers may take.
        judged_alike : bool
            Whether the shots were judged in the order of writing, so that the pure function
            must have come to the same verdicts. Not after a scan of the collection.
        """
        self.feed.pause()
        if not self.service.running:
            self.start()
        self._await_quiet(seconds)
        assert self.service.metric("sprue_balanced") == 1.0
        assert self.service.stop() == 0, self.service.tail()
        written = self.feed.ledger.written
        expected = expected_outcomes(written, self.home / "registry") if judged_alike else None
        findings = examine(written, read_store(self.store_url), expected)
        assert errors_without_reason(self.service.log) == []
        self._figures(
            "events",
            written=findings.written,
            verdicts=findings.verdicts,
            dead_letters=findings.dead,
            lost=len(findings.lost),
            doubled=len(findings.doubled),
        )
        return findings

    def note_faults(self, kind: str, count: int = 1) -> None:
        """So many faults of this kind were injected."""
        self._figures("fault", **{kind: count})

    def close(self) -> None:
        """End everything."""
        self.feed.pause()
        if self.service.running:
            self.service.send(getattr(signal, "SIGCONT", signal.SIGTERM))
            self.service.kill()
        self.feed.__exit__(None, None, None)

    def _await_quiet(self, seconds: float) -> None:
        """Every shot answered. What is missing then is found by comparing, not by waiting."""
        try:
            self.await_answers(seconds=seconds)
        except TimeoutError:
            if not self.service.running:
                self.service.check_running()
