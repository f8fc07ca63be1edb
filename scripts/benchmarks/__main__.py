"""One suite in a process of its own: ``python -m scripts.benchmarks SUITE full|quick``.

What one suite imports, compiles and fills the memory with cannot slow the next one down.
"""

from __future__ import annotations

import importlib
import json
import sys
import tempfile
import time
from pathlib import Path

from core.config import Config
from core.profile_file import load_profile
from scripts.benchmarks.rounds import FULL, QUICK


def main(suite: str, effort: str) -> None:
    """Run the suite and print its result as one JSON line, the last of standard output."""
    begin = time.perf_counter()
    profile = load_profile(Config.model_fields["profile"].default)
    module = importlib.import_module(f"scripts.benchmarks.{suite}_suite")
    with tempfile.TemporaryDirectory(prefix="sprue-bench-") as folder:
        result = module.run(QUICK if effort == "quick" else FULL, Path(folder), profile).as_json()
    result["seconds"] = round(time.perf_counter() - begin, 1)
    print(json.dumps(result, ensure_ascii=False, allow_nan=False), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
