from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import ConfigError, StoreLost
from core.stream import Work
from inference.store.identity import begin_identity, identity_file
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
