"""``./sprue demo``: a simulated plant on real databases, judged live by the real service."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from core.errors import SprueError

Shots = Annotated[int | None, typer.Option(min=1, help="Feed this many shots; default: go on until Ctrl-C.")]
Exit = Annotated[bool, typer.Option("--exit", help="End after the last verdict (default 3000 shots).")]
Rate = Annotated[float, typer.Option(min=0.1, max=1000, help="Shots a second from all presses together.")]
History = Annotated[
    int | None,
    typer.Option(min=12_000, help="Shots of simulated history to train from; 60000 in a new folder."),
]
Seed = Annotated[int | None, typer.Option(min=0, help="Seed of the simulated plant; 0 in a new folder.")]
Port = Annotated[
    int, typer.Option(envvar="SPRUE_PORT", min=0, max=65535, help="Port of the API; 0: a free one.")
]
Home = Annotated[Path, typer.Option(envvar="SPRUE_DEMO_HOME", help="Folder of its databases and models.")]


def demo(
    shots: Shots = None,
    exit_: Exit = False,
    rate: Rate = 100.0,
    history_shots: History = None,
    seed: Seed = None,
    port: Port = 8000,
    home: Home = Path("var") / "demo",
) -> None:
    """Watch real verdicts arrive on this machine, with nothing else installed.

    Starts a MongoDB and a PostgreSQL of its own, fills the history with a simulated
    plant, trains, starts the service, feeds live shots and shows their verdicts. A
    second start goes on with the same data. Ctrl-C ends everything it started; once
    shots are fed it is the ordinary end (exit code 0), before that it stops the set-up
    (130). The last line on standard output is one JSON object with what came out.
    """
    with Console(stderr=True).status("Loading ..."):  # seconds on a cold disk
        from scripts.demonstration.stage import Stage  # its databases are in the demo group only

    stop_in_order()
    limit = 3000 if exit_ and shots is None else shots
    with Stage(home, seed=seed, history_shots=history_shots, port=port) as stage:
        stage.prepare_history()
        stage.train()
        stage.serve()
        figures = stage.play(limit, rate, stay=not exit_)
    print(json.dumps(figures), flush=True)
    if figures["lost"] or figures["doubled"]:
        msg = f"expected one answer a shot, got {figures['lost']} lost and {figures['doubled']} doubled"
        raise SprueError(msg)


def stop_in_order() -> None:
    """Make every request to stop a KeyboardInterrupt, also where the shell had Ctrl-C ignored."""
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)
