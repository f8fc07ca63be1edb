"""``./sprue demo``: a process as its users see it, from an empty folder, by the real service."""

from __future__ import annotations

import json
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from core.errors import SprueError
from core.profile import Profile
from core.profile_file import load_profile

SIMULATED = "injection_molding"
"""The process whose plant is simulated: shots, their measured values, databases."""

Process = Annotated[
    str | None,
    # Without SPRUE_PROFILE: what it names is the user's own plant, and no demonstration.
    typer.Option(
        "--process",
        "--profile",
        help=f"{SIMULATED} (the default), or a process that predicts: a built-in name or a .toml path.",
    ),
]
Shots = Annotated[int | None, typer.Option(min=1, help="Feed this many shots; default: go on until Ctrl-C.")]
Exit = Annotated[
    bool,
    typer.Option("--exit", help="End by itself: after the last verdict (default 3000 shots), or answer."),
]
Rate = Annotated[
    float | None, typer.Option(min=0.1, max=1000, help="Shots a second from all presses together; 100.")
]
History = Annotated[
    int | None,
    typer.Option(min=12_000, help="Shots of simulated history to train from; 60000 in a new folder."),
]
Seed = Annotated[
    int | None, typer.Option(min=0, help="Seed of the simulated plant, or of training; 0 in a new folder.")
]
Port = Annotated[
    int, typer.Option(envvar="SPRUE_PORT", min=0, max=65535, help="Port of the API; 0: a free one.")
]
Home = Annotated[
    Path | None,
    typer.Option(
        envvar="SPRUE_DEMO_HOME",
        help="Folder of its databases and models; var/demo, or var/demo-PROCESS of one that predicts.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="As always: the last line is one JSON object.")]


def demo(
    process: Process = None,
    shots: Shots = None,
    exit_: Exit = False,
    rate: Rate = None,
    history_shots: History = None,
    seed: Seed = None,
    port: Port = 8000,
    home: Home = None,
    _json: Json = False,
) -> None:
    """Watch real verdicts arrive on this machine, with nothing else installed.

    Starts a MongoDB and a PostgreSQL of its own, fills the history with a simulated
    plant, trains, starts the service, feeds live shots and shows their verdicts. A process
    that predicts learns from the synthetic set that comes with it and answers in a form. A
    second start goes on with the same data. Ctrl-C ends everything it started; once
    shots are fed or the form is up it is the ordinary end (exit code 0), before that it stops
    the set-up (130). The last line on standard output is one JSON object with what came out.
    """
    with Console(stderr=True).status("Loading ..."):  # seconds on a cold disk
        profile = load_profile(process or SIMULATED)
    if profile.regressors:
        _refuse_for_targets({"--shots": shots, "--rate": rate, "--history-shots": history_shots})
        stop_in_order()
        show_targets(process or SIMULATED, profile, home, exit_=exit_, seed=seed, port=port)
        return
    if process not in (None, SIMULATED):
        msg = f"expected {SIMULATED!r}, which is simulated, or a process that predicts; got {process!r}"
        raise typer.BadParameter(msg, param_hint="--process")
    stop_in_order()
    limit = 3000 if exit_ and shots is None else shots
    show_plant(
        home or Path("var") / "demo", limit, rate or 100.0, history_shots, exit_=exit_, seed=seed, port=port
    )


def show_plant(
    home: Path,
    shots: int | None,
    rate: float,
    history_shots: int | None,
    *,
    exit_: bool,
    seed: int | None,
    port: int,
) -> None:
    """A simulated plant on real databases, judged live.

    Raises
    ------
    SprueError
        A shot was lost or answered twice, or something could not be started.
    """
    with Console(stderr=True).status("Loading ..."):
        from scripts.demonstration.stage import Stage  # its databases are in the demo group only

    with Stage(home, seed=seed, history_shots=history_shots, port=port) as stage:
        stage.prepare_history()
        stage.train()
        stage.serve()
        figures = stage.play(shots, rate, stay=not exit_)
    print(json.dumps(figures), flush=True)
    if figures["lost"] or figures["doubled"]:
        msg = f"expected one answer a shot, got {figures['lost']} lost and {figures['doubled']} doubled"
        raise SprueError(msg)


def show_targets(
    process: str, profile: Profile, home: Path | None, *, exit_: bool, seed: int | None, port: int
) -> None:
    """A process that predicts, trained on the synthetic set that comes with it.

    Raises
    ------
    SprueError
        The service and the file predict otherwise, or something could not be started.
    """
    with Console(stderr=True).status("Loading ..."):
        from scripts.demonstration.targets_stage import TargetsStage

    where = home or Path("var") / f"demo-{profile.name}"
    with TargetsStage(where, process, profile, seed=seed, port=port) as stage:
        stage.train()
        stage.serve()
        figures = stage.ask()
        if not exit_:
            stage.stay()
    print(json.dumps(figures, ensure_ascii=False), flush=True)
    if figures["agreed_with_file"] != figures["asked_by_rest"]:
        asked, alike = figures["asked_by_rest"], figures["agreed_with_file"]
        msg = f"expected {asked} predictions over REST to be those of the file, got {alike}; see {where}"
        raise SprueError(msg)


def _refuse_for_targets(given: Mapping[str, object]) -> None:
    for flag, value in given.items():
        if value is not None:
            msg = f"expected {flag} with {SIMULATED} alone: a process that predicts is fed no shots"
            raise typer.BadParameter(msg, param_hint=flag)


def stop_in_order() -> None:
    """Make every request to stop a KeyboardInterrupt, also where the shell had Ctrl-C ignored."""
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)
