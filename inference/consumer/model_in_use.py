"""The model the consumer judges with: looked for again and again, and left when it fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

from core.errors import ModelError, ModelNotFound
from inference.consumer import happened as was
from inference.plan import Plan


@runtime_checkable
class CanDistrust(Protocol):
    """A plan provider that can fall back to another version."""

    def distrust(self, version: str, reason: str) -> None:
        """Do not give this version again before something about it changed."""


class ModelInUse:
    """The plan in use; used by one thread.

    Parameters
    ----------
    provider : callable
        Gives the present scoring plan; raises `ModelError` while there is none.
    log : structlog logger

    Attributes
    ----------
    plan : Plan or None
    problem : str
        Why a newer version is not used, empty when all is well.
    """

    def __init__(self, provider: Callable[[], Plan], log: Any) -> None:
        self._provider, self._log = provider, log
        self.plan: Plan | None = None
        self.problem = ""

    def look(self, monotonic: Callable[[], float], another: Callable[[], None]) -> was.Happened:
        """Ask for the present plan; `another` is called when it is another one."""
        try:
            plan = self._provider()
        except ModelError as error:
            if self.plan is None:
                kind = "no model" if isinstance(error, ModelNotFound) else "no usable model"
                return was.ModelMissing(f"{kind}: {error}")
            if str(error) != self.problem:
                self._log.error("keeping the present model", version=self.plan.version, problem=str(error))
                self.problem = str(error)
            return was.ModelReady(self.plan.version, monotonic())
        if plan is not self.plan:
            self._log.info("model in use", version=plan.version)
            self.plan = plan
            another()
        # A provider that had to fall back to another version says why.
        self.problem = getattr(self._provider, "problem", None) or ""
        return was.ModelReady(plan.version, monotonic())

    def distrust(self, reason: str) -> None:
        """Ask for another version the next time: this one fails on one record after the other."""
        if self.plan is not None and isinstance(self._provider, CanDistrust):
            self._provider.distrust(self.plan.version, reason)
            self.plan = None
