"""``./sprue doctor``: what is wrong with this installation, and what to do about it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console

from scripts.diagnosis.examination import examine
from scripts.diagnosis.finding import Finding
from scripts.diagnosis.installation import Installation
from scripts.diagnosis.report import as_object, conclusion, show, summary
from scripts.options import Home, ProfileName


def doctor(
    home: Home = None,
    profile: ProfileName = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as one JSON line.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="A warning fails, too.")] = False,
) -> None:
    """Look at Python, disk, settings, MongoDB, history, verdicts and model; say what to do.

    Nothing is changed, no lock is taken, and no password is printed, so it may run
    beside the service at any time. Ends with 1 when there is a problem: something that
    keeps sprue from judging.
    """
    installation = Installation({"home": home, "profile": profile})
    console = Console(stderr=as_json, highlight=False)
    findings: list[Finding] = []
    shown = ""
    with console.status("looking") as progress:
        for finding in examine(installation, lambda area: progress.update(f"looking at: {area}")):
            findings.append(finding)
            if as_json:
                continue
            if finding.area != shown:
                shown = finding.area
                console.print(f"\n{shown}", style="bold")
            show(console, finding)
    code = exit_code(findings, strict=strict)
    if as_json:
        print(json.dumps(as_object(findings, code), ensure_ascii=False), flush=True)
    else:
        console.print(f"\n{summary(findings)}")
        console.print(conclusion(findings))
    if code:
        raise typer.Exit(code)


def exit_code(findings: Sequence[Finding], *, strict: bool) -> int:
    """0 where judging can go on, 1 where it cannot."""
    failing = {"problem", "warning"} if strict else {"problem"}
    return int(any(finding.level in failing for finding in findings))
