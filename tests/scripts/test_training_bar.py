"""How far a training is, in a log."""

from __future__ import annotations

import io
from threading import Event

import pytest
from rich.console import Console

from scripts import training_bar


class Log(io.StringIO):
    """A log that tells when something was written."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = Event()

    def write(self, text: str) -> int:
        if text.strip():
            self.heard.set()
        return super().write(text)


def test_a_log_hears_how_far_it_is_even_while_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_bar, "SECONDS_OF_SILENCE", 0.01)
    log = Log()

    with training_bar.training_bar(Console(file=log, width=100), "Training groups") as show:
        show(3, 32, float("nan"))
        log.heard.clear()
        assert log.heard.wait(10)

    assert "Training groups 3/32, 0 s" in log.getvalue()


def test_a_short_training_leaves_nothing_in_a_log() -> None:
    log = Log()

    with training_bar.training_bar(Console(file=log), "Training groups") as show:
        show(32, 32, 0.01)

    assert log.getvalue().strip() == ""
