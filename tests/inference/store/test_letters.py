"""Dead letters settled by people, and the audit of it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from core.errors import LetterSettled, StoreUnavailable
from core.stream import DeadLetter, Work
from core.verdict import Verdicts
from inference.store.engine import parse_url
from inference.store.reader import VerdictReader
from inference.store.sink import VerdictStore

MakeWork = Callable[..., Work]
MakeVerdicts = Callable[..., Verdicts]
NOW = 1_795_000_000_000


@pytest.fixture
def store(store_url: str, make_work: MakeWork) -> Iterator[VerdictStore]:
    """A store with two dead letters, numbers 1 and 2."""
    made = VerdictStore(store_url, clock=lambda: NOW)
    letters = [DeadLetter(f"d{i}", f"r{i}", "not_a_number", "cycle_time: 'x'", b"raw") for i in (1, 2)]
    made.write(make_work([{"token": "t1"}], at=(5, 1), dead=letters))
    yield made
    made.close()


@pytest.fixture
def reader(store: VerdictStore, store_url: str) -> Iterator[VerdictReader]:
    made = VerdictReader(store_url)
    yield made
    made.close()


def _audit(reader: VerdictReader) -> list[tuple[str, ...]]:
    names = ("who", "verb", "subject", "detail", "result")
    return [tuple(row[name] for name in names) for row in reversed(reader.audit(100)[0])]


def _tamper(url: str, statement: str) -> None:
    engine = create_engine(parse_url(url), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text(statement))


def test_a_settled_letter_has_a_verdict_under_its_own_token(
    store: VerdictStore, reader: VerdictReader, make_verdicts: MakeVerdicts
) -> None:
    position = store.position()

    store.settle_letter(1, make_verdicts([{"shot_id": "s1", "outcome": "NG"}]), "kim")

    found, letter = reader.verdict("d1"), reader.dead_letter(1)
    assert found is not None
    assert letter is not None
    assert (found["shot_id"], found["outcome"], letter["state"]) == ("s1", "NG", "replayed")
    assert _audit(reader) == [("kim", "replay", "dead letter 1", "", "verdict NG")]
    assert store.position() == position
    assert store.judged == reader.counts()
    assert reader.dead_letter_count() == 1


def test_the_verdict_of_a_replayed_letter_is_not_the_newest_of_its_record(
    store: VerdictStore, make_work: MakeWork, make_verdicts: MakeVerdicts
) -> None:
    old, other = zlib.crc32(b"raw"), 77
    store.write(replace(make_work([{"token": "t9"}], at=(9, 1)), records=[("r1", other)]))  # mended since

    store.settle_letter(1, make_verdicts([{}]), "kim")
    store.settle_letter(2, make_verdicts([{}]), "kim")

    asked = [("r1", other), ("r1", old), ("r2", old)]
    assert store.unchanged(asked) == [True, False, True]


def test_a_dismissed_letter_keeps_its_reason_in_the_audit(store: VerdictStore, reader: VerdictReader) -> None:
    store.dismiss_letter(2, "a test shot", "kim")

    letter = reader.dead_letter(2)
    assert letter is not None
    assert (letter["state"], letter["raw"]) == ("dismissed", b"raw")
    assert _audit(reader) == [("kim", "dismiss", "dead letter 2", "a test shot", "dismissed")]


def test_a_letter_that_failed_again_stays_open(store: VerdictStore, reader: VerdictReader) -> None:
    store.letter_failed_again(1, "out_of_range", "cycle_time: 1e13", "kim")
    store.letter_failed_again(1, "out_of_range", "cycle_time: 1e13", "kim")

    letter = reader.dead_letter(1)
    assert letter is not None
    assert (letter["state"], letter["attempts"], letter["reason"]) == ("open", 3, "out_of_range")
    assert [row[-1] for row in _audit(reader)] == ["still bad: out_of_range"] * 2


def test_a_letter_is_settled_but_once(
    store: VerdictStore, reader: VerdictReader, make_verdicts: MakeVerdicts
) -> None:
    one = make_verdicts([{}])
    store.settle_letter(1, one, "kim")
    store.dismiss_letter(2, "x", "kim")
    before = (_audit(reader), reader.counts())

    with pytest.raises(LetterSettled, match=r"letter 1: expected an open one, got .* replayed already"):
        store.settle_letter(1, one, "lee")
    with pytest.raises(LetterSettled, match="replayed already"):
        store.dismiss_letter(1, "x", "lee")
    with pytest.raises(LetterSettled, match="replayed already"):
        store.letter_failed_again(1, "x", "x", "lee")
    with pytest.raises(LetterSettled, match="dismissed already"):
        store.settle_letter(2, one, "lee")
    with pytest.raises(LetterSettled, match=r"dead letter 99: .* none of that number"):
        store.dismiss_letter(99, "x", "lee")

    assert (_audit(reader), reader.counts()) == before
    assert reader.dead_letter(99) is None


@pytest.mark.parametrize("rows", [[], [{}, {}], [{"facility": None}]], ids=["none", "two", "incomplete"])
def test_a_letter_takes_one_whole_verdict(
    store: VerdictStore, reader: VerdictReader, make_verdicts: MakeVerdicts, rows: list[dict[str, Any]]
) -> None:
    with pytest.raises(ValueError, match=r"1|tokens|argument"):
        store.settle_letter(1, make_verdicts(rows), "kim")

    assert reader.dead_letter_count() == 2
    assert _audit(reader) == []


def test_a_replayed_record_counts_as_judged_as_it_was(
    store: VerdictStore, make_verdicts: MakeVerdicts
) -> None:
    store.settle_letter(1, make_verdicts([{}]), "kim")

    assert store.unchanged([("r1", zlib.crc32(b"raw")), ("r1", 5)]) == [True, False]


def test_the_audit_is_a_chain(store: VerdictStore, reader: VerdictReader) -> None:
    for i in range(4):
        store.audited("kim", "key.made", f"key {i}", "viewer 길\x00", "done")

    rows, before = reader.audit(3)
    assert ([row["seq"] for row in rows], before) == ([4, 3, 2], 2)
    assert [row["seq"] for row in reader.audit(3, before)[0]] == [1]
    assert rows[0]["previous_sha"] == rows[1]["sha"]
    assert rows[0]["detail"] == "viewer 길\ufffd"
    assert reader.verify_audit() == 4


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE audit SET who = 'lee' WHERE seq = 2", 2),
        ("UPDATE audit SET at = at + 1 WHERE seq = 3", 3),
        ("DELETE FROM audit WHERE seq = 2", 2),
        ("DELETE FROM audit WHERE seq = 1", 1),
        ("UPDATE audit SET seq = seq + 10 WHERE seq = 4", 4),
        ("UPDATE audit SET sha = previous_sha WHERE seq = 4", 4),
    ],
)
def test_an_audit_changed_by_hand_is_noticed(
    store: VerdictStore, reader: VerdictReader, store_url: str, statement: str, named: int
) -> None:
    for i in range(4):
        store.audited("kim", "key.made", f"key {i}", "", "done")
    _tamper(store_url, statement)

    with pytest.raises(StoreUnavailable, match=f"expected row {named} with seal"):
        reader.verify_audit()
