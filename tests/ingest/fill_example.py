"""Two set and two measured values, what is typical of them, and shots with holes to fill."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.batch import Batch
from core.profile import FILL_WAYS, Profile
from core.profile_file import parse_profile
from ingest.fill import Filled, fill, way_columns
from ingest.fill_memory import FillMemory
from ingest.typical_values import FillLevel, TypicalValues

NAN = float("nan")


def profile_with(fill_rule: str = '["forward", "backward", "mean"]') -> Profile:
    text = """
    [process]
    name = "two_and_two"
    [keys]
    time = "time"
    maker = "maker"
    facility = "facility"
    item = "item"
    [lot]
    good = "good"
    bad = "bad"
    [[detector]]
    kind = "isolation_forest"
    min_rows = 1
    """
    for name, role in (
        ("heat", "setting"),
        ("speed", "setting"),
        ("load", "production"),
        ("time_s", "production"),
    ):
        rule = '["forward", "backward", "mode"]' if role == "setting" else fill_rule
        text += f'\n[[variable]]\nname = "{name}"\nrole = "{role}"\nfill = {rule}\n'
    return parse_profile(text.encode(), where="test")


PROFILE = profile_with()


def _level(
    maker: str | None, facility: str | None, item: str | None, mode: float, mean: float, rows: int = 10
) -> FillLevel:
    two = np.full(2, mode), np.full(2, mean)
    return FillLevel(maker, facility, item, rows, *two, *two)


LEVELS = TypicalValues(
    [
        _level("M", "F", "A", 1.0, 1.5, rows=5),
        _level("M", "F", "B", 2.0, 2.5, rows=50),
        _level(None, None, None, 9.0, 9.5),
    ],
    width=4,
)
NOTHING = TypicalValues([], width=4)


def shot(facility: str = "F", **values: Any) -> dict[str, Any]:
    whole = {"maker": "M", "item": "A", "heat": 200.0, "speed": 50.0, "load": 7.0, "time_s": 3.0}
    return {"id": "x", "facility": facility, **whole, **values}


def filled_shots(
    *shots: dict[str, Any],
    typical: TypicalValues = LEVELS,
    memory: FillMemory | None = None,
    profile: Profile = PROFILE,
) -> Filled:
    return fill(Batch.of(profile, shots), typical, memory or FillMemory(), profile)


def ways_of(filled: Filled, row: int) -> dict[str, str]:
    names = way_columns(PROFILE)
    return {names[c]: FILL_WAYS[filled.ways[row, c] - 1] for c in np.flatnonzero(filled.ways[row])}


def memory_text(memory: FillMemory) -> dict[str, str]:
    return {name: memory.to_json(name, PROFILE) for name in sorted(memory.facilities)}
