"""Where ``./sprue feedback`` finds and gives feedback: at the running service, or in the store itself."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import quote, urlencode

from api.feedback_rows import counts_outward, outward
from api.ordering import LOCAL
from api.times import from_rfc3339
from core.config import Config
from core.errors import SprueError, VerdictUnknown
from core.judgement import Judgement
from inference.feedback_counts import count_feedback
from inference.store.feedback import FeedbackFilter
from inference.store.held import is_written
from inference.store.reader import VerdictReader
from inference.store.sink import VerdictStore
from scripts.service_client import ServiceClient

PAGE = 1000
Given = dict[str, Any]
"""Feedback as the REST API gives it."""
Query = dict[str, str]
"""Filters as the REST API takes them: ``from``, ``to``, ``facility``, ``judgement``, ``newest``."""


class FeedbackBox(Protocol):
    """Feedback that can be read and given. A context manager.

    Every method may raise `StoreUnavailable` and `ConfigError`.
    """

    def __enter__(self) -> Self:
        """Itself."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        """Let go of everything."""

    def feedback(self, query: Query, limit: int) -> list[Given]:
        """The newest that meets every filter, at most `limit`."""

    def counts(self, query: Query) -> list[dict[str, Any]]:
        """How many flags were right, by group."""

    def give(self, shot: str, judgement: Judgement, reason: str, who: str | None) -> Given:
        """Say something of a shot; raises `VerdictUnknown`."""


def feedback_box(config: Config) -> FeedbackBox:
    """The service's, when one has the store open, else the store's."""
    if is_written(config.resolved_store_url):
        return RemoteFeedback(config)
    return DirectFeedback(config)


class RemoteFeedback(ServiceClient):
    """Feedback of a running service; see `FeedbackBox`."""

    def feedback(self, query: Query, limit: int) -> list[Given]:
        """The newest rows."""
        found: list[Given] = []
        asked = dict(query)
        while len(found) < limit:
            asked["limit"] = str(min(PAGE, limit - len(found)))
            page = self.ask("GET", f"/feedback?{urlencode(asked)}")
            found += page["feedback"]
            if page["next_cursor"] is None:
                break
            asked["cursor"] = page["next_cursor"]
        return found

    def counts(self, query: Query) -> list[dict[str, Any]]:
        """By group."""
        groups: list[dict[str, Any]] = self.ask("GET", f"/feedback/counts?{urlencode(query)}")["groups"]
        return groups

    def give(self, shot: str, judgement: Judgement, reason: str, who: str | None) -> Given:
        """Have the service write it."""
        wish = {"judgement": judgement, "reason": reason, "who": who}
        return self.ask("POST", f"/verdicts/{quote(shot, safe='')}/feedback", wish)

    def meaning(self, status: int, kind: str, detail: str) -> SprueError | None:
        """No such shot."""
        return VerdictUnknown(detail) if status == 404 else None


class DirectFeedback:
    """Feedback of a store that no service writes; see `FeedbackBox`.

    The store is opened for writing by the first word given.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._reader = VerdictReader(config.resolved_store_url)
        self._ending = ExitStack()
        self._ending.callback(self._reader.close)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        """Close the store."""
        self._ending.close()

    def feedback(self, query: Query, limit: int) -> list[Given]:
        """The newest rows."""
        rows, _ = self._reader.feedback(_filter(query), limit)
        return [outward(row) for row in rows]

    def counts(self, query: Query) -> list[dict[str, Any]]:
        """By group."""
        rows, _ = self._reader.feedback(_filter({**query, "newest": "true"}), 2**62)
        return [counts_outward(one) for one in count_feedback(rows)]

    def give(self, shot: str, judgement: Judgement, reason: str, who: str | None) -> Given:
        """Write it, as the store's one writer for a moment."""
        found = self._reader.verdict(shot)
        if found is None:
            raise VerdictUnknown(f"no verdict of event or shot {shot!r}")
        sink = VerdictStore(self._config.resolved_store_url, identity_folder=self._config.home)
        self._ending.callback(sink.close)
        return outward(sink.give_feedback(found["event_token"], judgement, reason, who or LOCAL))


def _filter(query: Query) -> FeedbackFilter:
    judgement: Any = query.get("judgement")
    start, end = (from_rfc3339(query[name]) if name in query else None for name in ("from", "to"))
    return FeedbackFilter(start, end, query.get("facility"), judgement, query.get("newest") == "true")
