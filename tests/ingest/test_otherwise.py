"""Keys that records and tables do not carry: what the profile says they are otherwise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.errors import HistoryError
from core.profile import FieldPath, Profile
from core.profile_file import load_profile
from core.stream import Event
from ingest.document import DocumentDecoder
from ingest.frame import batch_from_frame
from ingest.history_file import file_history
from tests.ingest.compiled_reader.two_readers import assert_same, careful, events_of
from tests.ingest.odd_documents import shot

PLAIN = load_profile("injection_molding")


def otherwise(field: FieldPath, text: str) -> FieldPath:
    return replace(field, otherwise=text)


PROFILE = replace(
    PLAIN,
    identifier=otherwise(PLAIN.identifier, "row"),
    maker=otherwise(PLAIN.maker, "makers"),
    facility=otherwise(PLAIN.facility, "press 1"),
    item=otherwise(PLAIN.item, "cap"),
)


def events(profile: Profile, *missing: dict[str, object]) -> list[Event]:
    """Documents without the keys whose value is ``...``."""
    whole = [{**shot(profile, i), **without} for i, without in enumerate(missing)]
    return events_of([{k: v for k, v in document.items() if v is not ...} for document in whole])


def test_a_table_without_keys_gets_them_and_has_its_rows_numbered() -> None:
    frame = pd.DataFrame({"cycle_time": [20.5, 21.0]})

    batch, problems = batch_from_frame(frame, PROFILE)
    later, _ = batch_from_frame(frame, PROFILE, first_row=50_000)

    assert problems == []
    assert batch.ids.tolist() == ["row 1", "row 2"]
    assert later.ids.tolist() == ["row 50001", "row 50002"]
    assert [batch.maker[0], batch.facility[1], batch.item[1]] == ["makers", "press 1", "cap"]


def test_an_empty_cell_is_what_an_absent_key_is() -> None:
    frame = pd.DataFrame(
        {"id": ["a", "b"], "maker": [None, "M"], "facility": [" ", "F"], "item": ["I", float("nan")]}
    )

    batch, problems = batch_from_frame(frame, PROFILE)

    assert problems == []
    assert batch.maker.tolist() == ["makers", "M"]
    assert batch.facility.tolist() == ["press 1", "F"]
    assert batch.item.tolist() == ["I", "cap"]


def test_a_key_that_cannot_be_read_is_refused_as_ever() -> None:
    frame = pd.DataFrame({"facility": ["F", 1.5], "maker": [True, "M"]})

    _, problems = batch_from_frame(frame, PROFILE)

    assert [(p.row, p.record_id, p.reason) for p in problems] == [
        (0, "row 1", "bad_text"),
        (1, "row 2", "bad_text"),
    ]


def test_an_empty_identifier_in_a_column_of_them_is_refused() -> None:
    frame = pd.DataFrame({"id": ["a", None]})

    batch, problems = batch_from_frame(frame, PROFILE)

    assert batch.ids.tolist() == ["a"]
    assert [p.reason for p in problems] == ["missing_id"]


def test_without_a_default_a_table_must_have_the_columns_as_ever() -> None:
    for column in ("id", "facility"):
        frame = pd.DataFrame({"id": ["a"], "facility": ["F"]}).drop(columns=column)
        with pytest.raises(HistoryError, match=column):
            batch_from_frame(frame, PLAIN)
    batch, _ = batch_from_frame(pd.DataFrame({"id": ["a"], "facility": ["F"]}), PLAIN)
    assert [batch.maker[0], batch.item[0]] == [None, None]


def test_a_history_file_needs_no_columns_of_such_keys(tmp_path: Path) -> None:
    names = [v.name for v in (*PROFILE.settings, *PROFILE.production)]
    frame = pd.DataFrame(np.ones((2, len(names))), columns=names)
    frame["time"] = "2026-01-01T00:00Z"
    file = tmp_path / "history.csv"
    frame.to_csv(file, index=False)

    loaded = file_history(file, PROFILE).load()

    assert loaded.batch.ids.tolist() == ["row 1", "row 2"]
    assert set(loaded.batch.facility) == {"press 1"}
    with pytest.raises(HistoryError, match="facility"):
        file_history(file, PLAIN).load()


@pytest.mark.parametrize("native", [True, False])
def test_a_record_without_keys_gets_them(native: bool) -> None:
    some = events(
        PROFILE,
        {},
        {"maker": ...},
        {"facility": ...},
        {"item": ...},
        {"maker": None, "item": "", "facility": " "},
    )

    batch = DocumentDecoder(PROFILE, native=native).decode(some).batch

    usual = shot(PROFILE, 0)
    assert batch.maker.tolist() == [usual["maker"], "makers", usual["maker"], usual["maker"], "makers"]
    assert batch.item.tolist()[3:] == ["cap", "cap"]
    assert batch.facility.tolist()[2] == batch.facility.tolist()[4] == "press 1"


def test_records_without_keys_are_read_alike_by_the_compiled_reader() -> None:
    decoder = DocumentDecoder(PROFILE)
    for _ in range(2):
        some = events(
            PROFILE,
            {"facility": "", "maker": "", "item": ""},
            {"facility": ..., "maker": "", "item": ...},
            {"maker": "", "item": "  "},
            {"maker": "cap", "item": "makers"},
            {"facility": 1.5},
            {"_id": None},
            {},
        )
        assert_same(decoder.decode(some), careful(PROFILE).decode(some))


def test_a_record_without_identifier_or_default_is_refused_as_ever() -> None:
    found = DocumentDecoder(PROFILE).decode(events(PROFILE, {"_id": None}))
    plain = DocumentDecoder(PLAIN).decode(events(PLAIN, {"facility": ...}, {"maker": ...}))

    assert [letter.reason for letter in found.dead_letters] == ["missing_id"]
    assert [letter.reason for letter in plain.dead_letters] == ["missing_facility"]
    assert plain.batch.maker.tolist() == [None]
