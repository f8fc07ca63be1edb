"""The command line: ``./sprue VERB``, ``python -m scripts VERB``.

A verb is a function in the module of its name. It is imported only when it is asked for,
so that listing the verbs loads none of them and serving never loads what trains.
"""

from __future__ import annotations

import gc
import io
import re
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

import typer

from core.errors import SprueError
from scripts.plain_usage import PlainCommand

VERBS = {
    "demo": "Watch it work: a simulated plant on real databases, judged live on http://127.0.0.1:8000.",
    "serve": "Judge the live stream and answer REST queries, until stopped.",
    "init": "Draft a profile from a sample of your own data, every guess with its reason.",
    "train": "Train a model for every facility–item–setting group of the history.",
    "evaluate": "Say how good the verdicts of a version are, and how good its detectors beside others.",
    "model": "List the trained versions, or choose the one that judges.",
    "coverage": "Say where a model of its own judges, where not, and what is missing there.",
    "threshold": "Show the limit and what it costs, try another on shots that were made, choose one.",
    "predict": "Predict what a setting will come to, with its interval, or every row of a file.",
    "advise": "Find the settings that come to least of something, within limits.",
    "judge": "Judge the shots of a file, with the code that judges live.",
    "replay": "Send the shots of a file into the MongoDB collection at a chosen speed.",
    "simulate": "Make the history and shots of a simulated plant.",
    "databases": "Run a MongoDB and a PostgreSQL to try with, until stopped.",
    "letters": "List the records that got no verdict, have them judged again, or dismiss them.",
    "feedback": "List and count what people said of verdicts, or say something of a shot.",
    "key": "Add, list and revoke keys of the REST API.",
    "doctor": "Look for what is wrong with this installation, and say what to do.",
    "test": "Run the whole test suite, with everything it needs.",
    "bench": "Measure how fast it is, against what others do with the same data.",
    "check": "Run the linters and the type checker.",
    "lock": "Pin the dependencies of every group anew (requirements/*.txt).",
}
PASSED_ON = {"test"}
"""Verbs that hand arguments they do not know to another program."""

EXIT_CODES = (
    "Exit codes: 0 done; 1 failed, with the reason on standard error; 2 wrong usage; 130 stopped by Ctrl-C."
)


def command_line(arguments: list[str]) -> typer.Typer:
    """The application for these arguments: every verb listed, the one asked for loaded."""
    app = typer.Typer(
        help="Real-time quality judge: a shot comes in, a verdict goes out.",
        epilog=EXIT_CODES,
        no_args_is_help=True,
        add_completion=False,
        # Typer's own tracebacks print local variables, and with them connection strings.
        pretty_exceptions_enable=False,
    )
    asked = next((a for a in arguments if not a.startswith("-")), None)
    for verb, summary in VERBS.items():
        module = f"scripts.{verb}"
        if find_spec(module) is None:
            continue
        function = getattr(import_module(module), verb) if verb == asked else _not_loaded
        settings = {"allow_extra_args": True, "ignore_unknown_options": True} if verb in PASSED_ON else None
        app.command(
            verb,
            help=_description(function) or summary,
            short_help=summary,
            epilog=EXIT_CODES,
            cls=PlainCommand,
            context_settings=settings,
        )(function)
    return app


def _not_loaded() -> None:
    """Stand for a verb that is listed but was not asked for."""


def _description(function: Callable[..., object]) -> str:
    """The docstring up to its first NumPy section; options have help of their own."""
    if function is _not_loaded or not function.__doc__:
        return ""
    return re.split(r"\n\s*\w[\w ]*\n\s*-{3,}\n", function.__doc__)[0].strip()


def _loaded(arguments: list[str]) -> typer.Typer:
    """The application, with the search for garbage put off while modules are loaded.

    It would walk through all of them again and again, a seventh of the loading time, and
    find nothing: they stay. For the same reason it leaves them out for good afterwards.
    """
    gc.disable()
    try:
        app = command_line(arguments)
        structlog = sys.modules.get("structlog")
        if structlog is not None:  # standard output is for results; `serve` sets its own logs up
            structlog.reset_defaults()
            structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))
        return app
    finally:
        gc.freeze()
        gc.enable()


def main() -> None:
    """Run the verb in ``sys.argv``; what the operator can mend is a message, not a traceback."""
    if sys.platform == "win32":  # its consoles and pipes otherwise speak the local code page
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(encoding="utf-8")
    try:
        _loaded(sys.argv[1:])(prog_name="sprue")
    except SprueError as error:
        print(f"sprue: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:  # while the verb was still being loaded
        sys.exit(130)
    except OSError as error:  # a full disk, a folder that may not be written, a file in a folder's place
        print(f"sprue: {error}; check the disk, the path and the permissions", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
