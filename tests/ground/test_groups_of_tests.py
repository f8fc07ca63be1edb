"""Tests that share something dear to make say so by a group; the runner must keep to it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path


def test_tests_of_a_group_run_in_one_worker(tmp_path: Path) -> None:
    (tmp_path / "test_grouped.py").write_text(
        "import pytest\n"
        '@pytest.mark.xdist_group("dear")\n'
        '@pytest.mark.parametrize("number", range(6))\n'
        "def test_one(number): pass\n",
        encoding="utf-8",
    )
    own = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-v", "-n", "2", "--dist", "loadgroup", "-c", os.devnull]
    run = subprocess.run(
        [*command, "--rootdir", str(tmp_path), str(tmp_path)],
        env=own,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    workers = re.findall(r"^\[(gw\d)\].* PASSED", run.stdout, re.MULTILINE)
    assert len(workers) == 6, run.stdout + run.stderr
    assert len(set(workers)) == 1
