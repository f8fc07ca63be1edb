"""The installed packages against the lock file of their group."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.metadata import distributions
from pathlib import Path

from scripts.bootstrap import GROUPS
from scripts.diagnosis.finding import Finding, ok, problem, warning
from scripts.diagnosis.installation import Installation

MODULES = (
    "numpy",
    "pandas",
    "pyarrow",
    "pymongo",
    "psycopg2",
    "sqlalchemy",
    "pydantic_settings",
    "fastapi",
    "uvicorn",
    "prometheus_client",
    "filelock",
    "structlog",
)
"""What serving imports itself."""
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)\s*(;[^\\]*)?", re.MULTILINE)
_MOST_NAMED = 6


def examine(installation: Installation) -> Iterator[Finding]:
    """Versions, and whether everything can be imported."""
    group = installed_group(Path(sys.prefix))
    lock = installation.root / "requirements" / f"{group}.txt"
    yield versions(lock.read_text(encoding="utf-8"), _installed(), group)
    yield imports(MODULES)


def installed_group(prefix: Path) -> str:
    """The largest group whose installation was finished; ``serve`` where none says so."""
    finished = [
        g for g in GROUPS if (marker := prefix / f"installed-{g}.txt").is_file() and marker.stat().st_size > 0
    ]
    return finished[-1] if finished else "serve"


def versions(lock: str, installed: Mapping[str, str], group: str) -> Finding:
    """Whether every pinned package is there in its version.

    A package that is pinned for some platforms only may be absent; where it is there it
    has one of the versions pinned.

    >>> versions("numpy==2.0 ; python_version < '3.12'", {"numpy": "2.0"}, "serve").level
    'ok'
    """
    pinned: dict[str, set[str]] = {}
    sometimes: set[str] = set()
    for name, version, marker in _PIN.findall(lock):
        pinned.setdefault(_plain(name), set()).add(version)
        if marker:
            sometimes.add(_plain(name))
    missing = sorted(pinned.keys() - installed.keys() - sometimes)
    others = sorted(name for name in pinned.keys() & installed.keys() if installed[name] not in pinned[name])
    if not missing and not others:
        return ok("versions", f"{len(pinned)} packages of group {group!r}, all as pinned")
    wrong = [f"{name} absent" for name in missing]
    wrong += [f"{name} {installed[name]} instead of {' or '.join(sorted(pinned[name]))}" for name in others]
    more = f" and {len(wrong) - _MOST_NAMED} more" if len(wrong) > _MOST_NAMED else ""
    return warning(
        "versions",
        expected=f"the packages that requirements/{group}.txt pins",
        found=", ".join(wrong[:_MOST_NAMED]) + more,
        advice="delete .venv and start again: the next start installs what is pinned",
    )


def imports(modules: tuple[str, ...]) -> Finding:
    """Whether the packages can be loaded: on Windows a missing system library shows only here."""
    failed = []
    for name in modules:
        try:
            import_module(name)
        except (ImportError, OSError) as error:
            failed.append(
                f"{name} ({str(error).strip().splitlines()[0][:120] if str(error) else 'no reason'})"
            )
    if not failed:
        return ok("imports", f"{len(modules)} packages that judging needs can be loaded")
    system = (
        "install the Microsoft Visual C++ Redistributable 2015-2022 (x64); if that does not help "
        if sys.platform == "win32"
        else ""
    )
    return problem(
        "imports",
        expected="every package to load",
        found="; ".join(failed),
        advice=f"{system}delete .venv and start again",
    )


def _installed() -> dict[str, str]:
    return {_plain(d.metadata["Name"]): d.version for d in distributions() if d.metadata["Name"]}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
