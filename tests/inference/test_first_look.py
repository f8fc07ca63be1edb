from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.stream import Begin, Event, Phase, Position
from inference.plan import Plan
from inference.service import JudgingService
from inference.store.sink import VerdictStore


class QuietSource:
    """Nothing comes; notes of every wait whether the service was ready by then."""

    phase: Phase = "stream"

    def __init__(self) -> None:
        self.ready: list[bool] = []
        self.service: JudgingService

    def open(self, position: Position | None, begin: Begin = "position") -> None: ...

    def reconcile(self, gap: int) -> Position:
        raise NotImplementedError

    def head(self) -> None: ...

    def next_batch(self, max_events: int, wait_s: float) -> Sequence[Event]:
        if wait_s > 0:
            self.ready.append(self.service.status.ready)
            self.service.stop()
        return []

    def position(self) -> Position:
        return Position("null", kind="start", source_id="quiet")

    def close(self) -> None: ...


def test_on_a_quiet_stream_the_service_is_ready_before_it_first_waits(tmp_path: Path, plan: Plan) -> None:
    source = QuietSource()
    store = VerdictStore(f"sqlite:///{(tmp_path / 'verdicts.sqlite').as_posix()}")
    source.service = JudgingService(source, store, lambda: plan, plan.profile)

    source.service.run()

    assert source.ready == [True]
