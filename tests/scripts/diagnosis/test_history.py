from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg2
import pytest

from core.profile_file import load_profile
from ingest.history_columns import flat_fields
from scripts.diagnosis import configuration, history

Install = Callable[..., Any]
Pick = Callable[..., Any]
NEWEST = 1_795_176_000


def make_table(url: str, *, without: tuple[str, ...] = (), rows: int = 3, numbers: str = "float8") -> None:
    types = dict.fromkeys(flat_fields(load_profile("injection_molding")), numbers)
    types |= dict.fromkeys(("id", "maker", "facility", "item"), "text") | {"time": "timestamptz"}
    columns = ", ".join(f'"{name}" {kind}' for name, kind in types.items() if name not in without)
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE shot_history ({columns})")
        for i in range(rows):
            cursor.execute(
                'INSERT INTO shot_history (id, "time", facility) VALUES (%s, to_timestamp(%s), %s)',
                (str(i), NEWEST - i, "A-01"),
            )
    connection.close()


def test_a_history_that_nobody_set_up_is_a_note(install: Install) -> None:
    assert {f.level for f in history.examine(install())} == {"note"}


def test_a_history_that_cannot_be_reached_is_a_warning(install: Install, pick: Pick) -> None:
    url = "postgresql://judge:canary-secret@127.0.0.1:1/plant"

    found = pick(history.examine(install(history_url=url)), "reachable")

    assert found.level == "warning"
    assert "canary-secret" not in str(found)


@pytest.mark.parametrize("password", ["canary/secret", "canary?secret", "canary#secret", "canary@secret"])
def test_a_password_that_must_be_quoted_is_said_and_not_shown(install: Install, password: str) -> None:
    found = list(
        configuration.examine(install(history_url=f"postgresql://judge:{password}@127.0.0.1:1/plant"))
    )

    (wrong,) = [f for f in found if f.level == "problem"]
    assert wrong.found.startswith("SPRUE_HISTORY_URL: expected user, password")
    assert "canary" not in str(found)


def test_a_sound_history_is_in_order(install: Install, fresh_postgres_url: str, pick: Pick) -> None:
    make_table(fresh_postgres_url)

    found = list(history.examine(install(now=NEWEST + 2 * 86_400, history_url=fresh_postgres_url)))

    assert {f.level for f in found} == {"ok"}
    assert "2 days ago" in pick(found, "newest").found


def test_missing_columns_are_named(install: Install, fresh_postgres_url: str, pick: Pick) -> None:
    make_table(fresh_postgres_url, without=("cushion_stroke", "cycle_time"))

    found = pick(history.examine(install(history_url=fresh_postgres_url)), "table")

    assert found.level == "warning"
    assert "cycle_time" in found.found


def test_lot_totals_under_other_names_are_a_warning_with_the_keys_to_set(
    install: Install, fresh_postgres_url: str, pick: Pick
) -> None:
    make_table(fresh_postgres_url, without=("lot_good", "lot_bad"))
    connection = psycopg2.connect(fresh_postgres_url)
    with connection, connection.cursor() as cursor:
        cursor.execute("ALTER TABLE shot_history ADD COLUMN qty_good integer")
    connection.close()

    found = pick(history.examine(install(history_url=fresh_postgres_url)), "lot totals")

    assert found.level == "warning"
    assert "lot_good (or lot.good) and lot_bad (or lot.bad)" in found.expected
    assert "near: qty_good for lot_good" in found.found
    assert "set good and bad under [lot]" in found.advice


def test_a_missing_table_is_a_warning(install: Install, fresh_postgres_url: str, pick: Pick) -> None:
    found = pick(history.examine(install(history_url=fresh_postgres_url)), "table")

    assert found.level == "warning"
    assert "no table at all" in found.found


def test_an_empty_table_and_columns_of_text_are_warnings(
    install: Install, fresh_postgres_url: str, pick: Pick
) -> None:
    make_table(fresh_postgres_url, rows=0, numbers="text")

    found = list(history.examine(install(history_url=fresh_postgres_url)))

    assert pick(found, "rows").level == "warning"
    assert pick(found, "column types").level == "warning"


@pytest.mark.parametrize("url", ["no url at all", "postgresql://h:x:y/"])
def test_what_is_no_url_is_a_warning(install: Install, pick: Pick, url: str) -> None:
    assert pick(history.examine(install(history_url=url)), "reachable").level == "warning"


def test_a_user_without_the_right_to_read_is_a_warning(
    install: Install, fresh_postgres_url: str, pick: Pick
) -> None:
    make_table(fresh_postgres_url)
    role = f"{fresh_postgres_url.rpartition('/')[2]}_nobody"
    connection = psycopg2.connect(fresh_postgres_url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {role} LOGIN")
    try:
        url = fresh_postgres_url.replace("postgres@", f"{role}@")
        found = pick(history.examine(install(history_url=url)), "rights")
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP ROLE {role}")
        connection.close()

    assert found.level == "warning"
    assert "GRANT SELECT" in found.advice
