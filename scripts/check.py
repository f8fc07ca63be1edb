"""``./sprue check``: style, types and the direction of imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import typer

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
CHECKS = {
    "ruff check": [PYTHON, "-m", "ruff", "check", "."],
    "ruff format": [PYTHON, "-m", "ruff", "format", "--check", "."],
    "mypy": [PYTHON, "-m", "mypy"],
    # It has no `-m` entry point, and scripts of a virtual environment break on long paths.
    "lint-imports": [
        PYTHON,
        "-c",
        "from importlinter.cli import lint_imports_command as run; run()",
    ],
}


def check() -> None:
    """Run ruff, mypy and import-linter; all of them, then say which failed."""
    failed = []
    for name, command in CHECKS.items():
        typer.echo(f"--- {name}")
        if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
            failed.append(name)
    if failed:
        typer.echo(f"failed: {', '.join(failed)}", err=True)
        raise typer.Exit(1)
    typer.echo("all checks passed")
