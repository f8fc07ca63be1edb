"""What is wrong with an option's value, said as everything else is: what was expected, what came."""

from __future__ import annotations

import re
from typing import Any

from typer import BadParameter
from typer.core import TyperCommand

_NONE_OF = re.compile(r"^Value error, .* is not one of (.*?)\.?$", re.DOTALL)


class PlainCommand(TyperCommand):
    """A verb that says what it expected of an option in words of its user's."""

    def make_context(self, *arguments: Any, **more: Any) -> Any:
        """Read the arguments; what cannot be read is a `BadParameter` in plain words."""
        try:
            return super().make_context(*arguments, **more)
        except BadParameter as error:
            from pydantic import ValidationError  # slow to load, and needed for what is wrong alone

            if isinstance(error.__cause__, ValidationError):
                problem = error.__cause__.errors(include_url=False, include_context=False)[0]
                error.message = plain(problem["msg"], problem["input"])
            raise


def plain(said: str, came: object) -> str:
    """A validator's message as expected and got.

    >>> plain("Value error, 'x' is not one of 'list', 'add'.", "x")
    "expected one of 'list', 'add'; got 'x'"
    >>> plain("Input should be a valid number, unable to parse string as a number", "x")
    "expected a valid number, got 'x'"
    """
    got = f"{came!r:.80}"  # repr leaves nothing that commands a terminal
    choices = _NONE_OF.match(said)
    if choices:
        return f"expected one of {choices[1]}; got {got}"
    wanted = said.removeprefix("Value error, ").partition(", unable to parse")[0]
    return f"{wanted.replace('Input should be', 'expected')}, got {got}"
