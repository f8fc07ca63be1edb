"""Choices of the limit, stored and audited; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import update

from core.errors import ConfigError
from inference.store.choices import ThresholdChoice
from inference.store.engine import parse_url, writer_engine
from inference.store.reader import VerdictReader
from inference.store.sink import VerdictStore
from inference.store.tables import threshold_choices
from inference.threshold_choice import Choice

NOW = 1_795_000_000_000


@pytest.fixture
def store(store_url: str) -> Iterator[VerdictStore]:
    made = VerdictStore(store_url, clock=lambda: NOW)
    made.open()
    yield made
    made.close()


@pytest.fixture
def reader(store: VerdictStore, store_url: str) -> Iterator[VerdictReader]:
    made = VerdictReader(store_url)
    yield made
    made.close()


def test_the_newest_counts_and_all_are_kept(store: VerdictStore, reader: VerdictReader) -> None:
    assert reader.newest_threshold_choice() is None

    store.choose_threshold("kim", "fewer calls", {"budget": 2.5, "why not": "없음"})
    newest = store.choose_threshold("lee", "back", {})

    assert reader.newest_threshold_choice() == newest == ThresholdChoice(2, NOW, "lee", "back", {})
    page, before = reader.threshold_choices(1)
    assert page == [newest]
    assert reader.threshold_choices(1, before) == (
        [ThresholdChoice(1, NOW, "kim", "fewer calls", {"budget": 2.5, "why not": "없음"})],
        None,
    )


def test_stands_in_the_audit(store: VerdictStore, reader: VerdictReader) -> None:
    store.choose_threshold("kim", "fewer calls", {"budget": 2.5})
    store.choose_threshold("kim", "back", {})

    rows, _ = reader.audit(10)
    assert [(row["who"], row["verb"], row["detail"], row["result"]) for row in rows] == [
        ("kim", "threshold", "back", "the profile's rule"),
        ("kim", "threshold", "fewer calls", 'rule {"budget": 2.5}'),
    ]
    assert reader.verify_audit() == 2


@pytest.mark.parametrize("rule", [{"limit": float("nan")}, {"limit": object()}])
def test_refuses_what_is_no_json_and_writes_nothing(
    store: VerdictStore, reader: VerdictReader, rule: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="expected a rule of finite JSON values"):
        store.choose_threshold("kim", "x", rule)

    assert reader.newest_threshold_choice() is None
    assert reader.audit(1)[0] == []


@pytest.mark.parametrize("text", ["{", "null", "5", "[1]", '"budget"'])
def test_a_damaged_entry_is_read_as_one_that_counts_for_nobody(
    store: VerdictStore, reader: VerdictReader, store_url: str, text: str
) -> None:
    store.choose_threshold("kim", "fewer calls", {"budget": 2.5})
    engine = writer_engine(parse_url(store_url))
    with engine.begin() as connection:
        connection.execute(update(threshold_choices).values(rule=text))
    engine.dispose()

    newest = reader.newest_threshold_choice()

    assert newest is not None
    assert newest.rule == {"damaged": text[:200]}
    with pytest.raises(ConfigError, match="got 'damaged'"):
        Choice.of(newest.rule)
