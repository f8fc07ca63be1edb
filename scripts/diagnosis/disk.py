"""The folder of models, verdicts and logs: there, writable, on a disk with room."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from scripts.diagnosis.examination import attempt
from scripts.diagnosis.finding import Finding, note, ok, problem, warning
from scripts.diagnosis.growth import Growth, growth
from scripts.diagnosis.installation import Installation

GB = 10**9
LEAST, LITTLE = GB // 10, GB
LEAST_DAYS = 30
_NETWORK = frozenset(
    ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs", "davfs")
)
_DRIVE_REMOTE = 4


def examine(installation: Installation) -> Iterator[Finding]:
    """Home folder, its disk, and whether that is this machine's."""
    home = installation.config.home.absolute()
    there = nearest_existing(home)
    yield writable(home, there)
    yield from attempt("space", lambda: [space(shutil.disk_usage(there).free, growth(installation))])
    yield local(there)


def nearest_existing(path: Path) -> Path:
    """The path itself, or the nearest folder above it that is there."""
    return next(p for p in (path, *path.parents) if p.exists())


def writable(home: Path, there: Path) -> Finding:
    """Whether this user may write there, as far as it can be told without writing."""
    if there.is_file():
        return problem(
            "home folder",
            expected="a folder",
            found=f"a file: {there}",
            advice="move it away, or set SPRUE_HOME to a folder",
        )
    if not os.access(there, os.W_OK | os.X_OK):
        return problem(
            "home folder",
            expected="a folder this user may write to",
            found=f"{there} is not writable",
            advice="give the user that runs sprue the right to write there, or set SPRUE_HOME elsewhere",
        )
    if there != home:
        return note(
            "home folder",
            f"{home} is not there yet; the first start makes it",
            "if a service runs already, its home is elsewhere: SPRUE_HOME names it",
        )
    return ok("home folder", f"{home} is there and writable")


def space(free: int, grows: Growth | None) -> Finding:
    """Whether there is room, in bytes and where verdicts are written already in days."""
    said = f"{free / GB:.1f} GB free"
    days = free / grows.bytes_a_day if grows is not None and grows.bytes_a_day > 0 else None
    if grows is not None and days is not None:
        lasting = f"{days:,.0f} days" if days < 3650 else "more than ten years"
        said += f", {lasting} of verdicts at {grows.said}"
    if free < LEAST:
        return problem(
            "space",
            expected=f"at least {LITTLE / GB:.0f} GB free",
            found=said,
            advice="free some space: writing stops when the disk is full, and goes on by itself",
        )
    if free < LITTLE or (days is not None and days < LEAST_DAYS):
        return warning(
            "space",
            expected=f"at least {LITTLE / GB:.0f} GB and {LEAST_DAYS} days",
            found=said,
            advice="free some space, or put SPRUE_HOME on a larger disk",
        )
    return ok("space", said)


def local(path: Path) -> Finding:
    """Whether the folder is on a disk of this machine."""
    kind = network_kind(path)
    if kind is None:
        return ok("disk", "not on a network drive, as far as the system says")
    return warning(
        "disk",
        expected="a disk of this machine: SQLite's locks cannot be trusted over a network",
        found=f"{path} on {kind}",
        advice="set SPRUE_HOME to a local folder, or keep verdicts in PostgreSQL (SPRUE_STORE_URL)",
    )


def network_kind(path: Path) -> str | None:
    """The kind of network drive that holds a path, None where it is none or cannot be told."""
    text = str(path)
    if text.startswith(("\\\\", "//")):
        return "a network share"
    if sys.platform == "win32":
        import ctypes

        remote = ctypes.windll.kernel32.GetDriveTypeW(path.anchor) == _DRIVE_REMOTE
        return "a network drive" if remote else None
    mounts = Path("/proc/mounts")
    return network_mount(text, mounts.read_text(encoding="utf-8")) if mounts.is_file() else None


def network_mount(path: str, mounts: str) -> str | None:
    r"""The network file system in a list of mounts that a path lies on.

    >>> network_mount("/plant/var", "/dev/sda1 / ext4 rw 0 0\nserver:/x /plant nfs4 rw 0 0")
    'nfs4'
    """
    best, kind = "", ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = fields[1].replace("\\040", " ")
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, fields[2]
    return kind if kind in _NETWORK else None
