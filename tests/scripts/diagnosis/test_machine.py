"""Python, packages, clock, disk: what the machine brings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from scripts.diagnosis import clock, disk, growth, interpreter, packages
from scripts.diagnosis.growth import Growth

Install = Callable[..., Any]
Pick = Callable[..., Any]


@pytest.mark.parametrize(
    ("version", "wide", "level"),
    [
        ((3, 11, 2), True, "ok"),
        ((3, 13, 0), True, "ok"),
        ((3, 11, 2), False, "problem"),
        ((3, 10, 9), True, "problem"),
        ((3, 14, 0), True, "problem"),
    ],
)
def test_python_must_be_one_of_three_and_64_bit(version: tuple[int, ...], wide: bool, level: str) -> None:
    assert interpreter.version(version, wide=wide).level == level


def test_a_code_page_is_a_note_and_ascii_file_names_are_a_warning() -> None:
    assert interpreter.text_encoding("utf-8", "cp949", "nt").level == "note"
    assert interpreter.text_encoding("ascii", "ANSI_X3.4-1968", "posix").level == "warning"


def test_inner_loops_switched_off_are_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("native.library.compiled", lambda: None)
    monkeypatch.setenv("SPRUE_NATIVE", "off")

    found = interpreter.inner_loops()

    assert found.level == "note"
    assert "SPRUE_NATIVE=off" in found.found


def test_this_environment_has_what_is_pinned(install: Install) -> None:
    assert [f.level for f in packages.examine(install())] == ["ok", "ok"]


def test_missing_and_other_packages_are_named() -> None:
    lock = "numpy==2.4.6 ; python_full_version < '3.12' \\\n    --hash=x\nrich==15.0.0\ntyper==1\n"

    found = packages.versions(lock, {"numpy": "1.26", "typer": "1"}, "serve")

    assert found.level == "warning"
    assert found.found == "rich absent, numpy 1.26 instead of 2.4.6"


def test_a_package_that_cannot_be_loaded_is_a_problem() -> None:
    found = packages.imports(("json", "no_such_package"))

    assert found.level == "problem"
    assert "no_such_package" in found.found


def test_an_unfinished_installation_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "installed-train.txt").write_text("numpy==1", encoding="utf-8")
    (tmp_path / "installed-dev.txt").touch()

    assert packages.installed_group(tmp_path) == "train"


def test_a_clock_before_this_program_was_made_is_a_problem() -> None:
    assert clock.plausible(datetime(1980, 1, 1, tzinfo=UTC).timestamp()).level == "problem"
    assert clock.plausible(1e30).level == "problem"
    assert clock.plausible(datetime(2027, 1, 1, tzinfo=UTC).timestamp()).level == "ok"


def test_a_clock_for_durations_that_goes_back_is_a_problem() -> None:
    assert clock.monotonic(True, 2.0, 1.0).level == "problem"
    assert clock.monotonic(True, 1.0, 1.0).level == "ok"


def test_the_plants_day_is_compared_with_the_machines(install: Install) -> None:
    assert clock.plants_day(540, install()).level == "ok"
    assert "+09:00" in clock.plants_day(0, install()).found


@pytest.mark.parametrize(
    ("free", "grows", "level"),
    [
        (50 * disk.GB, None, "ok"),
        (disk.GB // 2, None, "warning"),
        (disk.GB // 20, None, "problem"),
        (2 * disk.GB, Growth(0.1 * disk.GB, "100 a day"), "warning"),
        (50 * disk.GB, Growth(0.1 * disk.GB, "100 a day"), "ok"),
    ],
)
def test_room_is_judged_in_bytes_and_in_days(free: int, grows: Growth | None, level: str) -> None:
    assert disk.space(free, grows).level == level


def test_growth_is_the_stores_own_once_it_holds_enough() -> None:
    assert growth.estimate(10, 50_000, 0.01).bytes_a_day == growth.GUESSED_BYTES * growth.GUESSED_A_DAY
    assert growth.estimate(10_000, 8_000_000, 2.0).bytes_a_day == 4_000_000


def test_a_file_in_the_home_folders_place_is_a_problem(install: Install, pick: Pick, tmp_path: Path) -> None:
    (tmp_path / "home").touch()

    found = pick(disk.examine(install(home=tmp_path / "home")), "home folder")

    assert found.level == "problem"
    assert str(tmp_path / "home") in found.found


def test_a_home_folder_to_be_made_is_a_note(install: Install, pick: Pick, tmp_path: Path) -> None:
    found = pick(disk.examine(install(home=tmp_path / "a" / "b")), "home folder")

    assert found.level == "note"
    assert not (tmp_path / "a").exists()


def test_network_drives_are_told_from_the_mounts_and_the_path() -> None:
    mounts = "/dev/sda1 / ext4 rw 0 0\nsrv:/x /mnt/plant\\040data nfs4 rw 0 0\n//srv/y /win cifs rw 0 0\n"

    assert disk.network_mount("/mnt/plant data/var", mounts) == "nfs4"
    assert disk.network_mount("/win/var", mounts) == "cifs"
    assert disk.network_mount("/window", mounts) is None
    assert disk.network_kind(Path("//server/share/var")) == "a network share"
