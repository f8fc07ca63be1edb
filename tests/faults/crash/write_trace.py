"""What a process wrote, forced to disk and told others, in the order it happened: read from strace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CALLS: Final = "pwrite64,fdatasync,fsync,ftruncate,unlink,sendto"

_LINE = re.compile(r"^\d+ +(\w+)\((.*)$")
_RESUMED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>")
_PATH = re.compile(r"^\d+<([^>]*)>")
_HEX = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True)
class Written:
    """Bytes given to the system, which may still forget them."""

    file: str
    offset: int
    content: bytes


@dataclass(frozen=True)
class Truncated:
    """A file made shorter."""

    file: str
    length: int


@dataclass(frozen=True)
class Synced:
    """All that was written to this file before is on the disk."""

    file: str


@dataclass(frozen=True)
class Removed:
    """A file deleted."""

    file: str


@dataclass(frozen=True)
class Told:
    """Bytes sent to another process."""

    content: bytes


Step = Written | Truncated | Synced | Removed | Told


def tracing(output: Path) -> list[str]:
    """The beginning of a command line that has all this recorded in `output`."""
    return [
        *("strace", "-D", "-f", "-qqq", "-y", "-xx", "-s", "4000000", "-o", str(output)),
        *("-e", f"trace={CALLS}", "-e", "signal=none"),
    ]


def read_trace(output: Path, folder: Path) -> Iterator[Step]:
    """The steps of a record that concern files directly in `folder`, and everything told.

    A write counts when it begins, a sync only when it has ended: in doubt, against the writer.
    """
    syncing: dict[str, str] = {}
    with output.open(encoding="ascii") as lines:
        for text in lines:
            resumed = _RESUMED.match(text)
            if resumed is not None:
                file = syncing.pop(resumed[1], None)
                if file is not None and text.rstrip().endswith("= 0"):
                    yield Synced(file)
                continue
            line = _LINE.match(text)
            if line is None:
                continue
            call, rest = line[1], line[2]
            if call == "sendto":
                yield Told(_bytes(rest))
                continue
            file = _removed(rest) if call == "unlink" else _file(rest)
            if file is None or Path(file).parent != folder or file.endswith("-shm"):
                continue
            if call in ("fdatasync", "fsync"):
                if "<unfinished" in rest:
                    syncing[text.split(maxsplit=1)[0]] = file
                elif rest.rstrip().endswith("= 0"):
                    yield Synced(file)
            elif call == "pwrite64":
                yield Written(
                    file, int(rest[rest.rindex('"') :].split(",")[2].split(")")[0].split()[0]), _bytes(rest)
                )
            elif call == "ftruncate":
                yield Truncated(file, int(re.split(r"[ ,)]+", rest.split(">", 1)[1])[1]))
            elif call == "unlink":
                yield Removed(file)


def _file(rest: str) -> str | None:
    path = _PATH.match(rest)
    if path is None:
        return None
    text = path[1]
    return _unhex(text).decode("utf-8", "replace") if "\\x" in text else text


def _removed(rest: str) -> str | None:
    return _bytes(rest).decode("utf-8", "replace")


def _bytes(rest: str) -> bytes:
    found = _HEX.search(rest)
    return b"" if found is None else _unhex(found[1])


def _unhex(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))
