"""The verdict store, sound and damaged; looking must leave every file as it was."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inference.store.engine import parse_url
from inference.store.sink import VerdictStore
from scripts.diagnosis import sqlite_store, store
from scripts.diagnosis.finding import NotExamined
from scripts.diagnosis.growth import growth
from scripts.diagnosis.reading import reading, unchanging_uri
from scripts.diagnosis.stored import read_position

NOW_MS = 1_795_176_000_000
Install = Callable[..., Any]
Pick = Callable[..., Any]
Fill = Callable[..., VerdictStore]

DIES_WRITING = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("UPDATE position SET cluster_t = 2000")
os._exit(9)
"""


def files(folder: Path) -> dict[str, tuple[int, int]]:
    return {p.name: (p.stat().st_size, p.stat().st_mtime_ns) for p in folder.iterdir()}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home" / "verdicts.sqlite"


@pytest.fixture
def here(install: Install, file: Path) -> Any:
    return install(now=NOW_MS / 1000 + 5, home=file.parent)


@pytest.fixture
def url(file: Path) -> str:
    return f"sqlite:///{file.as_posix()}"


def test_no_store_yet_is_a_note(here: Any, pick: Pick) -> None:
    assert pick(store.examine(here), "file").level == "note"
    assert read_position(here) is None


def test_a_store_in_use_is_in_order_and_its_writer_is_named(
    here: Any, url: str, fill: Fill, pick: Pick, file: Path
) -> None:
    fill(url)
    before = files(file.parent)

    found = list(store.examine(here))

    assert {f.level for f in found if f.subject != "library"} == {"ok"}
    assert f"process {os.getpid()} on {socket.gethostname()}" in pick(found, "writer").found
    assert "written 5 s ago" in pick(found, "position").found
    assert files(file.parent) == before


def test_a_store_at_rest_is_in_order_and_gets_no_file_beside_it(
    here: Any, url: str, fill: Fill, pick: Pick, file: Path
) -> None:
    fill(url).close()
    before = files(file.parent)

    found = list(store.examine(here))

    assert {f.level for f in found if f.subject != "library"} == {"ok"}
    assert "nobody" in pick(found, "writer").found
    assert growth(here) is not None
    assert files(file.parent) == before


def test_a_store_whose_writer_died_is_read_with_its_log_and_stays_as_it_is(
    here: Any, url: str, fill: Fill, pick: Pick, file: Path
) -> None:
    fill(url).close()
    subprocess.run([sys.executable, "-c", DIES_WRITING, str(file)], check=False)
    file.with_name("verdicts.sqlite.holder").write_text(
        f"process 999999999 on {socket.gethostname()}", encoding="utf-8"
    )
    before = files(file.parent)
    assert before["verdicts.sqlite-wal"][0] > 0

    found = list(store.examine(here))

    assert pick(found, "writer").level == "note"
    position = read_position(here)
    assert position is not None
    assert position.cluster_time == (2000, 1)
    assert files(file.parent) == before


def test_where_the_system_does_not_tell_locks_the_holders_word_is_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_store, "locked", lambda _lock, _table: None)
    said = tmp_path / "verdicts.sqlite.holder"
    levels = []
    for who in ("process 1 on another-machine", f"process {os.getpid()} on {socket.gethostname()}", ""):
        said.write_text(who, encoding="utf-8")
        levels += [f.level for f in sqlite_store.holder(tmp_path / "verdicts.sqlite")]

    assert levels == ["note", "ok", "ok"]


def test_a_log_without_its_index_is_not_looked_into(url: str, fill: Fill, file: Path, tmp_path: Path) -> None:
    fill(url)
    copy = tmp_path / "copy.sqlite"
    shutil.copy(file, copy)
    shutil.copy(f"{file}-wal", f"{copy}-wal")

    with pytest.raises(NotExamined, match="would change it"):
        unchanging_uri(copy)


def test_dead_letters_are_counted_by_reason(here: Any, url: str, fill: Fill, pick: Pick) -> None:
    fill(url, dead=3)

    found = pick(store.examine(here), "dead letters")

    assert found.level == "warning"
    assert "not_a_number 3" in found.found
    assert "./sprue letters lists them" in found.advice


def test_a_position_written_long_ago_is_a_note_and_one_in_the_future_a_warning(
    install: Install, url: str, fill: Fill, pick: Pick, file: Path
) -> None:
    fill(url)

    late = install(now=NOW_MS / 1000 + 3 * 86_400, home=file.parent)
    early = install(now=NOW_MS / 1000 - 3600, home=file.parent)

    assert "3 days ago" in pick(store.examine(late), "position").found
    assert pick(store.examine(late), "position").level == "note"
    assert pick(store.examine(early), "position").level == "warning"


def _no_file(file: Path) -> None:
    file.unlink()


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _no_database(file: Path) -> None:
    file.write_bytes(b"not a database at all" * 1000)


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:20_000])


def _page_overwritten(file: Path) -> None:
    content = bytearray(file.read_bytes())
    for page in range(4096, len(content), 4096):
        content[page : page + 64] = b"\x55" * 64
    file.write_bytes(bytes(content))


def _newer(file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE store_identity SET schema_number = 99")
    connection.close()


def _exchanged(file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE store_identity SET uuid = 'another'")
    connection.close()


@pytest.mark.parametrize(
    "harm", [_no_file, _empty, _no_database, _cut, _page_overwritten, _newer, _exchanged]
)
def test_every_damage_is_a_problem_and_stays_as_it_is(
    here: Any, url: str, fill: Fill, file: Path, harm: Callable[[Path], None]
) -> None:
    fill(url).close()
    harm(file)
    before = files(file.parent)

    found = [f for f in store.examine(here) if f.level == "problem"]

    assert found
    assert all(f.found for f in found)
    assert files(file.parent) == before


def test_a_damaged_store_keeps_the_stream_check_from_guessing(here: Any, file: Path) -> None:
    file.write_bytes(b"not a database at all" * 1000)

    with pytest.raises(NotExamined, match="see the verdict store"):
        read_position(here)
    assert growth(here) is None


def test_a_look_at_a_large_file_ends_in_time(here: Any, file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE t (x TEXT UNIQUE)")
        rows = [(f"{i:0100d}",) for i in range(20_000)]
        connection.executemany("INSERT INTO t VALUES (?)", rows)
    connection.close()
    url = parse_url(f"sqlite:///{file.as_posix()}")
    with reading(url) as connection_:
        found = sqlite_store.whole(connection_, patience_s=0.0)

    assert found.level == "note"
    assert "not finished" in found.found


def test_an_old_sqlite_is_a_note() -> None:
    assert sqlite_store.library((3, 40, 1)).level == "note"
    assert sqlite_store.library((3, 51, 3)).level == "ok"
