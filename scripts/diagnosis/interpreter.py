"""The Python that runs, and how it meets this machine."""

from __future__ import annotations

import locale
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

from scripts.bootstrap import NEWEST, OLDEST
from scripts.diagnosis.finding import Finding, note, ok, problem, warning
from scripts.diagnosis.installation import Installation


def examine(installation: Installation) -> Iterator[Finding]:
    """Version, width, platform, text encoding, compiled inner loops."""
    yield version((*sys.version_info[:3],), wide=sys.maxsize > 2**32)
    yield ok("platform", platform.platform())
    yield environment(Path(sys.prefix), installation.root)
    yield text_encoding(sys.getfilesystemencoding(), locale.getpreferredencoding(False), os.name)
    yield inner_loops()


def version(found: tuple[int, ...], *, wide: bool) -> Finding:
    """Whether this Python is one that sprue runs on."""
    said = f"Python {'.'.join(map(str, found))}, {'64' if wide else '32'} bit"
    if OLDEST <= found[:2] <= NEWEST and wide:
        return ok("version", said)
    low, high = (".".join(map(str, v)) for v in (OLDEST, NEWEST))
    return problem(
        "version",
        expected=f"Python {low} to {high}, 64 bit",
        found=said,
        advice="install one that fits, delete .venv, start again",
    )


def environment(prefix: Path, root: Path) -> Finding:
    """Whether the packages come from sprue's own environment."""
    if prefix.resolve() == (root / ".venv").resolve():
        return ok("environment", str(prefix))
    return note(
        "environment",
        f"{prefix} is not sprue's own .venv: its packages are whoever's who made it",
        "start with ./sprue or predictionAPI.bat unless this is meant",
    )


def text_encoding(of_names: str, of_text: str, system: str) -> Finding:
    """How file names and texts are spelled; files of our own are UTF-8 everywhere."""
    said = f"file names {of_names.upper()}, texts {of_text.upper()}"
    if of_names.lower() != "utf-8":
        return warning(
            "text encoding",
            expected="file names in UTF-8",
            found=said,
            advice="set PYTHONUTF8=1, or a UTF-8 locale (LANG=C.UTF-8)",
        )
    if of_text.lower() not in ("utf-8", "utf8"):
        where = "Windows code page" if system == "nt" else "locale"
        return note("text encoding", f"{said} (the {where}); sprue reads and writes UTF-8 nonetheless")
    return ok("text encoding", said)


def inner_loops() -> Finding:
    """Whether the compiled library is in use; numpy does its work without."""
    from native.compiler import library_path
    from native.library import SWITCH, compiled

    if compiled() is not None:
        return ok("inner loops", "compiled")
    if os.environ.get(SWITCH, "").lower() == "off":
        return note("inner loops", f"not in use: {SWITCH}=off; verdicts are the same, slower")
    if library_path().exists():
        return note(
            "inner loops",
            f"{library_path()} cannot be loaded here; numpy does its work, slower",
            "delete the file and .venv/installed-native.txt; the next start compiles it anew",
        )
    return note(
        "inner loops",
        "not compiled; numpy does their work: verdicts are the same, slower",
        "install a C compiler and delete .venv/installed-native.txt if speed matters",
    )
