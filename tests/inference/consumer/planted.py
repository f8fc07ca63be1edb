"""Planted bugs: each breaks one rule, and the universes must notice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

import inference.service
from core.errors import StoreUnavailable
from core.stream import Begin, Position, Work, Written
from inference.consumer import actions as do
from inference.consumer import happened as was
from inference.consumer.decide import Next, decide
from inference.consumer.judging import Judged, Judging
from inference.consumer.machine import Machine
from tests.inference.consumer.universe import Parts
from tests.inference.consumer.world import Disk
from tests.inference.consumer.world_sink import WorldSink
from tests.inference.consumer.world_source import WorldSource

Decide = Callable[[Machine, was.Happened], Next]


class TokenFirst(WorldSink):
    """The position is durable before the verdicts are."""

    def write(self, work: Work) -> Written:
        self._before()
        self.advance(work.position)
        self._after()
        return self.commit(work)


class VerdictsFirst(WorldSink):
    """The verdicts are durable before the position is, and nobody knows them by their tokens."""

    def write(self, work: Work) -> Written:
        self._before()
        before = self._disk().position
        self._tokens = set()
        written = self.commit(work)
        after, self._disk().position = self._disk().position, before
        self._after()
        self._disk().position = after
        return written


class NoTokens(WorldSink):
    """What comes twice is written twice."""

    def commit(self, work: Work) -> Written:
        self._tokens = set()
        return super().commit(work)


class NoIdentity(WorldSink):
    """A vanished database is taken for a first run, and that begins at the present end."""

    def open(self, anew: bool = False) -> None:
        if self._world.disk is None and self._world.identity:
            self._world.disk = Disk()
            self._world.disk.position = Position(
                '{"filter": 0, "scan": null, "gap": null, "until": 0}',
                (self._world.time, 0),
                "start",
                "world",
            )
        super().open(anew)


class MaskedError(WorldSink):
    """A failed transaction is reported as written: its own error was masked by the rollback's."""

    def write(self, work: Work) -> Written:
        try:
            return super().write(work)
        except StoreUnavailable:
            return Written(len(work.tokens), len(work.dead_letters), 0)


class NoGapRow(WorldSink):
    """The gap's position is the stream's present end, not the beginning of reconciling."""

    def note_gap(self, cause: str, begin: Callable[[int], Position]) -> Position:
        position = super().note_gap(cause, begin)
        state = position.token_json.replace('"scan": ""', '"scan": null')
        self._disk().position = replace(position, token_json=state)
        return position


class AllUnchanged(WorldSink):
    """Reconciling takes every record for judged."""

    def unchanged(self, records: Sequence[tuple[str, int]]) -> Sequence[bool]:
        return [True] * len(records)


class NeverUnchanged(WorldSink):
    """Reconciling judges everything again."""

    def unchanged(self, records: Sequence[tuple[str, int]]) -> Sequence[bool]:
        return [False] * len(records)


class NowAfterRefusal(WorldSource):
    """A refused token is answered by going on from the present."""

    def open(self, position: Position | None, begin: Begin = "position") -> None:
        super().open(position, "now" if begin == "time" else begin)


class ScanForgotten(WorldSource):
    """A scan that was interrupted is taken for finished."""

    def open(self, position: Position | None, begin: Begin = "position") -> None:
        super().open(position, begin)
        if position is not None and self._scan:
            self._scan = None


def _deciding(change: Callable[[Machine, was.Happened], Next | None]) -> Decide:
    """`decide`, but where `change` answers."""
    return lambda machine, happened: change(machine, happened) or decide(machine, happened)


def _swallow_286(machine: Machine, happened: was.Happened) -> Next | None:
    if isinstance(happened, was.StreamFailed) and happened.fault == "history_lost":
        return machine, do.OpenStream("now")
    return None


def _reads_on(machine: Machine, happened: was.Happened) -> Next | None:
    """After a failed write the next batch is read, not the position."""
    if isinstance(happened, was.StoreFailed) and machine.pending and happened.fault == "away":
        return replace(machine, pending=False), do.Read()
    return None


def _gap_forgotten(machine: Machine, happened: was.Happened) -> Next | None:
    """A store that fails while a gap is noted makes the gap forgotten, the stream at its end not."""
    if isinstance(happened, was.StoreFailed) and machine.gap and happened.fault != "lost":
        return replace(machine, gap="", state="streaming"), do.Checkpoint()
    return None


class SkipDeadLetters(Judging):
    """What cannot be judged is skipped."""

    def of(self, *args: Any, **kwargs: Any) -> Judged:
        judged = super().of(*args, **kwargs)
        work = replace(judged.work, dead_letters=())
        return judged._replace(work=work, ignored=judged.ignored + len(judged.work.dead_letters))


def _with_decide(
    change: Callable[[Machine, was.Happened], Next | None],
) -> Callable[[pytest.MonkeyPatch], Parts]:
    def plant(patch: pytest.MonkeyPatch) -> Parts:
        patch.setattr(inference.service, "decide", _deciding(change))
        return Parts()

    return plant


def _with_judging(judging: type[Judging]) -> Callable[[pytest.MonkeyPatch], Parts]:
    def plant(patch: pytest.MonkeyPatch) -> Parts:
        patch.setattr(inference.service, "Judging", judging)
        return Parts()

    return plant


BUGS: Mapping[str, Callable[[pytest.MonkeyPatch], Parts]] = {
    "token first": lambda _: Parts(sink=TokenFirst),
    "verdicts first": lambda _: Parts(sink=VerdictsFirst),
    "no tokens": lambda _: Parts(sink=NoTokens),
    "no identity file": lambda _: Parts(sink=NoIdentity),
    "rollback masks the error": lambda _: Parts(sink=MaskedError),
    "gap without reconciling": lambda _: Parts(sink=NoGapRow),
    "everything unchanged": lambda _: Parts(sink=AllUnchanged),
    "nothing unchanged": lambda _: Parts(sink=NeverUnchanged),
    "now after a refused token": lambda _: Parts(source=NowAfterRefusal),
    "interrupted scan forgotten": lambda _: Parts(source=ScanForgotten),
    "swallow 286": _with_decide(_swallow_286),
    "reads on after a failed write": _with_decide(_reads_on),
    "gap forgotten": _with_decide(_gap_forgotten),
    "dead letters skipped": _with_judging(SkipDeadLetters),
}
"""Name -> plants the bug for as long as the patch lasts."""
