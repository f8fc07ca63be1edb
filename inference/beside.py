"""What goes on beside judging: the challenger and the watch for drift. Neither ever reaches a verdict."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Protocol, runtime_checkable

from core.batch import Batch
from core.beside import Beside, DriftLot, ShadowRun
from core.errors import StoreUnavailable
from core.profile import Profile
from core.verdict import Verdicts
from inference.challenger import Challenger
from inference.drift.watch import DriftWatch
from models.artifact import TrainedPlant

WRITTEN_S = 30.0
"""How often the lots of the watch are written; a process that is killed loses what it saw since."""
MOST_LOTS = 500
"""Lots in one transaction, so that none takes long."""

PlantOf = Callable[[str], TrainedPlant | None]
"""What training made of a version; None where that is not at hand."""


class Seen(NamedTuple):
    """What was judged: the records as received, and their verdicts row for row."""

    batch: Batch
    verdicts: Verdicts


@runtime_checkable
class KeepsBeside(Protocol):
    """A sink that keeps what is counted beside the verdicts."""

    def memory(self) -> Mapping[str, str]:
        """Fill memory of every facility."""

    def shadow_run(self, run: int) -> ShadowRun | None:
        """A challenger's trial as it was written."""

    def open_lots(self, version: str) -> Iterable[DriftLot]:
        """The newest lot of each model."""


class BesideJudging:
    """Looks at every batch once its verdicts are committed; used by the judging thread.

    Nothing it does can fail judging: what raises is put out of action, with a line in the log.
    A batch is counted once at most: one that was written before is left out, and what was not
    written yet when the process dies is lost.

    Parameters
    ----------
    profile : Profile
    monotonic : callable
        Seconds.
    log : structlog logger
    tell : callable
        Gets a sentence for the log of states.
    plant_of : callable, optional
        Without it there is no watch for drift.
    challenger : Challenger, optional
    """

    def __init__(
        self,
        profile: Profile,
        monotonic: Callable[[], float],
        log: Any,
        tell: Callable[[str], None],
        plant_of: PlantOf | None = None,
        challenger: Challenger | None = None,
    ) -> None:
        self._profile, self._monotonic, self._log, self._tell = profile, monotonic, log, tell
        self._plant_of, self._challenger = plant_of, challenger
        self._sink: object = None
        self._kept: KeepsBeside | None = None
        self._watch: DriftWatch | None = None
        self._lots: dict[tuple[str, int, int], DriftLot] = {}
        self._write_at = monotonic() + WRITTEN_S if plant_of is not None else 0.0

    def judged(self, seen: Seen | None, sink: object, *, new: bool, behind: bool) -> None:
        """Look at a batch that was written.

        Parameters
        ----------
        seen : Seen or None
        sink : object
            Where it was written; nothing is counted where it does not keep it.
        new : bool
            Every verdict was new.
        behind : bool
            More is waiting.
        """
        if seen is None or not len(seen.verdicts):
            return
        if sink is not self._sink:  # looked at once: what a protocol holds takes long to find out
            self._sink, self._kept = sink, sink if isinstance(sink, KeepsBeside) else None
        kept = self._kept
        if kept is None:
            return
        if self._plant_of is not None and new:
            try:
                self._look(seen, kept)
            except StoreUnavailable:
                self._watch = None  # begun again from the store
            except Exception as error:  # the loop's edge: drift is not worth a verdict
                self._plant_of = None
                self._tell(f"drift is not watched any more: {type(error).__name__}: {error}")
                self._log.error("drift is not watched any more", stack=traceback.format_exc())
        if self._challenger is not None:
            try:
                self._challenger.shadow(seen.batch, seen.verdicts, kept, behind=behind or not new)
            except StoreUnavailable:
                pass  # what it would have gone on from could not be read: it looks again at the next batch
            except Exception as error:  # the loop's edge: the challenger's own trouble
                self._challenger.drop(f"judging failed: {type(error).__name__}: {error}")

    def due(self, *, final: bool = False) -> Beside | None:
        """What goes into the next transaction; the same again until `written`."""
        if self._watch is not None and (final or self._monotonic() >= self._write_at):
            room = None if final else MOST_LOTS - len(self._lots)
            if room is None or room > 0:
                lots = self._watch.lots(room)
                self._lots |= {lot[:3]: lot for lot in lots}
                if not lots:
                    self._write_at = self._monotonic() + WRITTEN_S
        shadow = self._challenger.due(final) if self._challenger is not None else None
        return Beside(shadow, tuple(self._lots.values())) if shadow is not None or self._lots else None

    def written(self) -> None:
        """What `due` gave is in the store."""
        self._lots.clear()
        if self._challenger is not None:
            self._challenger.written()

    def _look(self, seen: Seen, sink: KeepsBeside) -> None:
        version: str = seen.verdicts.columns["model_version"][0]
        if self._watch is None or self._watch.version != version:
            if self._watch is not None:
                self._lots |= {lot[:3]: lot for lot in self._watch.lots()}
                self._watch = None
            assert self._plant_of is not None
            plant = self._plant_of(version)
            if plant is None:
                return
            self._watch = DriftWatch(
                version,
                [model.key for model in plant.models],
                plant.reference,
                len(self._profile.production),
                self._profile.lot.utc_offset_minutes,
                sink.open_lots(version),
            )
        self._watch.observe(seen.verdicts, seen.batch.production)


MakeBeside = Callable[[Profile, Callable[[], float], Any, Callable[[str], None]], BesideJudging]
"""Makes one from profile, seconds, log and what tells the log of states."""
