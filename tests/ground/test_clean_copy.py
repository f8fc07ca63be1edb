"""The checkout as a newcomer has it: a clean copy, an empty home, the wrapper, the registry."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = shutil.ignore_patterns(".venv*", ".git", "var", "__pycache__", ".*_cache", ".hypothesis", "dist")
SERVING_VERBS = ("serve", "judge", "replay")

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform == "win32", reason="platform: a POSIX shell script"),
]


def test_serving_verbs_run_from_their_group_alone(tmp_path: Path) -> None:
    copy = tmp_path / "사출 공장 PC"
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SPRUE_", "PYTHON", "VIRTUAL_ENV"))}
    environment = {**kept, "HOME": str(tmp_path / "home"), "SPRUE_PYTHON": os.path.realpath(sys.executable)}

    ran = {
        verb: subprocess.run(
            [str(copy / "sprue"), verb, "--help"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            encoding="utf-8",
        )
        for verb in SERVING_VERBS
    }
    installed = {p.name.partition("-")[0] for p in copy.glob(".venv/lib/python*/site-packages/*.dist-info")}

    assert {verb: done.returncode for verb, done in ran.items()} == dict.fromkeys(SERVING_VERBS, 0)
    assert {"fastapi", "pymongo", "sprue"} <= installed
    assert not {"tensorflow", "keras", "scikit_learn", "scipy"} & installed
