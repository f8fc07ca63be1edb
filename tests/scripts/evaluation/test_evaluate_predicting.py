"""``./sprue evaluate`` of a process that predicts."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from core.errors import ConfigError
from scripts.__main__ import command_line


def test_a_process_that_predicts_is_sent_to_what_training_prints(tmp_path: Path) -> None:
    words = ["evaluate", "--process", "beam_welding", "--home", str(tmp_path)]

    error = CliRunner().invoke(command_line(words), words).exception

    assert isinstance(error, ConfigError)
    assert str(error) == "evaluate: this process predicts targets: ./sprue train prints how well"
