"""What people said of verdicts, stored and audited; on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import create_engine, update
from sqlalchemy.pool import NullPool

from core.errors import ConfigError, VerdictUnknown
from core.stream import Work
from inference.store.engine import parse_url
from inference.store.feedback import FeedbackFilter
from inference.store.reader import VerdictReader
from inference.store.sink import VerdictStore
from inference.store.tables import store_identity

MakeWork = Callable[..., Work]
NOW = 1_795_000_000_000


class Clock:
    """A minute later at each call."""

    def __init__(self) -> None:
        self.now = NOW - 60_000

    def __call__(self) -> int:
        self.now += 60_000
        return self.now


@pytest.fixture
def store(store_url: str, make_work: MakeWork) -> Iterator[VerdictStore]:
    """A store with the shots a, b and c; c on another press."""
    rows = [
        {"token": "ta", "shot_id": "a", "outcome": "NG"},
        {"token": "tb", "shot_id": "b", "outcome": "WARN", "model_version": "v2"},
        {"token": "tc", "shot_id": "c", "outcome": "OK", "facility": "B-07"},
    ]
    made = VerdictStore(store_url, clock=Clock())
    made.write(make_work(rows, at=(5, 1)))
    yield made
    made.close()


@pytest.fixture
def reader(store: VerdictStore, store_url: str) -> Iterator[VerdictReader]:
    made = VerdictReader(store_url)
    yield made
    made.close()


def _said(reader: VerdictReader, **wanted: Any) -> list[tuple[str, str]]:
    return [(row["shot_id"], row["judgement"]) for row in reader.feedback(FeedbackFilter(**wanted), 100)[0]]


def test_says_what_was_judged_of_the_shot_then(store: VerdictStore, reader: VerdictReader) -> None:
    given = store.give_feedback("tb", "confirm", "short shot", "kim")

    found = reader.feedback_of("b")
    assert found == [given]
    assert {
        name: given[name] for name in ("outcome", "model_version", "who", "reason", "facility", "item")
    } == {
        "outcome": "WARN",
        "model_version": "v2",
        "who": "kim",
        "reason": "short shot",
        "facility": "A-01",
        "item": "cap",
    }


def test_all_are_kept_and_the_newest_of_a_shot_counts(store: VerdictStore, reader: VerdictReader) -> None:
    store.give_feedback("ta", "confirm", "", "kim")
    store.give_feedback("tb", "unsure", "", "kim")
    store.give_feedback("ta", "false_alarm", "measured again", "lee")

    assert [row["judgement"] for row in reader.feedback_of("a")] == ["false_alarm", "confirm"]
    assert {k: v["judgement"] for k, v in reader.last_words(["a", "b", "c"]).items()} == {
        "a": "false_alarm",
        "b": "unsure",
    }
    assert _said(reader) == [("a", "false_alarm"), ("b", "unsure"), ("a", "confirm")]
    assert _said(reader, newest=True) == [("a", "false_alarm"), ("b", "unsure")]
    assert _said(reader, newest=True, judgement="confirm") == []


def test_is_found_by_time_facility_and_judgement(store: VerdictStore, reader: VerdictReader) -> None:
    first = store.give_feedback("ta", "confirm", "", "kim")
    second = store.give_feedback("tc", "confirm", "", "kim")
    third = store.give_feedback("tb", "unsure", "", "kim")

    assert _said(reader, facility="B-07") == [("c", "confirm")]
    assert _said(reader, judgement="confirm") == [("c", "confirm"), ("a", "confirm")]
    assert _said(reader, start=second["at_ms"], end=third["at_ms"]) == [("c", "confirm")]
    page, before = reader.feedback(FeedbackFilter(), 2)
    assert [row["id"] for row in page] == [third["id"], second["id"]]
    page, before = reader.feedback(FeedbackFilter(), 2, before)
    assert ([row["id"] for row in page], before) == ([first["id"]], None)


def test_stands_in_the_audit(store: VerdictStore, reader: VerdictReader) -> None:
    store.give_feedback("ta", "false_alarm", "뚜껑이 좋다\x00", "kim")

    (row,), _ = reader.audit(10)
    assert (row["who"], row["verb"], row["subject"]) == ("kim", "feedback", "shot a")
    assert (row["detail"], row["result"]) == ("뚜껑이 좋다\ufffd", "false_alarm of NG by v1")
    assert reader.verify_audit() == 1


@pytest.mark.parametrize(
    ("token", "judgement", "error"), [("no such", "confirm", VerdictUnknown), ("ta", "maybe", ValueError)]
)
def test_refuses_what_it_does_not_know_and_writes_nothing(
    store: VerdictStore, reader: VerdictReader, token: str, judgement: Any, error: type[Exception]
) -> None:
    with pytest.raises(error, match="expected"):
        store.give_feedback(token, judgement, "", "kim")

    assert _said(reader) == []
    assert reader.audit(1)[0] == []


def test_a_replaced_writer_can_say_nothing_any_more(
    store: VerdictStore, reader: VerdictReader, store_url: str
) -> None:
    engine = create_engine(parse_url(store_url), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(update(store_identity).values(epoch=store_identity.c.epoch + 1))

    with pytest.raises(ConfigError, match="took the store over"):
        store.give_feedback("ta", "confirm", "", "kim")
    with pytest.raises(ConfigError, match="took the store over"):
        store.choose_threshold("kim", "fewer calls", {"budget": 1})
    assert _said(reader) == []
    assert reader.newest_threshold_choice() is None
