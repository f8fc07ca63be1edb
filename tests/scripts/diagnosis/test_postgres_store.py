"""The verdict store in PostgreSQL: rights, writer, absence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg2

from inference.store.sink import VerdictStore
from scripts.diagnosis import store

NOW_MS = 1_795_176_000_000
Install = Callable[..., Any]
Pick = Callable[..., Any]
Fill = Callable[..., VerdictStore]


def test_a_postgresql_store_is_in_order_and_its_writer_is_named(
    install: Install, fresh_postgres_url: str, fill: Fill, pick: Pick
) -> None:
    here = install(now=NOW_MS / 1000 + 5, store_url=fresh_postgres_url)
    before = list(store.examine(here))
    assert pick(before, "tables").level == "note"
    assert pick(before, "rights").level == "ok"

    fill(fresh_postgres_url)
    found = list(store.examine(here))

    assert {f.level for f in found} - {"note"} == {"ok"}
    assert pick(found, "writer").found.startswith("session ")
    assert pick(found, "position").level == "ok"


def test_a_user_who_may_only_read_the_store_is_a_problem(
    install: Install, fresh_postgres_url: str, fill: Fill, pick: Pick
) -> None:
    fill(fresh_postgres_url).close()
    database = fresh_postgres_url.rpartition("/")[2]
    role = f"{database}_reader"
    connection = psycopg2.connect(fresh_postgres_url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'canary-secret'")
        cursor.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    try:
        url = fresh_postgres_url.replace("postgres@", f"{role}:canary-secret@")
        found = pick(store.examine(install(store_url=url)), "rights")
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP OWNED BY {role}")
            cursor.execute(f"DROP ROLE {role}")
        connection.close()

    assert found.level == "problem"
    assert "INSERT on verdict" in found.found


def test_a_postgresql_store_that_is_not_there_is_a_problem(install: Install, fresh_postgres_url: str) -> None:
    server = fresh_postgres_url.rpartition("/")[0]

    found = list(store.examine(install(store_url=f"{server}/nowhere")))

    assert [f.level for f in found] == ["problem"]
    assert "nowhere" in found[0].found
