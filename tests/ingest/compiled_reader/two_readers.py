"""The compiled reader and the careful one, and what it means that they read the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import bson
import numpy as np

from core.batch import Batch
from core.profile import Profile
from core.profile_file import load_profile
from core.stream import Event
from ingest.compiled_reader import CompiledReader
from ingest.document import Decoded, DocumentDecoder
from ingest.record_columns import Fields
from native.library import compiled
from tests.ingest.odd_documents import Document, shot

PROFILE = load_profile("injection_molding")


def events_of(documents: Iterable[Document | bytes]) -> list[Event]:
    raws = [d if isinstance(d, bytes) else bson.encode(d) for d in documents]
    return [Event(f"t{i}", f"id {i}", "insert", raw) for i, raw in enumerate(raws)]


def raws_of(numbers: Iterable[int], **changed: Any) -> list[bytes]:
    return [bson.encode(shot(PROFILE, i, **changed)) for i in numbers]


def careful(profile: Profile = PROFILE) -> DocumentDecoder:
    return DocumentDecoder(profile, native=False)


def reader(profile: Profile = PROFILE) -> CompiledReader:
    library = compiled()
    assert library is not None
    return CompiledReader(Fields.of(profile), library)


def which_are_read(documents: Sequence[bytes]) -> list[bool]:
    """Which of the documents the compiled reader does not leave to the careful one."""
    _, read = reader().read(documents, Counter())
    return [True] * len(documents) if read is None else read.tolist()


def assert_same(one: Decoded, other: Decoded) -> None:
    """To the bit, reasons and counts included."""
    assert one.tokens == other.tokens
    assert one.dead_letters == other.dead_letters
    assert one.unknown_fields == other.unknown_fields
    for name in Batch.__slots__:
        a, b = getattr(one.batch, name), getattr(other.batch, name)
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        if a.dtype == object:
            assert a.tolist() == b.tolist()
            assert [type(v) for v in a] == [type(v) for v in b]
        else:
            whole = np.dtype(np.int64)
            np.testing.assert_array_equal(
                np.ascontiguousarray(a).view(whole), np.ascontiguousarray(b).view(whole)
            )
