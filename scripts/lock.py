"""``./sprue lock``: pin what each group installs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

ROOT = Path(__file__).resolve().parent.parent
GROUPS = ("peers", "dev", "demo", "train", "serve")
LARGEST = GROUPS[0]


def lock(
    upgrade: Annotated[bool, typer.Option("--upgrade", help="Take the newest versions allowed.")] = False,
) -> None:
    """Write requirements/*.txt anew, with hashes and without registry addresses.

    The largest group is resolved first and binds the others, so that all groups agree on
    every version: installing a larger group never changes a package of a smaller one.
    """
    # Options from the environment would be written into the files.
    kept = {k: v for k, v in os.environ.items() if not k.startswith("UV_EMIT")}
    environment = {"UV_SYSTEM_CERTS": "1", **kept}
    for group in GROUPS:
        command = [
            *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes"),
            *("--no-header", "--no-annotate", "--python-version", "3.11", "pyproject.toml"),
            *("--output-file", f"requirements/{group}.txt"),
            *(() if group == "serve" else ("--extra", group)),
            *(() if group == LARGEST else ("--constraint", f"requirements/{LARGEST}.txt")),
            *(("--upgrade",) if upgrade and group == LARGEST else ()),
        ]
        if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode != 0:
            typer.echo(f"could not resolve group {group!r}", err=True)
            raise typer.Exit(1)
        typer.echo(f"requirements/{group}.txt")
