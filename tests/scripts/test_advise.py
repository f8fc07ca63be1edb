"""``./sprue advise``: settings that come to least within limits, and which limit leaves none."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from scripts.__main__ import command_line
from tests.predicting_home import PredictingHome

Run = Callable[..., Result]


@pytest.fixture
def run(predicting_home: PredictingHome) -> Run:
    def run(*arguments: str) -> Result:
        words = ["advise", *predicting_home.options, *arguments]
        return CliRunner().invoke(command_line(["advise"]), words, env={"TERM": "dumb"})

    return run


def said(result: Result) -> str:
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", result.stderr).split())


def test_the_front_keeps_the_limits_and_nothing_in_it_is_beaten(run: Run) -> None:
    done = run("--within", "depth=0.5..3", "--within", "weld_current=..47", "--json")
    answer: dict[str, Any] = json.loads(done.stdout)

    assert answer["minimized"] == ["weld_section", "line_energy"]
    assert answer["excluded"] is None
    assert answer["settings"]
    for row in answer["settings"]:
        assert row["settings"]["weld_current"] <= 47
        assert 0.5 <= row["targets"]["depth"]["low"] <= row["targets"]["depth"]["high"] <= 3
    made = [
        (row["quantities"]["weld_section"], row["quantities"]["line_energy"]) for row in answer["settings"]
    ]
    assert made == sorted(made)
    for one in made:
        assert not any(other[0] < one[0] and other[1] < one[1] for other in made)


def test_people_get_a_table_with_intervals_units_and_what_was_run_before(run: Run) -> None:
    done = run("--within", "depth=0.5..3")

    assert done.exit_code == 0, done.output
    head, *rows, last = done.stdout.splitlines()
    assert head.split("\t") == [
        "IW [mA]",
        "IF [mA]",
        "VW [mm/s]",
        "FP [mm]",
        "depth [mm]",
        "width [mm]",
        "line_energy [J/mm]",
        "weld_section [mm²]",
        "verdict",
        "run before",
    ]
    assert rows
    assert all(re.fullmatch(r"[\d.]+ \([\d.]+ \.\.\. [\d.]+\)", row.split("\t")[4]) for row in rows)
    assert all(re.fullmatch(r"never|[\d,]+ times?", row.split("\t")[-1]) for row in rows)
    assert "tried" in last


def test_every_setting_has_the_verdict_that_predict_gives_it(
    run: Run, predicting_home: PredictingHome
) -> None:
    answer = json.loads(run("--any-size", "--far", "--json").stdout)
    assert answer["settings"]

    for row in answer["settings"][:5]:
        setting = [f"{name}={value!r}" for name, value in row["settings"].items()]
        words = ["predict", *predicting_home.options, *setting, "--json"]
        one = json.loads(CliRunner().invoke(command_line(["predict"]), words).stdout)
        assert (row["outcome"], row["margin"]) == (one["outcome"], one["margin"])


def test_tolerances_are_the_limits_of_targets_that_have_no_other(run: Run) -> None:
    done = run("--within", "Depth=0.5..3")
    answer, free = (json.loads(run(*more, "--json").stdout) for more in ((), ("--any-size",)))

    assert done.stderr.strip() == "limited by tolerance: width 1.5 ... 2.5 mm; --any-size takes any"
    assert answer["by_tolerance"] == {"depth": pytest.approx([0.8, 1.6]), "width": [1.5, 2.5]}
    assert {row["outcome"] for row in answer["settings"]} == {"OK"}
    assert free["by_tolerance"] == {}
    assert free["settings"] != answer["settings"]


def test_what_comes_nearest_is_rounded_as_elsewhere_and_has_its_unit(run: Run) -> None:
    told = run("--within", "depth=15..").stdout

    assert re.search(r"the nearest comes to \d\.\d{1,2} \.\.\. \d\.\d{1,2} mm\.", told)


def test_what_is_to_be_small_may_be_named(run: Run) -> None:
    answer = json.loads(run("--within", "depth=0.5..3", "--minimize", "line_energy", "--json").stdout)

    assert answer["minimized"] == ["line_energy"]
    assert len({row["quantities"]["line_energy"] for row in answer["settings"]}) == 1


def test_no_setting_left_names_the_limit_that_leaves_none(run: Run) -> None:
    done = run("--within", "depth=15..", "--within", "width=0.1..9")
    answer = json.loads(run("--within", "depth=15..", "--json").stdout)

    assert done.exit_code == 0
    assert "No setting keeps the limits: depth 15..inf excludes every setting" in done.stdout
    assert answer["settings"] == []
    assert (answer["excluded"]["name"], answer["excluded"]["high"]) == ("depth", None)


def test_a_limit_at_the_end_of_all_numbers_is_broken_like_any_other(run: Run) -> None:
    answer = json.loads(run("--within", "depth=1e308..1.1e308", "--json").stdout)

    assert (answer["excluded"]["why"], answer["excluded"]["name"]) == ("unreachable", "depth")


def test_the_settings_are_written_to_a_file(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "advice.csv"
    done = run("--within", "depth=0.5..3", "--most", "3", "--out", str(out))

    assert f"settings in {out}" in done.stdout
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert 1 <= len(rows) <= 3
    assert {"weld_current", "depth", "depth_low", "depth_high", "line_energy", "rows", "standing"} <= set(
        rows[0]
    )


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["--within", "dept=1..2"], "did you mean 'depth'?"),
        (["--within", "depth"], "expected NAME=LOW..HIGH"),
        (["--within", "depth=0.8-1.6"], "expected LOW..HIGH, such as 0.8..1.6, got '0.8-1.6'"),
        (["--within", "depth=0.8 to 1.6"], "expected LOW..HIGH, such as 0.8..1.6"),
        (["--within", "depth=2..1"], "depth: expected the lower end first, got '2..1'"),
        (["--within", "depth=.."], "depth: expected NAME=LOW..HIGH"),
        (["--within", "depth=1..2", "--within", "Depth=1..3"], "Depth: expected each name once"),
        (["--within", "depth=a..2"], "depth: expected a number such as 4.5, got 'a'"),
        (["--minimize", "cost"], "got 'cost'"),
    ],
)
def test_wrong_usage_is_told_as_expected_and_got(run: Run, typed: list[str], told: str) -> None:
    done = run(*typed)

    assert done.exit_code == 2
    assert told in said(done)
