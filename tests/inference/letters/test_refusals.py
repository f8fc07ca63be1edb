"""Letters that are settled, not whole, or on a sink that holds none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.errors import ConfigError, LetterNotWhole, LetterSettled
from inference.consumer.orders import Orders
from inference.letters import dismiss, replay
from inference.store.rows import RAW_LIMIT
from tests.inference.letters.office import Document, Office, raw


@pytest.mark.parametrize(
    ("record", "said"),
    [(b"\x00" * (RAW_LIMIT + 1), "the first 65536 of 65537 bytes"), (b"", "nothing of it")],
    ids=["cut", "nothing"],
)
def test_a_record_that_was_not_kept_whole_is_refused_with_what_to_do(
    office: Office, record: bytes, said: str
) -> None:
    office.receive(record)

    with pytest.raises(LetterNotWhole, match=f"{said}; mend the record where it came from .* dismiss"):
        replay(office.desk, office.reader, 1, "kim")

    assert office.state(1) == ("open", 1, "not_a_number")
    assert office.audit() == []


def test_two_orders_for_one_letter_lead_to_one_verdict(office: Office, shots: list[Document]) -> None:
    office.receive(raw(shots[0]))
    orders = Orders()
    answers = [orders.hand_in(lambda desk: replay(desk, office.reader, 1, "kim")) for _ in range(2)]

    orders.carry_out(office.desk)

    assert answers[0].result(0).result == "replayed"
    with pytest.raises(LetterSettled, match="expected an open one, got one that is replayed already"):
        answers[1].result(0)
    assert sum(office.reader.counts().values()) == 1
    assert len(office.audit()) == 1


@pytest.mark.parametrize("seq", [1, 7])
def test_a_refusal_costs_the_writer_nothing(office: Office, shots: list[Document], seq: int) -> None:
    office.receive(raw(shots[0]))
    dismiss(office.desk, office.reader, 1, "a test shot", "kim")

    def untouchable(*_: Any) -> None:
        raise AssertionError

    sink = type(
        "Sink", (), dict.fromkeys(("settle_letter", "dismiss_letter", "letter_failed_again"), untouchable)
    )
    desk = replace(office.desk, sink=sink())

    with pytest.raises(LetterSettled, match=f"dead letter {seq}: "):
        replay(desk, office.reader, seq, "kim")
    with pytest.raises(LetterSettled, match=f"dead letter {seq}: "):
        dismiss(desk, office.reader, seq, "a test shot", "kim")


def test_a_sink_without_letters_says_so(office: Office) -> None:
    office.receive(b"x")
    desk = replace(office.desk, sink=object())  # type: ignore[arg-type]  # no sink for letters

    with pytest.raises(ConfigError, match="expected a store that settles dead letters, got object"):
        dismiss(desk, office.reader, 1, "a test shot", "kim")
