"""The names in ``.env`` and environment: read, misspelled, or hidden by one another."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from io import StringIO
from pathlib import Path

from dotenv import dotenv_values

from core.config import Config
from scripts.diagnosis.finding import Finding, note, ok, problem, warning

ELSEWHERE = ("SPRUE_PYTHON", "SPRUE_NO_PAUSE", "SPRUE_DEMO_HOME", "SPRUE_NATIVE")
"""Read before there is a configuration: from the environment alone."""
PREFIX = "SPRUE_"


def file_text(file: Path, root: Path) -> tuple[str | None, Finding]:
    """The file's text, None where it is not there or not readable, and what is to say about it."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return None, _absent(file, root)
    except OSError as error:
        return None, problem(
            ".env",
            expected="a file this user may read",
            found=f"{file.absolute()}: {error.strerror or error}",
            advice="give this user the right to read it",
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        kind = "UTF-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else f"other bytes at {error.start}"
        return None, problem(
            ".env",
            expected="UTF-8 text",
            found=f"{kind} in {file.absolute()}",
            advice="save it as UTF-8 (Notepad: Save as, Encoding; PowerShell: Set-Content -Encoding utf8)",
        )
    if "\0" in text:
        return None, problem(
            ".env",
            expected="UTF-8 text",
            found=f"NUL bytes (UTF-16 without its mark?) in {file.absolute()}",
            advice="save it as UTF-8",
        )
    return text, ok(".env", str(file.absolute()))


def unread_names(file: Path = Path(".env")) -> list[str]:
    """What a starting service says of names nothing reads, in environment and ``.env``; no values."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        text = ""  # said by whoever reads the settings
    in_file = dotenv_values(stream=StringIO(text), interpolate=False)
    found = names(in_file, list(os.environ), settings())
    return [finding.sentence for finding in found if finding.level == "warning"]


def settings() -> set[str]:
    """Names of all settings as they stand in environment and ``.env``."""
    return {f"{PREFIX}{name.upper()}" for name in Config.model_fields}


def _absent(file: Path, root: Path) -> Finding:
    beside = root / file.name
    if beside.is_file() and beside.resolve() != file.resolve():
        return warning(
            ".env",
            expected=f"{file.absolute()}: it is read from the folder one starts in",
            found=f"none there, but {beside}",
            advice=f"start in {root}, or move the file",
        )
    return note(".env", f"none in {file.absolute().parent}: environment and defaults count")


def names(
    in_file: Mapping[str, str | None], in_environment: Collection[str], settings: Collection[str]
) -> Iterator[Finding]:
    """Names nothing reads, lines without a value, and settings given twice.

    Parameters
    ----------
    in_file : mapping
        Name -> value of ``.env``; None for a line without ``=``.
    in_environment : collection of str
        Names of the environment.
    settings : collection of str
        Names that are read.
    """
    found = [_unread(name, ".env", settings, ELSEWHERE) for name in in_file]
    found += [
        _unread(name, "the environment", (*settings, *ELSEWHERE), ())
        for name in in_environment
        if name.upper().startswith(PREFIX)
    ]
    for name, value in in_file.items():
        if value is None:
            found.append(
                warning(
                    "names", expected="NAME=value", found=f"{name!r} alone in .env", advice="add = and value"
                )
            )
    unread = [finding for finding in found if finding is not None]
    yield from unread
    upper = {name.upper() for name in in_environment}
    for name in in_file:
        if name.upper() in upper and name.upper() in settings:
            yield note("names", f"{name} stands in .env and in the environment: the environment's counts")
    if not unread:
        mine = sum(name.upper() in settings for name in {*map(str.upper, in_file), *upper})
        yield ok("names", f"{mine} settings given, each name is known")


def _unread(
    name: str, place: str, settings: Collection[str], only_environment: Collection[str]
) -> Finding | None:
    upper = name.upper()
    if upper in settings:
        return None
    if upper in only_environment:
        return warning(
            "names",
            expected=f"{upper} in the environment",
            found=f"it in {place}, where nothing reads it",
            advice="set it in the environment",
        )
    near = get_close_matches(upper, settings, n=1, cutoff=0.75)
    if not near and not upper.startswith(PREFIX):
        return None  # somebody else's
    meant = f"; did you mean {near[0]}?" if near else ""
    return warning(
        "names",
        expected=f"names of settings ({PREFIX}...)",
        found=f"{name} in {place}, which nothing reads{meant}",
        advice="correct or remove it; `./sprue serve --help` and the README list the names",
    )
