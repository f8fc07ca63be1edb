"""The states of the consumer, and which may follow which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

State = Literal[
    "opening",
    "loading",
    "connecting",
    "snapshot",
    "streaming",
    "paused",
    "reconnecting",
    "repositioning",
    "gap",
    "reconciling",
    "draining",
    "answering",
    "stopped",
    "halted",
    "failed",
]

MEANING: Mapping[State, str] = {
    "opening": "opens the verdict store and reads the position",
    "loading": "loads the model",
    "connecting": "opens the stream at the position",
    "snapshot": "first run: judges what the collection holds already",
    "streaming": "judges as shots come",
    "paused": "reads nothing: no model, or the verdict store is away or full",
    "reconnecting": "the stream is away; tries again",
    "repositioning": "the server refused the position; goes on from its time",
    "gap": "the oplog no longer holds the position; notes the gap",
    "reconciling": "judges what was missed, by comparing the collection with the verdicts",
    "draining": "stopping: finishes the batch, writes the position",
    "answering": "reads no stream; answers with the model",
    "stopped": "ended in order",
    "halted": "a gap that only the operator may close",
    "failed": "needs the operator: a setting, a right, another writer",
}
"""What each state means, for docs and pages."""

_ENDS: frozenset[State] = frozenset({"stopped", "halted", "failed"})
ON_THE_WAY: frozenset[State] = frozenset({"opening", "loading", "connecting"})
"""States between two others; gone through again at every attempt while something is away."""
READING: frozenset[State] = frozenset({"snapshot", "streaming", "reconciling"})
"""States in which verdicts are being given."""

READY: frozenset[State] = frozenset({*READING, "answering"})
"""States in which the service does what it was started for."""

FOLLOWS: Mapping[State, frozenset[State]] = {
    "opening": frozenset({"loading", "paused"}),
    "loading": frozenset({"connecting", "paused"}),
    "connecting": frozenset({*READING, "gap", "repositioning", "reconnecting", "paused"}),
    "snapshot": frozenset({"streaming", "paused", "reconnecting", "repositioning", "gap", "draining"}),
    "streaming": frozenset({"paused", "reconnecting", "repositioning", "gap", "draining"}),
    "paused": frozenset({"opening", "connecting"}),
    "reconnecting": frozenset({"opening"}),
    "repositioning": frozenset({*READING, "gap", "reconnecting", "paused"}),
    "gap": frozenset({"reconciling", "reconnecting", "paused"}),
    "reconciling": frozenset({"streaming", "paused", "reconnecting", "repositioning", "gap", "draining"}),
    "draining": frozenset(),
    "answering": frozenset(),  # the whole life of a service without a stream
    "stopped": frozenset(),
    "halted": frozenset(),
    "failed": frozenset(),
}
"""State -> states that may come next; besides, every state but an end may end."""


def may_follow(before: State, after: State) -> bool:
    """Whether the machine may go from one state to the other.

    >>> may_follow("streaming", "gap"), may_follow("gap", "streaming"), may_follow("stopped", "opening")
    (True, False, False)
    """
    if before == after:
        return True
    return after in FOLLOWS[before] or (before not in _ENDS and after in _ENDS)
