"""Events cut out of a reply's bytes equal the decoded ones."""

from typing import Any

import bson
import pytest
from bson.int64 import Int64
from bson.objectid import ObjectId
from bson.raw_bson import RawBSONDocument
from bson.timestamp import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from ingest.change_events import decoded_event, read_reply

Document = dict[str, Any]
IDLE = {"_data": "82FF"}


def change(number: int = 0, **changed: Any) -> Document:
    whole: Document = {
        "_id": {"_data": f"82{number:08X}2B04"},
        "operationType": "insert",
        "clusterTime": Timestamp(1_700_000_000 + number, number + 1),
        "fullDocument": {"_id": f"s{number}", "x": 1.5},
        "documentKey": {"_id": f"s{number}"},
    }
    return {key: value for key, value in {**whole, **changed}.items() if value is not ...}


def reply_of(*changes: Document, cursor: int = 7) -> bytes:
    return bson.encode(
        {"nextBatch": list(changes), "postBatchResumeToken": IDLE, "id": Int64(cursor), "ns": "plant.shots"}
    )


IDENTIFIERS = st.one_of(
    st.text(max_size=5),
    st.binary(min_size=12, max_size=12).map(ObjectId),
    st.integers(-(2**63), 2**63 - 1),
    st.dictionaries(st.text("ab", max_size=2), st.floats(allow_nan=False), max_size=2),
)
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "operationType": st.sampled_from(["insert", "update", "replace", "invalidate", "drop"]),
        "fullDocument": st.sampled_from([..., None, {}, {"_id": "x", "documentKey": {"_id": 1}}]),
        "documentKey": st.just(...) | IDENTIFIERS.map(lambda name: {"_id": name, "site": 1})
        | IDENTIFIERS.map(lambda name: {"_id": name}),
        "updateDescription": st.just({"updatedFields": {"x": 1}}),
        "_id": st.just({"_data": "82AB", "_typeBits": b"\x01"}),
    },
)  # fmt: skip


@given(st.lists(CHANGES, min_size=1, max_size=4))
def test_every_event_is_what_decoding_it_gives(several: list[Document]) -> None:
    changes = [change(i, **changed) for i, changed in enumerate(several)]
    reply = read_reply(reply_of(*changes))
    assert reply.events == [decoded_event(RawBSONDocument(bson.encode(c))) for c in changes]
    assert dict(reply.token) == dict(changes[-1]["_id"])


def test_a_name_that_is_not_utf_8_is_its_bytes() -> None:
    raw = reply_of(change(documentKey={"_id": "xy"})).replace(b"xy\x00", b"\xc3\x28\x00")
    [event] = read_reply(raw).events
    assert event.record_id == bson.encode({"_id": "xy"}).replace(b"xy", b"\xc3\x28").hex()


def test_an_empty_reply_has_the_servers_own_token() -> None:
    reply = read_reply(reply_of(cursor=0))
    assert (reply.cursor, reply.events, dict(reply.token)) == (0, [], IDLE)


@pytest.mark.parametrize("cursor", [0, 1, 2**62, -5])
def test_the_cursor_is_read_as_it_is(cursor: int) -> None:
    assert read_reply(reply_of(change(), cursor=cursor)).cursor == cursor
