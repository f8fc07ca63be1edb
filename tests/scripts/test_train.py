from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from core.config import Config, load_config
from core.errors import HistoryError
from core.profile import GroupKey
from models.artifact import Coverage
from models.registry import Registry
from scripts.coverage_table import coverage_table, print_coverage
from scripts.train import train_from_history


def group(status: str, kind: str | None, reason: str) -> Coverage:
    return Coverage(
        key=GroupKey("Woojin", "S14", "CN7 W/S SIDE MLD'G", 0),
        rows=12_306,
        lots=22,
        good=12_000,
        bad=12,
        first=0,
        last=1,
        status=status,
        kind=kind,
        reason=reason,
    )


@pytest.mark.parametrize("width", [80, 140])
def test_a_narrow_window_cuts_nothing_of_the_coverage_table(width: int) -> None:
    groups = [
        group("trained", "isolation_forest", ""),
        group("validate", None, "defect rate 2.31%, not below 1.00%"),
        group("too_few", None, "188 shots (3 more in lots without good and bad), fewer than 300"),
    ]
    output = io.StringIO()
    Console(file=output, width=width).print(coverage_table(groups))
    words = output.getvalue().split()

    for shown in groups:
        status = shown.kind or f"{shown.status}: {shown.reason}"
        for word in f"Woojin S14 {shown.key.item} 12,306 {status}".split():
            assert word in words


PROFILE = """
[process]
name = "tiny"
record = "shot"
[keys]
id = "_id"
time = "time"
maker = "maker"
facility = "facility"
item = "item"
[lot]
good = "good"
bad = "bad"
[selection]
min_shots = 20
[[detector]]
kind = "isolation_forest"
min_rows = 20
parameters = { n_estimators = 5, max_samples = 16 }
[[variable]]
name = "speed_set"
role = "setting"
[[variable]]
name = "pressure"
role = "production"
"""


@pytest.fixture
def history(tmp_path: Path) -> Path:
    lines = ["id,time,maker,facility,item,lot_good,lot_bad,speed_set,pressure"]
    lines += [f"s{i},2026-01-01T00:{i:02}:00Z,M,[/press],cap,{i + 1},0,50,{900 + i % 7}" for i in range(60)]
    path = tmp_path / "[history].csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def config(tmp_path: Path) -> Config:
    profile = tmp_path / "tiny.toml"
    profile.write_text(PROFILE, encoding="utf-8")
    return load_config(home=tmp_path / "home", profile=str(profile))


def damage_manifest(folder: Path) -> None:
    for manifest in folder.glob("*/manifest.json"):
        manifest.write_text("{", encoding="utf-8")


def point_nowhere(folder: Path) -> None:
    (folder / "current").write_text("20200101T000000000Z-deadbeef\n", encoding="utf-8")


def garble_pointer(folder: Path) -> None:
    (folder / "current").write_bytes(b"\xff\x00")


@pytest.mark.parametrize("damage", [damage_manifest, point_nowhere, garble_pointer])
def test_a_damaged_registry_is_mended_by_training_again(
    config: Config, history: Path, damage: Callable[[Path], None]
) -> None:
    registry = Registry(config.registry)
    before, _ = train_from_history(config, history=history, console=Console(quiet=True))
    damage(registry.folder)

    after, _ = train_from_history(config, history=history, console=Console(quiet=True))

    assert after != before
    assert registry.load()[1].version == registry.current() == after


def test_how_detectors_are_chosen_may_be_said_with_the_command(config: Config, history: Path) -> None:
    registry = Registry(config.registry)
    noted = []
    for choice in (None, "by_evidence"):
        train_from_history(config, history=history, choice=choice, console=Console(quiet=True))
        plant, manifest = registry.load()
        noted.append((manifest.notes["choice"], plant.coverage[0].reason))

    assert noted[0] == ("by_count", "")
    assert noted[1][0] == "by_evidence"
    assert "12 held-out shots, fewer than 100 to choose by: by number of records" in noted[1][1]


def test_a_challenger_leaves_the_version_that_judges_in_place(config: Config, history: Path) -> None:
    registry = Registry(config.registry)
    first, _ = train_from_history(config, history=history, challenge=True, console=Console(quiet=True))
    second, plant = train_from_history(config, history=history, challenge=True, console=Console(quiet=True))
    appointed = registry.challenger()

    assert registry.current() == first
    assert appointed is not None
    assert appointed.version == second
    assert plant.reference is not None
    assert len(plant.reference) == len(plant.models)


def test_a_challenger_beside_a_damaged_pointer_judges(config: Config, history: Path) -> None:
    registry = Registry(config.registry)
    train_from_history(config, history=history, console=Console(quiet=True))
    garble_pointer(registry.folder)
    after, _ = train_from_history(config, history=history, challenge=True, console=Console(quiet=True))

    assert (registry.current(), registry.challenger()) == (after, None)


def test_names_with_brackets_stand_in_the_coverage_table_as_they_are() -> None:
    shown = group("trained", "memae", "")
    output = io.StringIO()
    table = coverage_table([replace(shown, key=GroupKey("[red]M", "[/press]", "[bold]", 0))])
    Console(file=output, width=140).print(table)
    for name in ("[red]M", "[/press]", "[bold]"):
        assert name in output.getvalue()


def test_the_coverage_table_goes_tab_separated_into_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    print_coverage([group("trained", "memae", "")])

    assert [line.split("\t") for line in capsys.readouterr().out.splitlines()] == [
        ["maker", "facility", "item", "setting", "shots", "lots", "defects", "status"],
        ["Woojin", "S14", "CN7 W/S SIDE MLD'G", "0", "12,306", "22", "0.10%", "memae"],
    ]


@pytest.mark.parametrize(
    ("columns", "expected", "near", "keys"),
    [
        (
            "good_parts,bad_parts",
            "lot_good (or good) and lot_bad (or bad)",
            "good_parts for lot_good",
            "good and bad",
        ),
        (
            "lot_good,LOT_BAD",
            "columns lot_bad (or bad) with",
            "(near: LOT_BAD for lot_bad)",
            "set bad under [lot]",
        ),
        (
            "x,y",
            "lot_good (or good) and lot_bad (or bad)",
            "x, y, speed_set, pressure; without",
            "good and bad",
        ),
    ],
    ids=["other names", "one of them", "none like it"],
)
def test_lot_totals_that_are_missing_are_named_with_columns_near_them_and_the_keys_to_set(
    config: Config, history: Path, columns: str, expected: str, near: str, keys: str
) -> None:
    text = history.read_text(encoding="utf-8")
    history.write_text(text.replace("lot_good,lot_bad", columns), encoding="utf-8")

    with pytest.raises(HistoryError) as told:
        train_from_history(config, history=history, console=Console(quiet=True))

    for part in (expected, near, keys, "no group is trained", "profile 'tiny'"):
        assert part in str(told.value)
    assert Registry(config.registry).list() == []


def test_a_missing_variable_is_named_with_the_column_that_may_be_meant(config: Config, history: Path) -> None:
    text = history.read_text(encoding="utf-8")
    history.write_text(text.replace(",pressure", ",Preassure"), encoding="utf-8")

    with pytest.raises(HistoryError, match=r"\(near: Preassure for pressure\); add them as a view"):
        train_from_history(config, history=history, console=Console(quiet=True))
