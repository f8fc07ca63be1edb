"""How far a training is: a bar in a terminal, a line now and then in a log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

SECONDS_OF_SILENCE = 30.0


@contextmanager
def training_bar(console: Console, label: str) -> Iterator[Callable[[int, int, float], None]]:
    """A progress bar to call with groups done, groups in all and their mean loss.

    In a log, where no bar is drawn, a line every `SECONDS_OF_SILENCE` says how far it is.
    """
    columns: list[Any] = [
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(20), TextColumn("{task.fields[state]}"),
        TimeElapsedColumn(), TimeRemainingColumn(),
    ]  # fmt: skip
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Finding settings and groups", total=None, state="")

        def show(done: int, total: int, loss: float) -> None:
            state = f"{done}/{total}" if loss != loss else f"{done}/{total} loss {loss:.5f}"
            progress.update(task, description=label, completed=done, total=total, state=state)

        def told() -> str:
            now = progress.tasks[0]
            return f"{now.description} {now.fields['state']}, {now.elapsed or 0:.0f} s".replace(" ,", ",")

        with _heard_in_a_log(console, told):
            yield show


@contextmanager
def _heard_in_a_log(console: Console, told: Callable[[], str]) -> Iterator[None]:
    """Where no bar is drawn, a line now and then that says it goes on, whatever takes so long."""
    if console.is_terminal:
        yield
        return
    ended = Event()

    def tell() -> None:
        while not ended.wait(SECONDS_OF_SILENCE):
            console.print(told(), highlight=False, markup=False, soft_wrap=True)

    teller = Thread(target=tell, name="progress in a log", daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join()
