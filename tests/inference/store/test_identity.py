from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from core.errors import ConfigError, StoreLost, StoreUnavailable
from core.stream import Position, Work
from inference.store.identity import begin_identity, identity_file
from inference.store.reader import VerdictReader
from inference.store.sink import VerdictStore

MakeWork = Callable[..., Work]


@pytest.fixture
def written(sqlite_file: Path, make_work: MakeWork) -> Path:
    """A store with one verdict, closed."""
    store = VerdictStore(f"sqlite:///{sqlite_file.as_posix()}")
    store.write(make_work([{"token": "t1"}]))
    store.close()
    return sqlite_file


def _open(file: Path) -> VerdictStore:
    store = VerdictStore(f"sqlite:///{file.as_posix()}")
    try:
        store.open()
    except (ConfigError, StoreLost):
        store.close()
        raise
    return store


@pytest.mark.parametrize("how", ["deleted", "emptied"])
def test_a_vanished_database_is_never_a_fresh_start(written: Path, how: str) -> None:
    if how == "deleted":
        written.unlink()
    else:
        written.write_bytes(b"")

    with pytest.raises(StoreLost, match=r"is empty, but verdicts\.sqlite\.id says .* Restore"):
        _open(written)
    # and it stays refused: looking must not make it valid
    with pytest.raises(StoreLost, match="is empty"):
        _open(written)


def test_an_exchanged_database_is_refused(written: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    _open(other).close()
    written.write_bytes(other.read_bytes())

    with pytest.raises(ConfigError, match="is another one"):
        _open(written)


def test_after_deleting_the_identity_file_a_new_store_begins(written: Path) -> None:
    written.unlink()
    identity_file(written).unlink()

    store = _open(written)
    try:
        assert store.position() is None
    finally:
        store.close()


def test_a_restored_copy_gets_its_identity_file_again(written: Path) -> None:
    identity_file(written).unlink()

    store = _open(written)
    try:
        assert store.position() is not None
    finally:
        store.close()
    assert json.loads(identity_file(written).read_text(encoding="utf-8"))["state"] == "ready"


def test_death_between_identity_file_and_first_row_is_a_first_run(sqlite_file: Path) -> None:
    begin_identity(sqlite_file, "0f8b")

    store = _open(sqlite_file)
    try:
        assert store.position() is None
    finally:
        store.close()


@pytest.mark.parametrize("content", ["", "{", '{"uuid": 1}', "[]"])
def test_an_unreadable_identity_file_is_said_with_its_path(written: Path, content: str) -> None:
    identity_file(written).write_text(content, encoding="utf-8")

    with pytest.raises(ConfigError, match=r"verdicts\.sqlite\.id: expected the identity"):
        _open(written)


def _aside(file: Path) -> list[str]:
    return sorted(path.name for path in file.parent.iterdir() if ".lost-" in path.name)


@pytest.mark.parametrize("left", ["nothing", "0 bytes", "its log alone", "a header without tables"])
def test_a_lost_store_is_made_anew_when_told_so_and_its_remains_are_kept(
    written: Path, make_work: MakeWork, left: str
) -> None:
    uuid = json.loads(identity_file(written).read_text(encoding="utf-8"))["uuid"]
    log = written.with_name("verdicts.sqlite-wal")
    written.unlink()
    if left == "0 bytes":
        written.touch()
    elif left == "its log alone":
        log.write_bytes(b"frames")
    elif left == "a header without tables":
        with closing(sqlite3.connect(written)) as database:
            database.execute("PRAGMA journal_mode = WAL")

    store = VerdictStore(f"sqlite:///{written.as_posix()}", clock=lambda: 77)
    try:
        with pytest.raises(StoreLost):
            store.open()
        assert log.exists() == (left == "its log alone"), "looking must not drop what is left"
        store.open(anew=True)
        assert store.position() is None
        store.note_gap("store lost", lambda n: Position(f"gap {n}", (1, 1), "event", "plant.shots"))
        assert store.write(make_work([{"token": "t1"}], at=(2, 1))).verdicts == 1
    finally:
        store.close()

    assert json.loads(identity_file(written).read_text(encoding="utf-8"))["uuid"] != uuid
    kept = {"nothing": [], "its log alone": ["verdicts.sqlite.lost-77-wal"]}
    assert _aside(written) == kept.get(left, ["verdicts.sqlite.lost-77"])
    _open(written).close()


def test_a_store_that_is_there_is_never_made_anew(written: Path) -> None:
    store = VerdictStore(f"sqlite:///{written.as_posix()}")
    try:
        store.open(anew=True)
        assert store.position() is not None
    finally:
        store.close()
    assert _aside(written) == []


def test_a_stop_before_the_gap_is_noted_does_not_make_a_first_run_of_a_lost_store(written: Path) -> None:
    written.unlink()
    store = VerdictStore(f"sqlite:///{written.as_posix()}")
    store.open(anew=True)
    store.close()

    with pytest.raises(StoreLost, match="has lost its position"):
        _open(written)


def test_a_database_that_fell_back_behind_its_first_position_is_lost(
    sqlite_file: Path, make_work: MakeWork
) -> None:
    # As when the log vanishes before it was ever folded in.
    _open(sqlite_file).close()
    early = sqlite_file.read_bytes()
    store = VerdictStore(f"sqlite:///{sqlite_file.as_posix()}")
    store.write(make_work([{"token": "t1"}]))
    store.close()
    sqlite_file.write_bytes(early)

    with pytest.raises(StoreLost, match="has lost its position"):
        _open(sqlite_file)


@pytest.mark.parametrize("how", ["garbage header", "truncated"])
@pytest.mark.parametrize("anew", [False, True])
def test_a_damaged_database_is_named_and_left_as_it_is(written: Path, how: str, anew: bool) -> None:
    whole = written.read_bytes()
    damaged = b"garbage " * 64 + whole[512:] if how == "garbage header" else whole[: len(whole) // 2]
    written.write_bytes(damaged)
    store = VerdictStore(f"sqlite:///{written.as_posix()}")

    try:
        with pytest.raises(ConfigError, match=r"verdicts\.sqlite: .*restore it from a backup.*-wal"):
            store.open(anew=anew)
    finally:
        store.close()
    assert written.read_bytes() == damaged
    assert _aside(written) == []


@pytest.mark.skipif(os.name != "posix", reason="Windows lets nobody delete an open file")
@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_vanishes_under_the_writer_is_noticed_before_the_next_batch(
    written: Path, make_work: MakeWork, replaced: bool
) -> None:
    backup = written.read_bytes()
    store = _open(written)
    try:
        store.write(make_work([{"token": "t2"}], at=(2, 1)))
        written.unlink()
        if replaced:
            written.write_bytes(backup)

        with pytest.raises(StoreLost, match="deleted or exchanged while it was in use"):
            store.write(make_work([{"token": "t3"}], at=(3, 1)))

        if replaced:  # by a copy of itself
            store.open()
            assert store.write(make_work([{"token": "t3"}], at=(3, 1))).verdicts == 1
        else:
            with pytest.raises(StoreLost, match="is empty"):
                store.open()
    finally:
        store.close()


@pytest.mark.skipif(os.name != "posix", reason="Windows lets nobody delete an open file")
def test_a_file_that_vanishes_while_nothing_is_written_is_noticed(written: Path) -> None:
    store = _open(written)
    try:
        store.check()
        written.unlink()
        with pytest.raises(StoreLost, match="deleted or exchanged while it was in use"):
            store.check()
    finally:
        store.close()
    store.check()  # a store that is not open is not looked at


def test_a_reader_says_that_the_store_was_lost_and_not_that_there_is_none_yet(written: Path) -> None:
    reader = VerdictReader(f"sqlite:///{written.as_posix()}")
    written.unlink()
    try:
        with pytest.raises(StoreLost, match=r"says that store .* lived here.*SPRUE_ON_GAP=reconcile"):
            reader.dead_letter_count()
        identity_file(written).write_text("{", encoding="utf-8")
        with pytest.raises(StoreUnavailable, match="expected the identity"):
            reader.dead_letter_count()
        identity_file(written).unlink()
        with pytest.raises(StoreUnavailable, match="no verdicts yet"):
            reader.dead_letter_count()
    finally:
        reader.close()
