import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest
from pymongo.collection import Collection

from core.errors import HistoryError, SourceUnavailable
from core.profile_file import load_profile
from ingest.mongo_client import connect
from ingest.replay import Replayed, documents, replay

Document = dict[str, Any]
PROFILE = load_profile("injection_molding")


def table(n: int, first: int = 0) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": [f"s{i}" for i in range(first, first + n)],
            "time": pd.date_range("2026-03-01", periods=n, freq="s", tz="UTC"),
            "maker": "A",
            "facility": "P1",
            "item": "cap",
            "hold_time_set": [float(i) for i in range(n)],
            "cycle_time": [20.0 + i for i in range(n)],
            "lot_good": range(n),
        }
    )


class HandClock:
    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def send(frames: list[pd.DataFrame], collection: Collection[Document], **options: Any) -> Replayed:
    clock = HandClock()
    return replay(frames, collection, PROFILE, clock=clock, wait=clock.wait, **options)


def test_a_row_becomes_a_document_nested_by_the_profile() -> None:
    [document] = documents(table(1), PROFILE)
    assert document == {
        "_id": "s0",
        "time": datetime(2026, 3, 1, tzinfo=UTC),
        "maker": "A",
        "facility": "P1",
        "item": "cap",
        "set": {"hold_time": 0.0},
        "actual": {"cycle_time": 20.0},
        "lot": {"good": 0},
    }


def test_empty_cells_are_absent_and_other_cells_as_they_are() -> None:
    frame = table(3)
    frame["cycle_time"] = pd.Series([math.nan, "12,5", math.inf], dtype=object)
    frame["item"] = pd.Series([None, "cap", "cap"], dtype=object)
    frame["time"] = pd.Series([pd.NaT, "yesterday", "2026-03-01T09:00:00+09:00"], dtype=object)
    first, second, third = documents(frame, PROFILE)
    assert first is not None
    assert second is not None
    assert third is not None
    assert "actual" not in first
    assert "item" not in first
    assert "time" not in first
    assert second["actual"] == {"cycle_time": "12,5"}
    assert second["time"] == "yesterday"
    assert third["actual"] == {"cycle_time": math.inf}
    assert third["time"] == datetime(2026, 3, 1, tzinfo=UTC)


def test_rows_arrive_in_order_and_once(mongo_collection: Collection[Document]) -> None:
    done = send([table(700), table(30, first=700)], mongo_collection)
    assert done == Replayed(sent=730)
    stored = [d["_id"] for d in mongo_collection.find(sort=[("$natural", 1)])]
    assert stored == [f"s{i}" for i in range(730)]


def test_a_second_replay_adds_what_is_missing_and_changes_nothing(
    mongo_collection: Collection[Document],
) -> None:
    send([table(5)], mongo_collection)
    mongo_collection.update_one({"_id": "s0"}, {"$set": {"item": "changed"}})
    assert send([table(8)], mongo_collection) == Replayed(sent=3, present=5)
    assert mongo_collection.count_documents({}) == 8
    kept = mongo_collection.find_one({"_id": "s0"})
    assert kept is not None
    assert kept["item"] == "changed"


def test_an_interrupted_replay_is_finished_by_starting_it_again(
    mongo_collection: Collection[Document],
) -> None:
    def frames() -> Iterator[pd.DataFrame]:
        yield table(600)
        raise KeyboardInterrupt

    clock = HandClock()
    with pytest.raises(KeyboardInterrupt):
        replay(frames(), mongo_collection, PROFILE, clock=clock, wait=clock.wait)
    assert send([table(900)], mongo_collection) == Replayed(sent=300, present=600)


def test_rows_without_identifier_are_counted_and_not_sent(mongo_collection: Collection[Document]) -> None:
    frame = table(4)
    frame.loc[1, "id"] = None
    frame.loc[2, "id"] = " "
    assert send([frame], mongo_collection) == Replayed(sent=2, without_id=2)


def test_a_limit_stops_after_so_many_rows(mongo_collection: Collection[Document]) -> None:
    assert send([table(5), table(5, first=5)], mongo_collection, limit=7) == Replayed(sent=7)


@pytest.mark.parametrize("rate", [3.0, 100.0, 40_000.0])
def test_a_rate_is_kept_over_the_whole_and_in_each_moment(
    mongo_collection: Collection[Document], rate: float
) -> None:
    clock = HandClock()
    seen: list[tuple[float, int]] = []
    replay(
        [table(60)],
        mongo_collection,
        PROFILE,
        rate=rate,
        clock=clock,
        wait=clock.wait,
        progress=lambda done: seen.append((clock.now, done.rows)),
    )
    assert clock.now == pytest.approx(60 / rate)
    assert all(rows <= rate * now + max(1, rate / 20) + 1e-6 for now, rows in seen)


def test_a_table_without_identifier_column_sends_nothing(mongo_collection: Collection[Document]) -> None:
    assert send([table(3).drop(columns="id")], mongo_collection) == Replayed(without_id=3)


def test_a_column_named_twice_is_refused(mongo_collection: Collection[Document]) -> None:
    frame = table(3)
    frame.columns = pd.Index([*frame.columns[:-1], "cycle_time"])
    with pytest.raises(HistoryError, match="cycle_time"):
        send([frame], mongo_collection)


def test_an_unreachable_database_is_said_so() -> None:
    with (
        connect("mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100") as client,
        pytest.raises(SourceUnavailable, match=r"plant\.shots"),
    ):
        send([table(1)], client["plant"]["shots"])
