"""A profile is read or refused with the file, the key and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ConfigError
from core.profile_file import builtin_profiles, load_profile, parse_profile

SMALLEST = """
[process]
name = "kiln"
[keys]
time = "at"
maker = "maker"
facility = "kiln"
item = "tile"
[lot]
good = "good"
bad = "bad"
[[detector]]
kind = "isolation_forest"
min_rows = 100
[[variable]]
name = "peak_temperature"
role = "production"
"""


def parse(text: str) -> object:
    return parse_profile(text.encode("utf-8"), where="kiln.toml")


def test_every_built_in_profile_loads() -> None:
    names = builtin_profiles()

    assert "injection_molding" in names
    for name in names:
        profile = load_profile(name)
        assert profile.production or profile.targets


def test_smallest_profile_gets_the_documented_defaults() -> None:
    profile = parse_profile(SMALLEST.encode(), where="kiln.toml")

    assert profile.identifier.path == ("_id",)
    assert profile.production[0].fill == ("forward", "backward", "mean")
    assert profile.production[0].path == ("peak_temperature",)
    assert profile.settings == ()
    assert profile.selection.min_shots == 500
    assert profile.threshold.margin_limit == 6.0


def test_a_set_value_may_have_a_tweak_of_its_own() -> None:
    heat = '[[variable]]\nname = "heat_set"\nrole = "setting"\ntweak = 5\n'
    more = heat + heat.replace("heat_set", "time_set").replace("tweak = 5\n", "")
    profile = parse_profile((SMALLEST + more).encode(), where="kiln.toml")

    assert [variable.tweak for variable in profile.settings] == [5.0, None]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_line_endings_and_byte_order_mark_do_not_change_the_hash(encoding: str) -> None:
    unix = parse_profile(SMALLEST.encode(), where="a")
    windows = parse_profile(SMALLEST.replace("\n", "\r\n").encode(encoding), where="b")

    assert unix.sha256 == windows.sha256


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            'role = "production"',
            'role = "measured"',
            ["peak_temperature", "role", "production", "'measured'"],
        ),
        ('role = "production"', "", ["peak_temperature", "role", "missing"]),
        ('role = "production"', 'role = "setting"', ["at least one", "production"]),
        ('name = "kiln"', "name = 7", ["process.name", "7"]),
        ('name = "kiln"', 'name = " "', ["process.name", "empty"]),
        ('time = "at"', "", ["keys.time", "missing"]),
        ('time = "at"', 'time = "a..t"', ["keys.time", "dotted path", "'a..t'"]),
        ('time = "at"', 'time = "at"\nclock = "x"', ["keys.clock", "unknown key"]),
        ("min_rows = 100", "min_rows = 0", ["detector 'isolation_forest'", "min_rows", "0"]),
        ("min_rows = 100", "min_rows = true", ["min_rows", "True"]),
        ("min_rows = 100", "min_rows = 100\nmax_rows = 100", ["max_rows", "more than min_rows"]),
        ('name = "peak_temperature"', 'name = "Peak Temperature"', ["lower-case", "'Peak Temperature'"]),
        ('name = "peak_temperature"', 'name = "time"', ["'time'", "key's name"]),
        ('role = "production"', 'role = "production"\nlimits = [5, 1]', ["limits", "low < high"]),
        ('role = "production"', 'role = "production"\ntweak = 5.0', ["tweak", "role 'setting'", "5.0"]),
        ('role = "production"', 'role = "setting"\ntweak = 0', ["tweak", "above 0"]),
        ('role = "production"', 'role = "setting"\ntweak = "5"', ["tweak", "a number"]),
        ('role = "production"', 'role = "production"\nfill = ["guess"]', ["fill", "'guess'"]),
        ('good = "good"', 'good = "good"\nutc_offset = "9"', ["lot.utc_offset", "'9'"]),
        ('bad = "bad"', 'bad = "bad"\n[threshold]\ncv_gain = -1', ["threshold.cv_gain", "-1"]),
        ('bad = "bad"', 'bad = "bad"\n[threshold]\nwarn_share = 2', ["warn_share", "0 to 1"]),
        ('bad = "bad"', 'bad = "bad"\n[threshold]\nrange_outcome = "STOP"', ["range_outcome", "'STOP'"]),
        ('bad = "bad"', 'bad = "bad"\n[threshold]\ngain = 1', ["threshold.gain", "unknown key"]),
        ('bad = "bad"', 'bad = "bad"\n[selection]\nheld_out_share = 1', ["held_out_share", "less than 1"]),
        ('bad = "bad"', 'bad = "bad"\n[selection]\nchoice = "by_luck"', ["selection.choice", "'by_luck'"]),
        ("[process]", "candidate = []\n[process]", ["at least one [[candidate]]"]),
        ("[process]", "[[candidate]]\nkinds = 'pca'\n[process]", ["candidate[0].kind", "missing"]),
        (
            "[process]",
            "[[candidate]]\nkind = 'pca'\nmin_rows = 5\n[process]",
            ["candidate 'pca'", "min_rows"],
        ),
        ("[process]", "[process", ["UTF-8 TOML"]),
    ],
)
def test_a_wrong_profile_is_refused_by_file_key_and_expectation(old: str, new: str, words: list[str]) -> None:
    text = SMALLEST.replace(old, new, 1)
    assert text != SMALLEST

    with pytest.raises(ConfigError) as caught:
        parse(text)

    message = str(caught.value)
    assert message.startswith("kiln.toml")
    for word in words:
        assert word in message


def test_candidates_stand_in_their_order_with_their_parameters() -> None:
    text = (
        SMALLEST
        + """
[[candidate]]
kind = "pca"
[[candidate]]
kind = "nearest_neighbours"
parameters = { neighbours = 5 }
[selection]
choice = "by_evidence"
"""
    )
    profile = parse_profile(text.encode(), where="a")

    assert profile.selection.choice == "by_evidence"
    assert [(c.kind, c.parameters) for c in profile.candidates] == [
        ("pca", {}),
        ("nearest_neighbours", {"neighbours": 5}),
    ]
    assert parse_profile(SMALLEST.encode(), where="a").selection.choice == "by_count"


def test_a_row_count_no_detector_takes_is_refused() -> None:
    gap = SMALLEST.replace(
        "min_rows = 100", 'min_rows = 100\nmax_rows = 200\n[[detector]]\nkind = "memae"\nmin_rows = 300'
    )

    with pytest.raises(ConfigError, match="exactly one detector"):
        parse(gap)


def test_a_variable_named_twice_is_refused() -> None:
    twice = SMALLEST + '[[variable]]\nname = "peak_temperature"\nrole = "setting"\n'

    with pytest.raises(ConfigError, match="used once"):
        parse(twice)


def test_a_missing_file_and_an_unknown_name_say_what_exists(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="found none"):
        load_profile(tmp_path / "없는 것.toml")
    with pytest.raises(ConfigError, match="injection_molding"):
        load_profile("no_such_process")
