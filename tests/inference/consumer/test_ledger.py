from __future__ import annotations

from core.stream import Written
from inference.consumer.ledger import MOST_UNKNOWN_FIELDS, OTHERS, Ledger


def test_every_event_is_in_exactly_one_account() -> None:
    ledger = Ledger()
    ledger.add(10, 2, Written(verdicts=5, dead_letters=1, replayed=2), {})
    assert ledger.balanced
    ledger.add(1, 0, Written(verdicts=0, dead_letters=0, replayed=0), {})
    assert not ledger.balanced


def test_made_up_field_names_do_not_fill_the_memory() -> None:
    ledger = Ledger()
    for number in range(MOST_UNKNOWN_FIELDS + 500):
        ledger.add(0, 0, Written(0, 0, 0), {f"field{number}": 1})
    ledger.add(0, 0, Written(0, 0, 0), {"field0": 1})
    assert len(ledger.unknown_fields) == MOST_UNKNOWN_FIELDS + 1
    assert (ledger.unknown_fields["field0"], ledger.unknown_fields[OTHERS]) == (2, 500)
