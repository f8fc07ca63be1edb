"""The synthetic set of a profile is found beside it, wherever the profile comes from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import ConfigError
from core.profile_example import example_file
from core.profile_file import builtin_profiles, load_profile

PROFILE = load_profile("beam_welding")


def test_every_built_in_example_ships() -> None:
    named = [(name, profile) for name in builtin_profiles() if (profile := load_profile(name)).example]

    assert "beam_welding" in [name for name, _ in named]
    for name, profile in named:
        with example_file(name, profile) as path:
            assert path.read_text(encoding="utf-8").count("\n") > 10


def test_the_example_of_one_s_own_profile_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / PROFILE.example).write_text("a,b\n", encoding="utf-8")

    with example_file(tmp_path / "own.toml", PROFILE) as path:
        assert path == tmp_path / PROFILE.example


def test_an_example_that_is_not_there_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(ConfigError, match=f"expected a file beside the profile, found no .*{PROFILE.example}"),
        example_file(tmp_path / "own.toml", PROFILE),
    ):
        pass


def test_a_profile_without_an_example_says_what_to_do() -> None:
    with pytest.raises(ConfigError, match="--history FILE"), example_file("p", replace(PROFILE, example="")):
        pass
