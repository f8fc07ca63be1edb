"""Files that a verb writes: each one of its own, never one that is read."""

from __future__ import annotations

from pathlib import Path

import typer


def refuse_overwriting(file: Path, out: Path | None, dead_letters: Path | None) -> None:
    """Refuse to write over the file that is read, or two results into one.

    Raises
    ------
    typer.BadParameter
        Two of the three are the same file.
    """
    taken = {file.resolve()}
    for flag, path in (("--out", out), ("--dead-letters", dead_letters)):
        if path is None:
            continue
        if path.resolve() in taken:
            msg = f"expected a file of its own, got one that is read or written already: {str(path)!r}"
            raise typer.BadParameter(msg, param_hint=flag)
        taken.add(path.resolve())
