"""Whom a server runs as that refuses root."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from core.errors import ConfigError
from ingest.embedded.process import GuardedProcess

NOBODY = 65534


def choose_user(output: Path) -> str | int | None:
    """None when we are nobody special; as root ``"namespace"``, else `NOBODY`.

    In a user namespace root's own files stay readable whatever folder they are in, and no
    permission on them has to change; some containers forbid it, hence the other way.

    Parameters
    ----------
    output : Path
        File that takes what the trial prints.
    """
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    if sys.platform == "linux":
        try:
            trial = GuardedProcess(["/bin/sh", "-c", "exit 0"], output, user="namespace")
        except ConfigError:
            return NOBODY
        trial.stop()
        return "namespace"
    return NOBODY


def hand_over(data: Path, user: str | int | None, programs: Path) -> None:
    """Give the data folder to whom the server runs as; it refuses files of anybody else.

    Raises
    ------
    ConfigError
        `user` may not enter a folder on the way to the data or the programs.
    """
    if sys.platform == "win32" or os.geteuid() != 0:
        return
    owner = user if isinstance(user, int) else 0
    data.mkdir(exist_ok=True)
    if data.stat().st_uid != owner:
        for path in (data, *data.rglob("*")):
            os.chown(path, owner, owner, follow_symlinks=False)
    if not isinstance(user, int):
        return
    for needed in (data, programs):
        closed = [p for p in needed.parents if not p.stat().st_mode & 0o001]
        if closed:
            msg = (
                f"PostgreSQL cannot run as root, and user {user} may not enter {closed[-1]}; run as a "
                f"normal user, or keep the checkout in a folder that everybody may enter"
            )
            raise ConfigError(msg)
