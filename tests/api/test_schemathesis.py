"""Requests made up from the API's own description, against everything it promises."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.roles import ROLES
from inference.store.cursor import encode_cursor

Serve = Callable[..., Any]
SECONDS = 120
"""Longer than any run takes on a loaded machine; each is bounded by its number of examples."""
PHASES = {"no key": ("examples,coverage", "1"), "viewer": ("fuzzing", "12")}


# What no schema can say: a cursor is one that a page gave.
CONFIG = """
[parameters]
"query.cursor" = "CURSOR"
"""


def run(url: str, folder: Path, *more: str) -> tuple[int, str]:
    """Exit code and output of a run with all checks, in a folder of its own."""
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", f"{url}/api/v1/openapi.json", "--checks", "all",
        "--seed", "7", "--no-color", "--continue-on-failure", "--generation-database", "none", *more,
    ]  # fmt: skip
    done = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        env={**os.environ, "COLUMNS": "120", "PYTHONUTF8": "1"},
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def cases(output: str) -> int:
    """How many requests were made up."""
    found = re.search(r"([\d,]+) generated", output)
    return int(found[1].replace(",", "")) if found else 0


@pytest.mark.fault_row(40)
@pytest.mark.parametrize("who", ["no key", *ROLES])
def test_every_answer_is_as_described(serve: Serve, request: Any, tmp_path: Path, who: str) -> None:
    """Without keys on loopback, and with each role where keys are needed."""
    keys = {} if who == "no key" else request.getfixturevalue("keys")
    served = serve(behind_proxy=who != "no key")
    # A change needs the content type also where it has no body, which no description can say.
    kind = ("-H", "Content-Type: application/json")
    given = kind if who == "no key" else (*kind, "-H", f"X-API-Key: {keys[who]}")
    phases, examples = PHASES.get(who, ("fuzzing", "6"))
    (tmp_path / "schemathesis.toml").write_text(CONFIG.replace("CURSOR", encode_cursor(4)), encoding="utf-8")

    code, output = run(
        str(served.client.base_url).rstrip("/"),
        tmp_path,
        *given,
        "--phases",
        phases,
        "--max-examples",
        examples,
    )

    assert code == 0, output[-8000:]
    assert cases(output) >= 50, output[-3000:]
    assert served.get("/healthz").status_code == 200
