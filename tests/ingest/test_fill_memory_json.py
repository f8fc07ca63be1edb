"""A memory written as JSON comes back, as far as the profile is still the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.profile_file import parse_profile
from ingest.fill_memory import FillMemory
from tests.ingest.fill_example import NAN, NOTHING, PROFILE, filled_shots, shot


def test_memory_survives_json() -> None:
    memory = filled_shots(
        shot(load=0.1 + 0.2, time_s=NAN), shot("프레스", item=None, maker=None), typical=NOTHING
    ).memory
    memory = memory.with_last({"F": ("A", 3)})
    stored = {name: memory.to_json(name, PROFILE) for name in memory.facilities}
    again = FillMemory.from_json(stored, PROFILE)
    assert {name: again.to_json(name, PROFILE) for name in again.facilities} == stored
    assert again.facilities["F"].values["A"][2] == 0.1 + 0.2
    assert (again.facilities["F"].made, again.facilities["F"].cluster) == ("A", 3)


def test_memory_of_other_variables_keeps_keys_and_forgets_values() -> None:
    memory = filled_shots(shot()).memory
    renamed = parse_profile(
        b"""
        [process]
        name = "other"
        [keys]
        time = "t"
        maker = "m"
        facility = "f"
        item = "i"
        [lot]
        good = "g"
        bad = "b"
        [[detector]]
        kind = "x"
        min_rows = 1
        [[variable]]
        name = "weight"
        role = "production"
        """,
        where="test",
    )
    again = FillMemory.from_json({"F": memory.to_json("F", PROFILE)}, renamed)
    assert again.facilities["F"].item == "A"
    assert dict(again.facilities["F"].values) == {}


DAMAGE: dict[str, Any] = {
    "maker": 5,
    "cluster": 1e308,
    "run": "long",
    "latest": 2**70,
    "values": [],
    "rows": {"A": "AAAA"},
}


@pytest.mark.parametrize("name", [*DAMAGE, "cut short", "no object"])
def test_a_damaged_facility_begins_anew_is_named_and_the_others_stay(name: str) -> None:
    memory = filled_shots(shot(), shot("G")).memory
    stored = {one: memory.to_json(one, PROFILE) for one in memory.facilities}
    whole = stored["F"]
    broken = json.dumps({**json.loads(whole), name: DAMAGE.get(name)})
    stored["F"] = {"cut short": whole[:-9], "no object": "[]"}.get(name, broken)
    told: list[str] = []

    again = FillMemory.from_json(stored, PROFILE, told.append)

    assert told == ["F"]
    assert again.get("F") is None
    assert again.get("G") == memory.get("G")


def test_asking_for_unknown_facility_json_raises() -> None:
    from ingest.memory_json import MemoryJson

    lazily = MemoryJson(filled_shots(shot()).memory, ["F"], PROFILE)
    assert list(lazily) == ["F"]
    with pytest.raises(KeyError):
        lazily["G"]
