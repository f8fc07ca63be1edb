"""A small checkout to try the wrapper on: the real wrapper, one tiny package to install."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VERB_RUNNER = """\
import json, os, sys
import tiny
json.dump({"arguments": sys.argv[1:], "cwd": os.getcwd(), "tiny": tiny.VERSION,
           "utf8": sys.flags.utf8_mode, "safe_path": sys.flags.safe_path}, sys.stdout)
sys.exit(int(os.environ.get("EXIT_WITH", "0")))
"""


@dataclass
class Checkout:
    """A folder with the wrapper in it, and how to call it."""

    root: Path
    bin: Path
    wheels: Path
    home: Path
    pin: Callable[[Path, str], str]

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """``./sprue arguments`` with nothing in the environment but what a bare machine has."""
        command = [str(self.root / "sprue"), *arguments]
        return subprocess.run(
            command, env=self.environment(**more), capture_output=True, encoding="utf-8", timeout=120
        )

    def environment(self, **more: str) -> dict[str, str]:
        """A bare environment: an empty home, pip told to look in `wheels` alone."""
        return {
            "HOME": str(self.home),
            "PATH": str(self.bin),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": self.wheels.as_uri(),
            **more,
        }

    def require(self, group: str, version: str) -> None:
        """Make `group` need this version of the tiny package."""
        lock = self.root / "requirements" / f"{group}.txt"
        lock.write_text(self.pin(self.wheels, version), encoding="utf-8")

    def command(self, name: str, script: str) -> None:
        """Put an executable shell script on the PATH."""
        path = self.bin / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)


@pytest.fixture
def checkout(tmp_path: Path, pinned_wheel: Callable[[Path, str], str]) -> Checkout:
    """A small checkout in a folder with spaces and Korean letters."""
    root = tmp_path / "사출 공장 PC 1"
    (root / "scripts").mkdir(parents=True)
    (root / "requirements").mkdir()
    for name in ("sprue", "pyproject.toml", "scripts/bootstrap.py"):
        shutil.copy(ROOT / name, root / name)
    (root / "scripts" / "__main__.py").write_text(VERB_RUNNER, encoding="utf-8")
    made = Checkout(root, tmp_path / "bin", tmp_path / "wheels", tmp_path / "home", pinned_wheel)
    for folder in (made.bin, made.wheels, made.home):
        folder.mkdir()
    for tool in ("sh", "dirname", "readlink", "cat"):
        (made.bin / tool).symlink_to(str(shutil.which(tool)))
    made.command("python3", f'exec "{os.path.realpath(sys.executable)}" "$@"')
    for group in ("serve", "train", "demo", "dev", "peers"):
        made.require(group, "1.0")
    return made
