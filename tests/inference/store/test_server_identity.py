"""A store on a server that was emptied or exchanged is no first run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import make_url

from core.errors import ConfigError, StoreLost
from core.stream import Position, Work
from inference.store.identity import identity_file, server_place
from inference.store.sink import VerdictStore

MakeWork = Callable[..., Work]
TokensIn = Callable[[str], list[str]]
EMPTIED = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where the identity file stands; not made yet."""
    return tmp_path / "home"


@pytest.fixture
def url(fresh_postgres_url: str, home: Path, make_work: MakeWork) -> str:
    """A store with one verdict, closed."""
    with closing(VerdictStore(fresh_postgres_url, identity_folder=home)) as store:
        store.write(make_work([{"token": "t1"}]))
    return fresh_postgres_url


@pytest.fixture
def store(url: str, home: Path) -> Iterator[VerdictStore]:
    """The same store, not open yet."""
    with closing(VerdictStore(url, identity_folder=home)) as made:
        yield made


def _run(url: str, statement: str) -> None:
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)


def _named(home: Path) -> dict[str, object]:
    (file,) = home.iterdir()
    found: dict[str, object] = json.loads(file.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize(
    ("how", "said"),
    [(EMPTIED, "is empty"), ("DELETE FROM position", "has lost its position")],
)
def test_a_store_that_was_emptied_while_stopped_is_lost(
    url: str, store: VerdictStore, how: str, said: str
) -> None:
    _run(url, how)

    for _ in range(2):  # looking does not make it valid
        with pytest.raises(StoreLost, match=f"{said}, but .* lived here.*SPRUE_ON_GAP=reconcile"):
            store.open()


@pytest.mark.parametrize("how", [EMPTIED, "DELETE FROM position"])
def test_a_lost_store_is_made_anew_when_told_so(
    url: str, store: VerdictStore, home: Path, make_work: MakeWork, how: str
) -> None:
    _run(url, how)

    store.open(anew=True)
    store.close()
    with pytest.raises(StoreLost, match="has lost its position"):  # a stop before the gap is noted
        store.open()
    store.open(anew=True)
    store.note_gap("store lost", lambda n: Position(f"gap {n}", (1, 1), "event", "plant.shots"))
    store.write(make_work([{"token": "t2"}], at=(2, 1)))
    store.close()

    store.open()
    assert (_named(home)["state"], _named(home)["begun"]) == ("ready", True)


def test_another_store_in_the_place_of_this_one_is_refused(url: str, store: VerdictStore) -> None:
    _run(url, EMPTIED)
    with closing(VerdictStore(url)) as other:
        other.open()

    with pytest.raises(ConfigError, match=r"is another one .* delete .*\.id"):
        store.open()


def test_a_store_without_its_file_is_taken_as_it_is(url: str, store: VerdictStore, home: Path) -> None:
    (file,) = home.iterdir()
    before = file.read_bytes()
    file.unlink()

    store.open()

    assert file.read_bytes() == before


def test_tables_that_vanish_while_it_runs_are_a_lost_store(
    url: str, store: VerdictStore, make_work: MakeWork
) -> None:
    store.open()
    store.check()
    _run(url, EMPTIED)

    with pytest.raises(Exception, match="store_identity"):
        store.write(make_work([{"token": "t2"}], at=(2, 1)))
    with pytest.raises(StoreLost, match="is empty"):
        store.write(make_work([{"token": "t2"}], at=(2, 1)))


def test_the_file_is_named_after_host_port_and_database_and_no_secret(tmp_path: Path) -> None:
    urls = [
        "postgresql://kim:s3cret@db.plant/verdicts",
        "postgresql://db.plant:5433/verdicts",
        "postgresql://db.plant/verdicts2",
        "postgresql://db/plant-verdicts",
        "postgresql://db-plant/verdicts",
        "postgresql:///verdicts?host=/run/postgresql",
        "postgresql:///../../verdicts",
    ]
    names = [identity_file(server_place(tmp_path, make_url(url))).name for url in urls]

    assert len(set(names)) == len(urls)
    assert names[0].startswith("postgresql-db.plant-5432-verdicts-")
    assert not any(secret in name for name in names for secret in ("kim", "s3cret", "/"))
    again = server_place(tmp_path, make_url("postgresql://lee:other@db.plant:5432/verdicts"))
    assert identity_file(again).name == names[0]
