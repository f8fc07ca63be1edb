"""``./sprue databases``: a real MongoDB and a real PostgreSQL to try with, until stopped."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from scripts.demo import stop_in_order

Folder = Annotated[Path, typer.Option(help="Where their data stays; the same folder has the same addresses.")]


def databases(folder: Folder = Path("var") / "databases") -> None:
    """Run an empty MongoDB replica set and an empty PostgreSQL on this machine, to try with.

    Prints their addresses on standard output as lines for `.env`, and runs until Ctrl-C, which is
    the ordinary end (exit code 0). `simulate` fills them, `train` and `serve` use them. They take
    connections from this machine only and ask nobody for a password: no place for a plant's data.
    """
    from ingest.embedded import EmbeddedMongo, EmbeddedPostgres  # they are in the demo group only

    stop_in_order()
    with ExitStack() as running:
        try:
            with Console(stderr=True).status("Starting MongoDB and PostgreSQL ..."):
                mongo = running.enter_context(EmbeddedMongo(folder / "mongo"))
                postgres = running.enter_context(EmbeddedPostgres(folder / "postgres"))
            print(f"SPRUE_MONGO_URL={mongo.url}\nSPRUE_HISTORY_URL={postgres.url}", flush=True)
            print(f"Both run until Ctrl-C; their data stays in {folder.absolute()}", file=sys.stderr)
            while True:
                time.sleep(0.5)
        except KeyboardInterrupt:
            print("ending ...", file=sys.stderr)
