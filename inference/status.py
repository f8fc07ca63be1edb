"""How the judging service is doing: one frozen picture for health checks and metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from inference.consumer.states import MEANING, READY, State

STATES: tuple[State, ...] = tuple(MEANING)


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """The service at one moment.

    Attributes
    ----------
    state : str
        See `inference.consumer.states`.
    reason : str
        Why it is not streaming, empty when it is.
    code : int or None
        The server's error code behind the reason.
    since : int
        When it entered the state, ms since 1970 UTC.
    read : int
        Events received. Always ``verdicts + dead_letters + ignored + replayed`` once
        their batch is written.
    verdicts, dead_letters : int
        Rows newly written.
    ignored : int
        Events that bring no record.
    replayed : int
        Events whose row was there already.
    reconnects : int
        Times the stream or the store had to be opened again.
    lag_seconds : float or None
        Age of the last record written against the newest in the source, both by the
        server's clock; None before the first answer or where the source has no clock.
    last_commit : int or None
        When something was last written, ms since 1970 UTC.
    model_version : str or None
        Registry version that judges, None while there is none.
    model_problem : str
        Why a newer version is not used, empty when all is well.
    threshold_choice : int
        Number of the stored choice of the limit that judges, 0: the profile's rule does.
    unknown_fields : mapping of str to int
        Fields of documents the profile does not name, and in how many records.
    """

    state: State = "opening"
    reason: str = ""
    code: int | None = None
    since: int = 0
    read: int = 0
    verdicts: int = 0
    dead_letters: int = 0
    ignored: int = 0
    replayed: int = 0
    reconnects: int = 0
    lag_seconds: float | None = None
    last_commit: int | None = None
    model_version: str | None = None
    model_problem: str = ""
    threshold_choice: int = 0
    unknown_fields: Mapping[str, int] = field(default_factory=dict)

    @property
    def ready(self) -> bool:
        """Whether verdicts are being given now, or nobody asked for any: there is no stream."""
        return self.state in READY

    @property
    def balanced(self) -> bool:
        """Whether every event read is accounted for."""
        return self.read == self.verdicts + self.dead_letters + self.ignored + self.replayed
