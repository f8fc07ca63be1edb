"""Work that costs more than a moment: done in a thread, once, after the last wish for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from nicegui import background_tasks, ui

WAIT_SECONDS: Final = 0.15


class Later:
    """Does work a moment after the last `wish`; wishes meanwhile are one more.

    Parameters
    ----------
    work : callable
        Computes, in a thread of its own: it must not touch the page.
    show : callable
        Gets what came of it, for the page.
    """

    def __init__(self, work: Callable[[], Any], show: Callable[[Any], None]) -> None:
        self._work, self._show = work, show
        self._visitor = ui.context.client
        self._wished = 0
        self._running = False

    def wish(self) -> None:
        """Have it done with what is set by then."""
        self._wished += 1
        if not self._running:
            self._running = True
            background_tasks.create(self._run(), name="a form's work")

    async def _run(self) -> None:
        try:
            done = 0
            while done != self._wished and not self._visitor.is_deleted:
                done = self._wished
                await asyncio.sleep(WAIT_SECONDS)
                if done == self._wished:
                    found = await asyncio.to_thread(self._work)
                    if not self._visitor.is_deleted:
                        self._show(found)
        finally:
            self._running = False
