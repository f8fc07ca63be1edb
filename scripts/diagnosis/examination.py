"""One area after the other; whatever goes wrong in a check is a finding itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from importlib import import_module
from typing import Final

from core.errors import SprueError
from scripts.diagnosis.finding import Finding, NotExamined, note, problem, said_by
from scripts.diagnosis.installation import Installation

AREAS: Final = {
    "Python": "interpreter",
    "Packages": "packages",
    "Clock": "clock",
    "Configuration": "configuration",
    "Port": "port",
    "Disk": "disk",
    "Permissions": "permissions",
    "Model": "model",
    "Verdict store": "store",
    "MongoDB": "mongo",
    "History": "history",
}
"""Heading -> module of this package; imported one by one, since any may lack its packages."""


def examine(installation: Installation, entering: Callable[[str], None]) -> Iterator[Finding]:
    """Everything found, as it is found, without secrets.

    Parameters
    ----------
    installation : Installation
    entering : callable
        Gets the heading of each area before it is looked at.
    """
    for heading, module in AREAS.items():
        entering(heading)
        for finding in attempt(heading, lambda name=module: _examine(name, installation)):  # type: ignore[misc]  # mypy cannot infer a default
            yield _without_secrets(replace(finding, area=heading), installation)


def attempt(subject: str, check: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """What the check finds; that it cannot be run is a finding, too."""
    try:
        yield from check()
    except NotExamined as reason:
        yield note(subject, f"not looked at: {reason}")
    except SprueError as error:
        yield said_by(subject, error)
    except Exception as error:  # the loop's edge: the other checks still run
        said = str(error).strip().splitlines()
        yield problem(
            subject,
            expected="a check that runs to its end",
            found=f"{type(error).__name__}{f': {said[0][:300]}' if said else ''}",
            advice="mend what it names; the other checks were still made",
        )


def _examine(module: str, installation: Installation) -> Iterable[Finding]:
    found: Iterable[Finding] = import_module(f"{__package__}.{module}").examine(installation)
    return found


def _without_secrets(finding: Finding, installation: Installation) -> Finding:
    try:
        from inference.logs import Redactor, secrets_of

        hide = Redactor(secrets_of(installation.config))
    except (ImportError, NotExamined):  # nothing was read that could be given away
        return finding
    return replace(
        finding,
        found=hide(None, "", finding.found),
        expected=hide(None, "", finding.expected),
        advice=hide(None, "", finding.advice),
    )
