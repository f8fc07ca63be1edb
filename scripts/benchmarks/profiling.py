"""Where the time goes: what stands beside a target that is missed."""

from __future__ import annotations

import cProfile
import pstats
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
MOST = 12


def own_time_shares(work: Callable[[], object], times: int) -> dict[str, float]:
    """Functions by their share of the time of so many calls of `work`, greatest first."""
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(times):
        work()
    profiler.disable()
    own = {
        _name(file, function): entry[2]
        for (file, _, function), entry in pstats.Stats(profiler).stats.items()  # type: ignore[attr-defined]
    }
    total = sum(own.values())
    greatest = sorted(own, key=own.__getitem__, reverse=True)[:MOST]
    return {name: own[name] / total for name in greatest}


def _name(file: str, function: str) -> str:
    path = Path(file)
    if path.is_relative_to(ROOT) and ".venv" not in path.parts:
        return f"{path.relative_to(ROOT).as_posix()} {function}"
    return function if file == "~" else f"{path.name} {function}"
