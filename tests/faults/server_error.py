"""An error as a MongoDB server answers it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

NAMES: Final = {
    2: "BadValue",
    6: "HostUnreachable",
    13: "Unauthorized",
    18: "AuthenticationFailed",
    43: "CursorNotFound",
    59: "CommandNotFound",
    91: "ShutdownInProgress",
    189: "PrimarySteppedDown",
    260: "InvalidResumeToken",
    280: "ChangeStreamFatalError",
    286: "ChangeStreamHistoryLost",
    10107: "NotWritablePrimary",
    10334: "BSONObjectTooLarge",
    11600: "InterruptedAtShutdown",
    11601: "Interrupted",
    11602: "InterruptedDueToReplStateChange",
    13435: "NotPrimaryNoSecondaryOk",
    40324: "Location40324",
}
_NOT_RESUMABLE: Final = (280, 286, 10334)


class ServerError(Exception):
    """A command's failure: its code, words and labels."""

    def __init__(self, code: int, said: str, labels: Sequence[str] = ()) -> None:
        super().__init__(said)
        self.code = code
        self.labels = [*labels]
        if code in _NOT_RESUMABLE and not labels:
            self.labels = ["NonResumableChangeStreamError"]

    def document(self) -> dict[str, Any]:
        """The body of the reply."""
        body: dict[str, Any] = {"errorLabels": self.labels} if self.labels else {}
        name = NAMES.get(self.code, f"Location{self.code}")
        return {**body, "ok": 0.0, "errmsg": str(self), "code": self.code, "codeName": name}
