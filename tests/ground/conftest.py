"""A small checkout to try the wrapper on: the real wrapper, one tiny package to install."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
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
        wheel = self.wheels / f"tiny-{version}-py3-none-any.whl"
        if not wheel.exists():
            _write_wheel(wheel, version)
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        lock = self.root / "requirements" / f"{group}.txt"
        lock.write_text(f"tiny=={version} \\\n    --hash=sha256:{digest}\n", encoding="utf-8")

    def command(self, name: str, script: str) -> None:
        """Put an executable shell script on the PATH."""
        path = self.bin / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)


def _write_wheel(path: Path, version: str) -> None:
    info = f"tiny-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("tiny.py", f"VERSION = {version!r}\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", f"tiny.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")


@pytest.fixture
def make_checkout(tmp_path: Path) -> Callable[[str], Checkout]:
    """Build a small checkout in a folder of this name."""

    def make(name: str = "checkout") -> Checkout:
        root = tmp_path / name
        (root / "scripts").mkdir(parents=True)
        (root / "requirements").mkdir()
        shutil.copy(ROOT / "sprue", root)
        shutil.copy(ROOT / "pyproject.toml", root)
        shutil.copy(ROOT / "scripts" / "bootstrap.py", root / "scripts")
        (root / "scripts" / "__main__.py").write_text(VERB_RUNNER, encoding="utf-8")
        made = Checkout(root, tmp_path / "bin", tmp_path / "wheels", tmp_path / "home")
        for folder in (made.bin, made.wheels, made.home):
            folder.mkdir()
        for tool in ("sh", "dirname", "readlink", "cat"):
            (made.bin / tool).symlink_to(str(shutil.which(tool)))
        made.command("python3", f'exec "{Path(os.path.realpath(sys.executable))}" "$@"')
        for group in ("serve", "train", "demo", "dev"):
            made.require(group, "1.0")
        return made

    return make


@pytest.fixture
def checkout(make_checkout: Callable[[str], Checkout]) -> Checkout:
    """A small checkout in a folder with spaces and Korean letters."""
    return make_checkout("사출 공장 PC 1")
