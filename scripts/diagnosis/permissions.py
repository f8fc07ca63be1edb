"""Who else on this machine can read verdicts and secrets."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from inference.store.engine import parse_url, sqlite_path
from scripts.diagnosis.configuration import ENV_FILE
from scripts.diagnosis.finding import Finding, note, ok, warning
from scripts.diagnosis.installation import Installation


def examine(installation: Installation) -> Iterator[Finding]:
    """The store, ``.env`` and the home folder."""
    if os.name != "posix":
        yield note(
            "access",
            "not looked at on Windows",
            "allow the folder to the user of the service and to administrators only (icacls shows who may)",
        )
        return
    config = installation.config
    database = sqlite_path(parse_url(config.resolved_store_url))
    found = [
        *of_file("verdict store", database, "judged shots"),
        *of_file(".env", ENV_FILE, "passwords and keys"),
        *of_file("keys", config.keys_file, "who may use the API"),
        *of_folder("home folder", config.home),
    ]
    yield from found or [ok("access", "nothing is there yet; sprue makes the store for its user alone")]


def of_file(subject: str, path: Path | None, holds: str) -> Iterator[Finding]:
    """Whether others can read a file; nothing where it is not there."""
    if path is None or not path.is_file():
        return
    whole = path.absolute()
    if open_to_others([p.stat().st_mode for p in (*reversed(whole.parents), whole)]):
        yield warning(
            subject,
            expected=f"{holds} readable by their owner alone",
            found=f"{whole} is readable by every user of this machine",
            advice=f"chmod 600 '{whole}'",
        )
    else:
        yield ok(subject, "not readable by others")


def of_folder(subject: str, path: Path) -> Iterator[Finding]:
    """Whether others can exchange files in a folder."""
    if not path.is_dir():
        return
    if path.stat().st_mode & stat.S_IWOTH:
        yield warning(
            subject,
            expected="a folder only its owner writes to",
            found=f"{path.absolute()} is writable by every user: models could be exchanged",
            advice=f"chmod 700 '{path.absolute()}'",
        )
    else:
        yield ok(subject, "not writable by others")


def open_to_others(modes: Sequence[int]) -> bool:
    """Whether others get through the folders and may read the file, the last of `modes`.

    >>> open_to_others([0o755, 0o700, 0o644]), open_to_others([0o755, 0o755, 0o644])
    (False, True)
    """
    return all(mode & stat.S_IXOTH for mode in modes[:-1]) and bool(modes[-1] & stat.S_IROTH)
