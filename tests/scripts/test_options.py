"""Options that mean the same in every verb."""

from __future__ import annotations

import pytest
import typer

from scripts.__main__ import VERBS, command_line


@pytest.mark.parametrize("verb", VERBS)
def test_process_and_profile_are_one_option_wherever_there_is_one(verb: str) -> None:
    group = typer.main.get_command(command_line([verb]))
    names = [set(option.opts) for option in group.commands[verb].params]  # type: ignore[attr-defined]  # a group
    about = [opts for opts in names if opts & {"--profile", "--process"}]

    assert [opts for opts in about if not {"--profile", "--process"} <= opts] == []
