"""How far a scan of the collection came, as part of a position."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from typing import Any

from core.errors import PositionLost
from core.stream import Phase, Position
from ingest.resume_token import SCAN, token_time


@dataclass(frozen=True, slots=True)
class ScanState:
    """A scan of the collection, or the overlap of the stream with it afterwards.

    Attributes
    ----------
    gap : int
        Number of the gap the scan closes, 0 for a first run.
    scanning : bool
        False: the scan is through.
    after : bytes
        ``{_id: ...}`` of the last document returned; empty before the first.
    until : tuple of int
        Server time at the scan's end: inserts until then may have been in it.
    stream_token : str
        Where the stream goes on, as a position's `token_json`; only of a stored state.
    """

    gap: int = 0
    scanning: bool = True
    after: bytes = b""
    until: tuple[int, int] = (0, 0)
    stream_token: str = ""

    @property
    def phase(self) -> Phase:
        """What the scan is for."""
        return "reconcile" if self.gap else "snapshot"

    def token(self, name: str) -> str:
        """The token of the record with this identifier."""
        return f"gap{self.gap}:{name}" if self.gap else f"scan:{name}"

    def come_to(self, after: bytes) -> ScanState:
        """One batch further."""
        return replace(self, after=after)

    def through(self, until: tuple[int, int]) -> ScanState:
        """At the scan's end."""
        return replace(self, scanning=False, after=b"", until=until)

    def inner(self, position: Position) -> Position:
        """The stream's own position inside `position`."""
        time = token_time(self.stream_token) or position.cluster_time
        return Position(self.stream_token, time, position.kind, position.source_id)


def scan_position(state: ScanState, stream: Position) -> Position:
    """Where to resume: `stream` is where the stream goes on after the scan."""
    written: dict[str, Any] = {
        "scanning": state.scanning,
        "after": base64.b64encode(state.after).decode("ascii"),
        "until": state.until,
        "token": stream.token_json,
        **({"gap": state.gap} if state.gap else {}),
    }
    kind = stream.kind
    if state.scanning:
        kind = "event" if state.gap else "start"
    return Position(json.dumps({SCAN: written}), stream.cluster_time, kind, stream.source_id)


def read_scan_state(position: Position) -> ScanState | None:
    """What a position says about a scan, None when it is one of the stream alone.

    Raises
    ------
    PositionLost
        It is of a scan and cannot be read.
    """
    if f'"{SCAN}"' not in position.token_json:
        return None
    try:
        state = json.loads(position.token_json)[SCAN]
        seconds, increment = state["until"]
        return ScanState(
            gap=int(state.get("gap", 0)),
            scanning=bool(state["scanning"]),
            after=base64.b64decode(state["after"]),
            until=(int(seconds), int(increment)),
            stream_token=str(state["token"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise PositionLost(
            f"expected the position of a scan, got {position.token_json[:80]!r}; how far it came is not known"
        ) from None
