"""Which version judges in the shadow: one small file, exchanged in one step."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from core.errors import ModelCorrupt
from models.registry_current import VERSION, Stamp, exchange, sync_folder

CHALLENGER = "challenger"


class Appointed(NamedTuple):
    """A version that was made challenger.

    Attributes
    ----------
    version : str
    since : int
        When, ms since 1970 UTC; it tells one trial of a version from the next.
    who : str
    """

    version: str
    since: int
    who: str


class ChallengerFile:
    """The file ``challenger``, absent where no version judges in the shadow.

    Parameters
    ----------
    folder : Path
        Of the registry.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / CHALLENGER

    def read(self) -> Appointed | None:
        """Who judges in the shadow, None where nobody does.

        Raises
        ------
        ModelCorrupt
            The file holds something else.
        """
        try:
            text = self._path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            about = json.loads(text)
            appointed = Appointed(str(about["version"]), int(about["since"]), str(about["who"]))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ModelCorrupt(self._no_challenger(text[:60])) from error
        if not VERSION.fullmatch(appointed.version):
            raise ModelCorrupt(self._no_challenger(appointed.version[:60]))
        return appointed

    def _no_challenger(self, found: object) -> str:
        return f"{self._path}: expected a challenger, got {found!r}; run `./sprue model unchallenge`"

    def stamp(self) -> Stamp:
        """Another one each time a challenger was appointed or taken back."""
        try:
            about = self._path.stat()
        except OSError:
            return ()
        return (about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns)

    def write(self, appointed: Appointed) -> None:
        """Appoint; a crash leaves the one before."""
        exchange(self._path, json.dumps(appointed._asdict(), ensure_ascii=False) + "\n")

    def remove(self) -> None:
        """Take back; nothing where there is none."""
        self._path.unlink(missing_ok=True)
        sync_folder(self._path.parent)
