"""A PostgreSQL store that dies at a commit, or takes its time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from ingest.embedded import EmbeddedPostgres
from tests.faults.crash.hall import Hall

MakeHall = Callable[..., Hall]
LONG = pytest.mark.faults


@pytest.fixture
def fragile_postgres(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(tmp_path / "fragile postgres") as server:
        yield server


@pytest.mark.fault_row(37)
@pytest.mark.parametrize("times", [2, pytest.param(15, marks=LONG)])
def test_a_store_killed_under_load_costs_nothing(
    make_hall: MakeHall, fragile_postgres: EmbeddedPostgres, times: int
) -> None:
    hall = make_hall(settings={"SPRUE_STORE_URL": fragile_postgres.url})
    hall.start()
    hall.feed.run()
    for _ in range(times):
        hall.await_answers(hall.answered() + 40)
        fragile_postgres.kill()
        fragile_postgres.start()
    hall.note_faults("kill -9 of PostgreSQL", times)
    findings = hall.settle()

    assert findings.all_well, str(findings)


@pytest.mark.fault_row(36)
def test_a_slow_store_slows_reading_and_nothing_piles_up(
    make_hall: MakeHall, fragile_postgres: EmbeddedPostgres
) -> None:
    hall = make_hall(settings={"SPRUE_STORE_URL": fragile_postgres.url})
    hall.start()
    hall.feed.write(50)
    hall.await_answers(50)
    with closing(psycopg2.connect(fragile_postgres.url)) as store, store, store.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN PERFORM pg_sleep(0.4); RETURN NULL; END'"
        )
        cursor.execute("CREATE TRIGGER slow AFTER INSERT ON verdict EXECUTE FUNCTION dawdle()")
    before = hall.service.resident_mb()
    hall.feed.write(1_000)
    hall.await_answers(600)
    grown = hall.service.resident_mb() - before
    hall.note_faults("store slow")
    findings = hall.settle()

    assert grown < 60.0
    assert findings.all_well, str(findings)
