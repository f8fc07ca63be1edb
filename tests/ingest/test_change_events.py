"""Events cut out of a reply's bytes equal the decoded ones, compiled or not."""

import ctypes
from collections.abc import Callable
from typing import Any

import bson
import pytest
from bson.int64 import Int64
from bson.objectid import ObjectId
from bson.raw_bson import RawBSONDocument
from bson.timestamp import Timestamp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.stream import Event
from ingest import change_events
from ingest.change_events import Reply, decoded_event, read_reply
from native.library import compiled

Document = dict[str, Any]
IDLE = {"_data": "82FF"}
Library = ctypes.PyDLL | None


@pytest.fixture(params=["compiled", "patterns"])
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Library:
    """Both ways, the compiled one for replies of any size."""
    monkeypatch.setattr(change_events, "FEW_BYTES", 0)
    found = compiled()
    assert found is not None
    return found if request.param == "compiled" else None


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


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(several=st.lists(CHANGES, min_size=1, max_size=4))
def test_every_event_is_what_decoding_it_gives(library: Library, several: list[Document]) -> None:
    changes = [change(i, **changed) for i, changed in enumerate(several)]
    reply = read_reply(reply_of(*changes), library)
    assert reply.events == [decoded_event(RawBSONDocument(bson.encode(c))) for c in changes]
    assert dict(reply.token) == dict(changes[-1]["_id"])


def test_usual_events_are_not_decoded(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    def decoded(change: object) -> Event:
        raise AssertionError(change)

    monkeypatch.setattr(change_events, "decoded_event", decoded)
    changes = [change(i, operationType=name) for i, name in enumerate(["insert", "update", "replace"])]
    changes.append(change(3, documentKey={"_id": ObjectId("0123456789abcdef01234567")}))
    events = read_reply(reply_of(*changes), library).events
    assert [e.operation for e in events] == ["insert", "update", "replace", "insert"]
    assert [e.record_id for e in events] == ["s0", "s1", "s2", "0123456789abcdef01234567"]


def test_a_reply_of_many_small_events_is_read_whole(library: Library) -> None:
    changes = [{"_id": {"_data": f"{i:04d}"}, "operationType": "drop", "clusterTime": Timestamp(i, 1)}
               for i in range(3000)]  # fmt: skip
    reply = read_reply(reply_of(*changes, change(9)), library)
    assert [e.token for e in reply.events] == [*(f"{i:04d}" for i in range(3000)), change(9)["_id"]["_data"]]
    assert [e.operation for e in reply.events] == ["drop"] * 3000 + ["insert"]


@given(place=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_whatever_a_byte_becomes_the_compiled_loop_gives_what_the_patterns_give(
    place: int, byte: int
) -> None:
    raw = bytearray(reply_of(change(1), change(2, documentKey={"_id": ObjectId(b"x" * 12)}), change(3)))
    raw[place % len(raw)] = byte
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(change_events, "FEW_BYTES", 0)
        by_loop = outcome(lambda: read_reply(bytes(raw), compiled()))
    assert by_loop == outcome(lambda: read_reply(bytes(raw), None))


def outcome(read: Callable[[], Reply]) -> object:
    try:
        reply = read()
        return reply.cursor, reply.events, bytes(bson.encode(reply.token))
    except Exception as error:  # a reply the server would never send: refused either way
        return type(error) is not AssertionError


def test_a_name_that_is_not_utf_8_is_its_bytes(library: Library) -> None:
    raw = reply_of(change(documentKey={"_id": "xy"})).replace(b"xy\x00", b"\xc3\x28\x00")
    [event] = read_reply(raw, library).events
    assert event.record_id == bson.encode({"_id": "xy"}).replace(b"xy", b"\xc3\x28").hex()


def test_an_empty_reply_has_the_servers_own_token(library: Library) -> None:
    reply = read_reply(reply_of(cursor=0), library)
    assert (reply.cursor, reply.events, dict(reply.token)) == (0, [], IDLE)


@pytest.mark.parametrize("cursor", [0, 1, 2**62, -5])
def test_the_cursor_is_read_as_it_is(library: Library, cursor: int) -> None:
    assert read_reply(reply_of(change(), cursor=cursor), library).cursor == cursor
