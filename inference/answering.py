"""What stands behind an API without a stream: the model in use, looked for again and again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Protocol

import structlog

from core.errors import ModelError
from inference.clock import Clock, SystemClock
from inference.plan import Plan
from inference.status import ServiceStatus

LOOK_S = 1.0
"""How often a newer version is looked for."""


class Plans(Protocol):
    """Gives the present plan, and says what is wrong with a newer one."""

    @property
    def problem(self) -> str | None:
        """Why the current version is not in use."""

    def __call__(self) -> Plan:
        """The present plan; raises `ModelError` while there is none."""


class Answering:
    """Keeps the plan of the registry's current version in use; reads and judges nothing.

    Parameters
    ----------
    plans : Plans
        `inference.plan_provider.PlanProvider`; used by the thread that calls `run` alone.
    clock : Clock
    wait : callable
        Waits up to so many seconds; True: a stop was asked for.
    log : structlog logger
    """

    def __init__(
        self,
        plans: Plans,
        *,
        clock: Clock | None = None,
        wait: Callable[[float], bool] | None = None,
        log: Any = None,
    ) -> None:
        self._plans, self._log = plans, log or structlog.get_logger("answering")
        self._stop = threading.Event()
        self._wait = wait or self._stop.wait
        self._since = (clock or SystemClock()).now_ms()
        self._status = self._picture(None, "")

    @property
    def status(self) -> ServiceStatus:
        """The present picture; safe from any thread."""
        return self._status

    def stop(self) -> None:
        """Ask `run` to return; safe from any thread."""
        self._stop.set()

    def run(self) -> None:
        """Look for the present version until `stop`; what goes wrong is told and tried again."""
        while True:
            self._look()
            if self._wait(LOOK_S):
                return

    def _look(self) -> None:
        before, plan = self._status, None
        try:
            plan = self._plans()
            problem = self._plans.problem or ""
        except ModelError as error:
            problem = str(error)
        except Exception as error:  # the loop's edge: the API goes on answering with what it has
            problem = f"{type(error).__name__}: {error}"
        if problem and problem != before.model_problem:
            self._log.warning("model", problem=problem)
        if plan is not None and plan.version != before.model_version:
            self._log.info("model in use", version=plan.version)
        self._status = self._picture(plan, problem)

    def _picture(self, plan: Plan | None, problem: str) -> ServiceStatus:
        return ServiceStatus(
            state="answering",
            since=self._since,
            model_version=None if plan is None else plan.version,
            model_problem=problem,
            threshold_choice=0 if plan is None else plan.choice,
        )
