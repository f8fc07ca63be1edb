"""The running service of a plant, and its machine hall as a browser sees it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from playwright.sync_api import Page, Response

SEED = 5
FIRST = 400
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
REFRESH_MS = 15_000
"""Far more than the two seconds between two refreshes: the machine may be busy."""


NG = re.compile(r"\bng\b")


@dataclass
class Seen:
    """A page and what it did besides showing itself."""

    page: Page
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@dataclass
class Hall:
    """The running service, its presses, and a shot of one of them that was OK."""

    line: Any
    presses: list[str]
    good: dict[str, Any]

    @property
    def url(self) -> str:
        return str(self.line.service.url)

    @property
    def press(self) -> str:
        """The press that `send_good` and `send_bad` speak of."""
        return str(self.good["facility"])

    def send_good(self) -> None:
        """The shot that was OK, once more."""
        self._send(self.good["actual"])

    def send_bad(self) -> None:
        """A shot as when no melt comes: every measured value far below."""
        self._send({name: 0.2 * value for name, value in self.good["actual"].items()})

    def send_untrained(self) -> None:
        """The shot that was OK under a setting nobody ever trained."""
        setting = {name: 1.25 * value for name, value in self.good["set"].items()}
        self._send(self.good["actual"], set=setting)

    def latest(self) -> dict[str, Any]:
        """The press's last verdict, from the API."""
        found: dict[str, Any] = self.line.service.get(f"/api/v1/facilities/{self.press}/latest")["latest"]
        return found

    def _send(self, actual: dict[str, float], **more: Any) -> None:
        self.line.shots.insert_one({**self.good, "_id": uuid4().hex, "actual": actual, **more})


def is_refresh(answer: Response) -> bool:
    return "/hall?" in answer.url


def tile(page: Page, press: str) -> Any:
    return page.locator("li.tile", has=page.get_by_role("heading", name=press, exact=True))
