"""The challenger: a version that judges in the shadow, after the verdicts are committed.

It has its own fill memory, and nothing it does reaches a verdict. Whatever it raises ends its
trial, with the reason; while production is behind it is left out, and what it missed is counted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Protocol

from core.batch import Batch
from core.beside import Cell, RunState, ShadowAccount, ShadowRun, Tally
from core.errors import ModelError
from core.profile import Profile
from core.verdict import Verdicts
from inference.isolation import Judge
from inference.plan import Plan
from inference.shadow_tally import added, tally
from ingest.fill_memory import FillMemory
from models.registry_challenger import Appointed

LOOK_S = 1.0
"""How often it is looked for another challenger."""
ACCOUNT_S = 1.0
"""Least time between two accounts: a process that is killed loses the comparison of so long."""
SLOW_S = 1.0
"""A batch that takes the challenger longer than this is too slow ..."""
MOST_SLOW = 3
"""... and so many in a row end the trial."""

LoadedPlan = Callable[[], Plan]
"""Gives the challenger's plan, the same object as long as nothing changed."""
InBackground = Callable[[Callable[[], None]], object]


class Remembers(Protocol):
    """What a challenger reads from the store."""

    def memory(self) -> Mapping[str, str]:
        """Fill memory of every facility."""

    def shadow_run(self, run: int) -> ShadowRun | None:
        """A trial as it was written."""


def in_thread(work: Callable[[], None]) -> None:
    """Do it beside everything else."""
    threading.Thread(target=work, name="challenger", daemon=True).start()


class Challenger:
    """Judges what was judged once more; used by the judging thread.

    Parameters
    ----------
    appointed : callable
        Who is challenger now, None: nobody; raises `ModelError` or `OSError`.
    load : callable
        Loads a version, gives its `LoadedPlan`.
    profile : Profile
    judge : callable
    monotonic : callable
        Seconds.
    tell : callable
        Gets a sentence for the log of states.
    in_background : callable
        Runs the loading where it delays nothing.
    """

    def __init__(
        self,
        appointed: Callable[[], Appointed | None],
        load: Callable[[str], LoadedPlan],
        profile: Profile,
        judge: Judge,
        *,
        monotonic: Callable[[], float],
        tell: Callable[[str], None],
        in_background: InBackground = in_thread,
    ) -> None:
        self._appointed, self._load, self._profile, self._judge = appointed, load, profile, judge
        self._monotonic, self._tell, self._in_background = monotonic, tell, in_background
        self._present: Appointed | None = None
        self._look_at = self._due_at = 0.0
        self._slow = 0
        self._state: RunState = "running"
        self._reason = ""
        self._number = 0
        self._loaded: LoadedPlan | Exception | None = None
        self._memory: FillMemory | None = None
        self._tallies: dict[Cell, Tally] = {}
        self._compared = self._skipped = 0
        self._changed = False
        self._sent: ShadowAccount | None = None

    def shadow(self, batch: Batch, verdicts: Verdicts, store: Remembers, *, behind: bool) -> None:
        """Judge a committed batch as well, and count where it disagrees.

        Parameters
        ----------
        batch : Batch
            The judged records as received.
        verdicts : Verdicts
            What counted.
        store : Remembers
        behind : bool
            More is waiting, or some were written before: they are skipped and counted.

        Raises
        ------
        Exception
            Whatever the challenger failed with; its trial is to be ended by `drop`.
        """
        self._look(store)
        champion: str = verdicts.columns["model_version"][0]
        if self._present is None or self._state == "dropped" or self._present.version == champion:
            return
        plan = self._plan()
        if self._reason:
            return
        if plan is None or behind or self._memory is None:
            # What came before the first batch, and while it did not look, is read back from the store.
            catch_up = plan is not None and not behind
            self._memory = FillMemory.from_json(store.memory(), self._profile) if catch_up else None
            self._skipped += len(batch)
            return
        began = self._monotonic()
        judged = self._judge(batch, plan, self._memory)
        found = tally(verdicts, judged.verdicts, self._profile.lot.utc_offset_minutes)
        self._memory = judged.memory
        for cell, one in found.items():
            known = self._tallies.get(cell)
            self._tallies[cell] = one if known is None else added(known, one)
        self._compared += len(batch)
        self._slow = self._slow + 1 if self._monotonic() - began > SLOW_S else 0
        if self._slow >= MOST_SLOW:
            self._drop(f"too slow: {MOST_SLOW} batches in a row took it longer than {SLOW_S:g} s")

    def drop(self, reason: str) -> None:
        """End the trial."""
        if self._present is not None and self._state == "running":
            self._drop(reason)

    def due(self, final: bool = False) -> ShadowAccount | None:
        """What is to be written with the next transaction; the same again until `written`."""
        now = self._monotonic()
        news = self._compared or self._skipped or self._changed
        if self._sent is None and news and self._present is not None:
            if now < self._due_at and not (final or self._changed):
                return None
            self._sent = ShadowAccount(
                run=self._present.since,
                challenger=self._present.version,
                number=self._number + 1,
                compared=self._compared,
                skipped=self._skipped,
                tallies=self._tallies,
                state=self._state,
                reason=self._reason,
            )
            self._due_at = now + ACCOUNT_S
            self._forget()
        return self._sent

    def written(self) -> None:
        """What was given by `due` is in the store."""
        if self._sent is not None:
            self._number, self._sent = self._sent.number, None

    def _look(self, store: Remembers) -> None:
        """Notice another challenger."""
        now = self._monotonic()
        if now < self._look_at or self._sent is not None:
            return
        self._look_at = now + LOOK_S
        try:
            appointed = self._appointed()
        except (ModelError, OSError):  # read while it is exchanged, or damaged: the present one goes on
            return
        if appointed == self._present:
            return
        stored = store.shadow_run(appointed.since) if appointed is not None else None
        self._forget()
        self._present, self._loaded, self._memory, self._slow = appointed, None, None, 0
        self._number = stored.number if stored is not None else 0
        self._state, self._reason = (stored.state, stored.reason) if stored is not None else ("running", "")
        if appointed is not None and self._state == "running":
            self._in_background(lambda: self._fetch(appointed))

    def _fetch(self, appointed: Appointed) -> None:
        """Load a challenger; in the background."""
        try:
            loaded: LoadedPlan | Exception = self._load(appointed.version)
        except Exception as error:  # the loop's edge, in its own thread: told by the judging one
            loaded = error
        if self._present == appointed:
            self._loaded = loaded

    def _plan(self) -> Plan | None:
        """The challenger's plan, None while it is being loaded."""
        loaded = self._loaded
        if loaded is None:
            return None
        if isinstance(loaded, Exception):
            self._drop(f"it cannot be used: {loaded}")
            return None
        return loaded()

    def _drop(self, reason: str) -> None:
        assert self._present is not None
        self._state, self._reason, self._changed = "dropped", reason, True
        self._loaded = self._memory = None
        self._tell(f"challenger {self._present.version} dropped: {reason}")

    def _forget(self) -> None:
        self._tallies, self._compared, self._skipped, self._changed = {}, 0, 0, False
