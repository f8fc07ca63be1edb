"""A store that fails or vanishes under the service."""

import os
from pathlib import Path

import bson
import pytest

from inference.plan import Plan
from tests.inference.service.trial import Events, Trial, WatchedStore


@pytest.mark.parametrize("when", ["fail_before", "fail_after"])
def test_a_store_that_fails_loses_and_doubles_nothing(
    path: Path, plan: Plan, events: Events, when: str
) -> None:
    store = WatchedStore(path)
    setattr(store, when, {2, 3, 5})
    trial = Trial(path, plan, events(30), batch_size=6, sink=store)
    trial.run()
    assert trial.column("event_token") == [e.token for e in events(30)]
    assert trial.service.status.balanced
    assert trial.service.status.reconnects == 3


def test_verdicts_are_the_same_with_and_without_failures(path: Path, plan: Plan, events: Events) -> None:
    """Fill memory is read back after a failure: values of a batch undone are forgotten."""
    holes = []
    for number, event in enumerate(events(40)):
        document = bson.decode(event.raw or b"")
        document["facility"], document["maker"], document["item"] = "M0-F0", "M0", "I0"
        if number % 3:
            del document["set"]
        holes.append(event._replace(raw=bson.encode(document)))
    store = WatchedStore(path)
    store.fail_before, store.fail_after = {3, 4}, {6}
    shaken = Trial(path, plan, holes, batch_size=5, sink=store).run()
    calm = Trial(path.with_name("calm.sqlite"), plan, holes, batch_size=5).run()
    columns = "event_token || filled || anomaly_score || outcome"
    assert shaken.column(columns) == calm.column(columns)
    assert any("forward" in text for text in calm.column("filled"))


@pytest.mark.skipif(os.name != "posix", reason="Windows lets nobody delete an open file")
def test_a_store_that_vanishes_on_a_quiet_line_is_noticed_at_once(
    path: Path, plan: Plan, events: Events
) -> None:
    gone: list[bool] = []

    def vanish() -> None:
        if not gone:
            gone.append(True)
            path.unlink()

    trial = Trial(path, plan, [*events(3), vanish, None])
    trial.run()
    reasons = [change.reason for work in trial.sink.works for change in work.states]
    assert any("deleted or exchanged while it was in use" in reason for reason in reasons)
