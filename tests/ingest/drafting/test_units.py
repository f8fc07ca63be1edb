"""Units that stand in a name, and what is left of the name as people say it."""

from __future__ import annotations

import pytest

from core.profile_file import parse_profile
from ingest.drafting.draft import draft_profile
from ingest.drafting.measure import title_of, unit_of
from ingest.drafting.profile_text import profile_text
from ingest.drafting.sample import Sample
from tests.ingest.drafting import twins


@pytest.mark.parametrize(
    ("name", "unit", "title"),
    [
        ("Laser power W", "W", "Laser power"),
        ("Laser power kW", "kW", "Laser power"),
        ("Gas l/min", "l/min", "Gas"),
        ("Speed mm/min", "mm/min", "Speed"),
        ("Zone 1 °C", "°C", "Zone 1"),
        ("Druck bar", "bar", "Druck"),
        ("Hold MPa", "MPa", "Hold"),
        ("Screw rpm", "rpm", "Screw"),
        ("Focus mA", "mA", "Focus"),
        ("Beam kV", "kV", "Beam"),
        ("Pulse ms", "ms", "Pulse"),
        ("Layer µm", "µm", "Layer"),
        ("Clamp N", "N", "Clamp"),
        ("Clamp kN", "kN", "Clamp"),
        ("Feuchte %", "%", "Feuchte"),
        ("Fill_Time_s", "s", "Fill_Time"),
        ("Strom A", "A", "Strom"),
        ("Moment [Nm]", "Nm", "Moment"),
        ("압력 [bar]", "bar", "압력"),
        ("Длина, мм", "mm", "Длина"),
        ("Мощность кВт", "kW", "Мощность"),
    ],
)
def test_the_last_word_is_the_unit_where_it_is_one(name: str, unit: str, title: str) -> None:
    assert unit_of(name)[0] == unit
    assert title_of(name) == title


@pytest.mark.parametrize("name", ["Zone A", "Phase n", "Value V", "Class w", "W", "Line M"])
def test_a_letter_that_may_be_something_else_is_no_unit(name: str) -> None:
    assert unit_of(name)[0] == ""
    assert title_of(name) == name


def test_a_header_that_is_no_name_stands_in_the_profile_as_it_is() -> None:
    table = twins.experiment().rename(columns={"IW": "전류 [mA]", "IF": "focus"})

    profile = parse_profile(profile_text(draft_profile(Sample.of(table)), "x").encode(), where="x.toml")

    labels = {v.path[0]: v.label for v in profile.variables}
    assert labels["전류 [mA]"] == "전류"
    assert labels["focus"] == ""
