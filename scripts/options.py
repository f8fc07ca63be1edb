"""Options that several verbs take, said once: where the home is, which profile, where the service listens."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Home = Annotated[
    Path | None, typer.Option(envvar="SPRUE_HOME", help="Folder of models, verdicts, keys, logs.")
]
ProfileName = Annotated[
    str | None,
    typer.Option(
        "--profile",
        "--process",
        envvar="SPRUE_PROFILE",
        help="Profile of the process: a built-in name or a .toml path.",
    ),
]
Host = Annotated[str | None, typer.Option(envvar="SPRUE_HOST", help="Where the service listens.")]
Port = Annotated[int | None, typer.Option(envvar="SPRUE_PORT", min=1, max=65535, help="Its port.")]
