"""Dead letters judged again: what is written and what stays as it is."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from core.batch import Batch
from core.errors import StoreUnavailable
from core.profile import Profile
from core.stream import Event
from inference.judge import Judged, judge
from inference.letters import dismiss, replay, replay_many
from inference.plan import Plan
from inference.store.rows import RAW_LIMIT
from inference.store.sink import VerdictStore
from ingest.fill_memory import FillMemory
from tests.inference.letters.office import Document, Office, raw, text_for_a_number


def test_a_replayed_record_gets_the_verdict_it_would_have_got(office: Office, shots: list[Document]) -> None:
    office.receive(raw(shots[0]))
    position = office.store.position()

    tried = replay(office.desk, office.reader, 1, "kim")

    decoded = office.desk.decoder.decode([Event("d1", "r1", "insert", raw(shots[0]))])
    (expected,) = judge(decoded.batch, office.desk.plan, FillMemory()).verdicts.rows()
    found = office.reader.verdict("d1")
    assert found is not None
    assert {name: found[name] for name in expected} == expected
    assert (tried.result, tried.outcome) == ("replayed", expected["outcome"])
    assert office.state(1) == ("replayed", 1, "not_a_number")
    assert office.audit() == [("kim", "replay", "dead letter 1", f"verdict {expected['outcome']}")]
    assert office.store.position() == position


def test_the_present_memory_fills_a_replayed_record_and_stays_as_it_is(
    office: Office, shots: list[Document], profile: Profile
) -> None:
    desk = office.desk
    events = [Event(f"t{i}", f"t{i}", "insert", raw(shot)) for i, shot in enumerate(shots)]
    before = judge(desk.decoder.decode(events[:10]).batch, desk.plan, FillMemory()).memory
    desk = replace(desk, memory=before)
    facility = shots[0]["facility"]
    kept = before.to_json(facility, profile)
    office.receive(raw(shots[10] | {"set": {}}))

    replay(desk, office.reader, 1, "kim")

    found = office.reader.verdict("d1")
    assert found is not None
    assert set(found["filled"].values()) == {"forward"}
    assert before.to_json(facility, profile) == kept
    assert dict(office.store.memory()) == {}
    after = judge(desk.decoder.decode(events[11:]).batch, desk.plan, before)
    untouched = FillMemory.from_json({facility: kept}, profile)
    alone = judge(desk.decoder.decode(events[11:]).batch, desk.plan, untouched)
    assert list(after.verdicts.rows()) == list(alone.verdicts.rows())


def test_a_record_that_is_still_bad_stays_open_with_its_new_reason(
    office: Office, shots: list[Document]
) -> None:
    office.receive(raw(text_for_a_number(shots[0])), reason="judge_failed")

    tried = replay(office.desk, office.reader, 1, "kim")

    assert (tried.result, tried.reason, tried.outcome) == ("still_bad", "not_a_number", None)
    assert "sensor off" in tried.detail
    assert office.state(1) == ("open", 2, "not_a_number")
    assert office.audit() == [("kim", "replay", "dead letter 1", "still bad: not_a_number")]
    assert office.reader.verdict("d1") is None


def test_a_record_on_which_judging_fails_is_judged_once_a_model_can(
    office: Office, shots: list[Document]
) -> None:
    def breaks(batch: Batch, plan: Plan, memory: FillMemory) -> Judged:
        raise ZeroDivisionError("a broken version")

    office.receive(raw(shots[0]))

    tried = replay(replace(office.desk, judge=breaks), office.reader, 1, "kim")
    assert (tried.result, tried.reason) == ("still_bad", "judge_failed")
    assert replay(office.desk, office.reader, 1, "kim").result == "replayed"
    assert office.state(1) == ("replayed", 2, "judge_failed")


def test_a_verdict_that_lacks_what_a_row_needs_is_none(office: Office, shots: list[Document]) -> None:
    def forgetful(batch: Batch, plan: Plan, memory: FillMemory) -> Judged:
        judged = judge(batch, plan, memory)
        return replace(
            judged, verdicts=replace(judged.verdicts, columns={**judged.verdicts.columns, "facility": [None]})
        )

    office.receive(raw(shots[0]))

    tried = replay(replace(office.desk, judge=forgetful), office.reader, 1, "kim")

    assert (tried.reason, tried.detail) == ("incomplete_verdict", "the verdict has no facility")
    assert office.state(1) == ("open", 2, "incomplete_verdict")


def test_many_are_judged_one_by_one_until_the_time_is_over(office: Office, shots: list[Document]) -> None:
    bad = raw(text_for_a_number(shots[1]))
    office.receive(raw(shots[0]), bad, b"\x00" * (RAW_LIMIT + 1), raw(shots[3]), raw(shots[4]))
    dismiss(office.desk, office.reader, 4, "a test shot", "kim")
    ticks = itertools.count()

    tried = replay_many(
        office.desk, office.reader, [5, 4, 3, 2, 1], "kim", seconds=4, clock=lambda: next(ticks)
    )

    assert [(one.seq, one.result) for one in tried] == [
        (5, "replayed"), (4, "settled"), (3, "not_whole"), (2, "still_bad"),
    ]  # fmt: skip
    assert office.state(1) == ("open", 1, "not_a_number")
    assert [one.seq for one in replay_many(office.desk, office.reader, [1], "kim", seconds=0)] == [1]


def test_a_store_that_is_away_stops_many_at_once(office: Office, shots: list[Document]) -> None:
    office.receive(raw(shots[0]), raw(shots[1]))

    class Away(VerdictStore):
        def settle_letter(self, *_: Any) -> None:
            raise StoreUnavailable("away")

    desk = replace(office.desk, sink=Away("sqlite:///never-opened"))
    with pytest.raises(StoreUnavailable):
        replay_many(desk, office.reader, [2, 1], "kim")
    assert office.reader.dead_letter_count() == 2


def test_an_error_of_our_own_leaves_nothing_half(
    office: Office, shots: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    office.receive(raw(shots[0]))

    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("inference.store.letters.append_audit", broken)
    with pytest.raises(ZeroDivisionError):
        replay(office.desk, office.reader, 1, "kim")
    monkeypatch.undo()

    assert office.reader.verdict("d1") is None
    assert office.state(1) == ("open", 1, "not_a_number")
    assert replay(office.desk, office.reader, 1, "kim").result == "replayed"
