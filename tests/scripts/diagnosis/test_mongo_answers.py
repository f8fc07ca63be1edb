"""What follows from a MongoDB server's answers, whichever server gave them."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.diagnosis import mongo_server
from scripts.diagnosis.mongo_oplog import Oplog, headroom, window
from scripts.diagnosis.mongo_unreachable import about_set

NOW = 1_795_176_000.0


@pytest.mark.parametrize(
    ("hello", "said"),
    [
        ({"setName": "rs0", "hosts": ["no-such-host.invalid:27017"]}, "no-such-host.invalid"),
        ({"setName": "rs0", "hosts": ["127.0.0.1:1"]}, "connection refused"),
        ({"setName": "rs1"}, "belongs to 'rs1'"),
    ],
)
def test_members_that_cannot_be_reached_by_their_names_are_told(hello: dict[str, Any], said: str) -> None:
    found = about_set(hello, "db:27017", "rs0")

    assert found is not None
    assert said in found.found


def test_a_set_without_primary_is_a_problem_and_a_sharded_cluster_a_note() -> None:
    assert mongo_server.replica_set({"setName": "rs0", "hosts": ["a", "b"]}).level == "problem"
    assert mongo_server.replica_set({"msg": "isdbgrid"}).level == "note"


@pytest.mark.parametrize(
    ("server", "level"), [(NOW, "ok"), (NOW + 4, "ok"), (NOW - 30, "note"), (NOW + 90, "warning")]
)
def test_clocks_are_compared_without_the_time_of_asking(server: float, level: str) -> None:
    assert mongo_server.clock(server, NOW - 0.5, NOW + 0.5).level == level


@pytest.mark.parametrize(
    ("position", "filled", "level"),
    [
        (900, 1.0, "ok"),
        (249, 1.0, "warning"),
        (0, 0.5, "ok"),
        (-1, 1.0, "problem"),
        (-1, 0.1, "note"),
    ],
)
def test_headroom_is_a_share_of_the_oplogs_window(position: int, filled: float, level: str) -> None:
    assert headroom(Oplog(10_000, 11_000, filled), 10_000 + position).level == level


def test_a_window_of_less_than_a_day_is_a_note_once_the_oplog_is_full() -> None:
    assert window(Oplog(10_000, 11_000, 1.0)).level == "note"
    assert window(Oplog(10_000, 11_000, 0.2)).level == "ok"
    assert window(Oplog(10_000, 200_000, 1.0)).level == "ok"
