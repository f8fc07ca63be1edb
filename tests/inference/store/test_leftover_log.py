"""The log of a killed writer beside a restored copy: never laid over it unseen."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from core.errors import ConfigError
from core.stream import Work
from inference.store import leftover_log
from inference.store.sink import VerdictStore

MakeWork = Callable[..., Work]
Killed = Callable[..., None]


def _url(file: Path) -> str:
    return f"sqlite:///{file.as_posix()}"


def _write(file: Path, make_work: MakeWork, first: int, last: int) -> None:
    """One run in order: opened, one transaction a verdict, closed."""
    with closing(VerdictStore(_url(file))) as store:
        for i in range(first, last):
            store.write(make_work([{"token": f"t{i}"}], at=(i + 1, 1)))


@pytest.fixture
def killed(sqlite_file: Path, tmp_path: Path, make_work: MakeWork) -> Killed:
    """Runs a writer that is killed: its file and log stand in the folder as at that moment."""

    def run(first: int, last: int) -> None:
        aside = tmp_path / "as at the kill"
        aside.mkdir()
        with closing(VerdictStore(_url(sqlite_file))) as store:
            store.open()
            for i in range(first, last):
                store.write(make_work([{"token": f"t{i}"}], at=(i + 1, 1)))
            if first == last:
                store.write(make_work(at=(last + 1, 1)))
            for file in (sqlite_file, leftover_log.log_file(sqlite_file)):
                shutil.copy(file, aside / file.name)
        for file in aside.iterdir():
            shutil.copy(file, sqlite_file.parent / file.name)

    return run


def test_the_log_of_a_killed_writer_is_taken_with_its_own_file(
    sqlite_file: Path, killed: Killed, make_work: MakeWork
) -> None:
    _write(sqlite_file, make_work, 0, 3)
    killed(3, 9)
    assert leftover_log.log_file(sqlite_file).stat().st_size

    with closing(VerdictStore(_url(sqlite_file))) as store:
        position = store.position()

    assert position is not None
    assert position.cluster_time == (9, 1)


@pytest.mark.parametrize("after", [(3, 3, 3), (300, 300, 300), (300, 600, 900)])
def test_an_older_copy_beside_the_log_of_a_killed_writer_is_refused_and_left_as_it_is(
    sqlite_file: Path, tmp_path: Path, killed: Killed, make_work: MakeWork, after: tuple[int, int, int]
) -> None:
    copy = tmp_path / "copy.sqlite"
    _write(sqlite_file, make_work, 0, 2)
    shutil.copy(sqlite_file, copy)
    _write(sqlite_file, make_work, 2, after[0])
    killed(after[1], after[2])
    shutil.copy(copy, sqlite_file)

    for _ in range(2):
        with (
            closing(VerdictStore(_url(sqlite_file))) as store,
            pytest.raises(ConfigError, match=r"verdicts\.sqlite: .*restore the copy.*without -wal and -shm"),
        ):
            store.open(anew=True)
    assert sqlite_file.read_bytes() == copy.read_bytes()

    for end in ("-wal", "-shm"):
        sqlite_file.with_name(sqlite_file.name + end).unlink()
    with closing(VerdictStore(_url(sqlite_file))) as store:
        position = store.position()
    assert position is not None
    assert position.cluster_time == (2, 1)


def test_after_a_copy_was_restored_rightly_a_kill_is_no_reason_to_refuse(
    sqlite_file: Path, tmp_path: Path, killed: Killed, make_work: MakeWork
) -> None:
    copy = tmp_path / "copy.sqlite"
    _write(sqlite_file, make_work, 0, 2)
    shutil.copy(sqlite_file, copy)
    _write(sqlite_file, make_work, 2, 9)
    shutil.copy(copy, sqlite_file)
    killed(2, 4)

    with closing(VerdictStore(_url(sqlite_file))) as store:
        store.open()


def test_a_look_that_takes_too_long_is_given_up_and_passes(
    sqlite_file: Path, killed: Killed, make_work: MakeWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftover_log, "_STEPS", 1)
    _write(sqlite_file, make_work, 0, 2)
    killed(2, 300)

    leftover_log.check_log(sqlite_file, patience_s=-1.0)


def test_a_log_that_was_cut_is_no_reason_to_refuse_what_the_file_holds(
    sqlite_file: Path, killed: Killed, make_work: MakeWork
) -> None:
    killed(0, 40)
    log = leftover_log.log_file(sqlite_file)
    with closing(VerdictStore(_url(sqlite_file))) as store:  # folds in what the first left
        store.write(make_work([{"token": "t40"}], at=(41, 1)))
        state = sqlite_file.read_bytes(), log.read_bytes()
    sqlite_file.write_bytes(state[0])
    log.write_bytes(state[1][:2000])

    with closing(VerdictStore(_url(sqlite_file))) as store:
        position = store.position()
    assert position is not None
    assert position.cluster_time == (40, 1)
