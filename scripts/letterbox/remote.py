"""Dead letters of a running service, by its REST API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from core.errors import LetterNotWhole, LetterSettled, LetterUnknown, SprueError
from inference.letters import Tried
from scripts.letterbox.box import Letter
from scripts.service_client import ServiceClient

PAGE = 1000
_COUNTED = ("replayed", "still_bad", "settled", "not_whole")


class RemoteLetters(ServiceClient):
    """See `scripts.letterbox.box.Letterbox`."""

    def letters(self, state: str | None, reason: str | None, limit: int) -> list[Letter]:
        """The newest letters."""
        found: list[Letter] = []
        cursor = None
        while len(found) < limit:
            query = {
                "state": state,
                "reason": reason,
                "cursor": cursor,
                "limit": min(PAGE, limit - len(found)),
            }
            given = urlencode({name: value for name, value in query.items() if value is not None})
            page = self._ask("GET", f"?{given}")
            found += page["dead_letters"]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        return found

    def letter(self, seq: int) -> Letter:
        """One letter with its record."""
        return self._ask("GET", f"/{seq}")

    def replay(self, seq: int) -> Tried:
        """Judge one letter again."""
        return Tried(**self._ask("POST", f"/{seq}/replay"))

    def replay_reason(self, reason: str) -> Iterator[dict[str, int]]:
        """Judge all open letters of a reason again, some at a time."""
        before: int | None = None
        while True:
            counts = self._ask("POST", "/replay", {"reason": reason, "before": before})
            yield {name: counts[name] for name in _COUNTED}
            before = counts["next_before"]
            if before is None:
                return

    def dismiss(self, seq: int, reason: str) -> None:
        """Close one letter without a verdict."""
        self._ask("POST", f"/{seq}/dismiss", {"reason": reason})

    def meaning(self, status: int, kind: str, detail: str) -> SprueError | None:
        """What a problem means of a letter."""
        if status == 404:  # what the sentence says of paths is for who asks by REST
            return LetterUnknown(f"{detail.partition('; GET ')[0]}; ./sprue letters lists them")
        if kind == "urn:sprue:letter-settled":
            return LetterSettled(detail)
        if kind == "urn:sprue:letter-not-whole":
            return LetterNotWhole(detail)
        return None

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return self.ask(method, f"/dead-letters{path}", body)
