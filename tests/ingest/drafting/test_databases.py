"""Samples of real databases, which are left as they were."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import bson
import numpy as np
import psycopg2
import pytest
from pymongo.collection import Collection

from core.errors import ConfigError, HistoryError, SourceUnavailable
from core.profile_file import parse_profile
from ingest.drafting.draft import Draft, draft_profile
from ingest.drafting.mongo_sample import sample_collection
from ingest.drafting.postgres_sample import sample_table
from ingest.drafting.profile_text import profile_text
from ingest.drafting.trial import try_documents, try_tables

BEGIN = datetime(2024, 3, 4, 6, tzinfo=UTC)


def documents(count: int) -> Iterator[dict[str, Any]]:
    random = np.random.default_rng(1)
    for n in range(count):
        yield {
            "time": BEGIN + timedelta(seconds=30 * n),
            "maker": "Alpha",
            "press": {"name": f"P-{n % 2}"},
            "item": "cap" if n < count // 2 else "lid",
            "lot": {"good": n, "bad": 0},
            "set": {"hold_pressure": 80 + 5 * (n // 50 % 2), "cooling": 12.5},
            "actual": {"cycle_time": float(random.normal(30, 0.1)), "peak": float(random.normal(99, 1))},
            "curve": [1.0, 2.0],
            "note": "x" if n % 2 else "y z",
        }


def found(draft: Draft) -> dict[str, str]:
    return {g.column: g.role if g.place == "variable" else g.place for g in draft.guesses}


MONGO_TRUTH = {
    "_id": "id", "time": "time", "maker": "maker", "press.name": "facility", "item": "item",
    "lot.good": "lot_good", "lot.bad": "lot_bad", "set.hold_pressure": "setting", "set.cooling": "setting",
    "actual.cycle_time": "production", "actual.peak": "production", "note": "ignored",
}  # fmt: skip


def test_documents_give_dotted_paths_and_every_one_can_be_read(
    mongo_url: str, mongo_collection: Collection[dict[str, Any]]
) -> None:
    mongo_collection.insert_many(list(documents(300)))

    sample, raws = sample_collection(
        mongo_url, mongo_collection.database.name, mongo_collection.name, rows=1000
    )
    draft = draft_profile(sample)

    assert found(draft) == MONGO_TRUTH
    assert any("curve" in note for note in draft.notes)
    assert (sample.rows, len(raws)) == (300, 300)
    profile = parse_profile(profile_text(draft, "shots").encode(), where="shots.toml")
    assert profile.lot.good.path == ("lot", "good")
    trial = try_documents(raws, profile)
    assert (trial.rows, trial.readable) == (300, 300)
    assert mongo_collection.count_documents({}) == 300


def test_of_a_large_collection_the_oldest_and_the_newest_are_read(
    mongo_url: str, mongo_collection: Collection[dict[str, Any]]
) -> None:
    mongo_collection.insert_many([{"_id": n, "x": float(n % 7)} for n in range(3000)])

    sample, raws = sample_collection(
        mongo_url, mongo_collection.database.name, mongo_collection.name, rows=400
    )

    ids = sample.frame["_id"].tolist()
    assert (ids[0], ids[199], ids[200], ids[-1]) == (0, 199, 2999, 2800)
    assert sample.rows == 3000
    assert set(sample.part.tolist()) == {0, 1}
    assert {bson.decode(raw)["_id"] for raw in raws} == set(ids)


def test_an_empty_collection_is_told_with_those_there_are(
    mongo_url: str, mongo_collection: Collection[dict[str, Any]]
) -> None:
    mongo_collection.insert_one({"x": 1})

    with pytest.raises(
        ConfigError, match="no_such: expected documents, found none; collections there: shots"
    ):
        sample_collection(mongo_url, mongo_collection.database.name, "no_such", rows=100)


def test_a_mongodb_that_does_not_answer_is_told_without_its_password() -> None:
    url = "mongodb://judge:s3cret@127.0.0.1:1/?serverSelectionTimeoutMS=200"

    with pytest.raises(SourceUnavailable, match=r"mongodb://127\.0\.0\.1:1.*no connection") as error:
        sample_collection(url, "plant", "shots", rows=100)

    assert "s3cret" not in str(error.value)


def test_an_address_that_would_be_cut_wrongly_is_refused_without_its_password() -> None:
    with pytest.raises(ConfigError, match="%2F") as error:
        sample_collection("mongodb://judge:s3c/ret@127.0.0.1:1/", "plant", "shots", rows=100)

    assert "s3c" not in str(error.value)


CREATE = """
CREATE TABLE shots (
    shot_no bigint PRIMARY KEY, made_at timestamptz NOT NULL, machine text, product text,
    good_count integer, bad_count integer, pressure_set numeric(6, 1), "Peak Pressure [bar]" double precision,
    cycle_time numeric(8, 3), curve double precision[], extra jsonb
)
"""
FILL = """
INSERT INTO shots
SELECT n, timestamptz '2024-03-04 06:00+00' + n * interval '30 s', 'P-' || n %% 2, 'cap', n, 0,
       80 + 5 * (n / 50 %% 2), 99 + sin(n * 12.9898) * 3, 30 + sin(n * 78.233), ARRAY[1, 2], '{{"a": 1}}'
FROM generate_series(1, %s) AS n
"""
POSTGRES_TRUTH = {
    "shot_no": "id", "made_at": "time", "machine": "facility", "product": "item", "good_count": "lot_good",
    "bad_count": "lot_bad", "pressure_set": "setting", "Peak Pressure [bar]": "production",
    "cycle_time": "production",
}  # fmt: skip


def filled(url: str, rows: int) -> None:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(CREATE)
            cursor.execute(FILL.replace("{{", "{").replace("}}", "}"), (rows,))
    finally:
        connection.close()


def test_a_table_s_columns_are_guessed_by_their_types_and_names(fresh_postgres_url: str) -> None:
    filled(fresh_postgres_url, 300)

    sample = sample_table(fresh_postgres_url, "public.shots", rows=1000)
    draft = draft_profile(sample)

    assert found(draft) == POSTGRES_TRUTH
    assert any("curve" in note and "extra" in note for note in draft.notes)
    profile = parse_profile(profile_text(draft, "shots").encode(), where="shots.toml")
    assert try_tables([sample.frame], profile, most=1000).readable == 300


def test_of_a_large_table_rows_from_all_over_are_read(fresh_postgres_url: str) -> None:
    filled(fresh_postgres_url, 20_000)
    connection = psycopg2.connect(fresh_postgres_url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE shots")
    connection.close()

    sample = sample_table(fresh_postgres_url, "shots", rows=1000)

    numbers = sample.frame["shot_no"].to_numpy()
    assert numbers[:500].tolist() == list(range(1, 501))
    assert len(numbers) <= 1000
    assert numbers.max() > 1000
    assert sample.rows > 15_000


@pytest.mark.parametrize(
    ("table", "said"), [("no_such", "found none; there are: public.shots"), ("a.b.c", "table 'a.b.c'")]
)
def test_a_table_that_there_is_not_is_told_with_those_there_are(
    fresh_postgres_url: str, table: str, said: str
) -> None:
    filled(fresh_postgres_url, 10)

    with pytest.raises((ConfigError, HistoryError), match=said):
        sample_table(fresh_postgres_url, table, rows=100)


def test_a_postgresql_that_does_not_answer_is_told_without_its_password() -> None:
    with pytest.raises(
        SourceUnavailable, match=r"table 'shots' at postgresql://127\.0\.0\.1:1/plant"
    ) as error:
        sample_table("postgresql://judge:s3cret@127.0.0.1:1/plant", "shots", rows=100)

    assert "s3cret" not in str(error.value)


def test_names_that_no_path_leads_to_are_not_read_and_named(
    mongo_url: str, mongo_collection: Collection[dict[str, Any]]
) -> None:
    mongo_collection.insert_many([{"a.b": n * 7 % 13, "x": float(n * 5 % 11), "": n} for n in range(40)])

    sample, _ = sample_collection(mongo_url, mongo_collection.database.name, mongo_collection.name, rows=100)

    assert [str(c) for c in sample.frame.columns] == ["_id", "x"]
    assert any("a.b" in note for note in sample.notes)
