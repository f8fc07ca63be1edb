"""Array files that lie are refused before anything is allocated."""

import io
import struct
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.errors import ModelCorrupt
from models.npz import read_npz, write_npz


def archive(members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return buffer.getvalue()


def member(header: dict[str, Any], data: bytes = b"") -> bytes:
    text = repr(header).encode()
    text += b" " * (64 - (len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data


def written(tmp_path: Path, arrays: dict[str, NDArray[Any]]) -> bytes:
    path = tmp_path / "x.npz"
    write_npz(path, arrays)
    return path.read_bytes()


ARRAYS: dict[str, NDArray[Any]] = {
    "whole": np.arange(6, dtype=np.int32).reshape(2, 3),
    "single": np.array(2.5, dtype=np.float32),
    "empty": np.empty((0, 4)),
    "yes": np.array([True, False]),
    "words": np.array(["", "금형 3", "ä"]),
    "turned": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
}


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    read = read_npz(written(tmp_path, ARRAYS), "x")
    assert sorted(read) == sorted(ARRAYS)
    for name, array in ARRAYS.items():
        assert read[name].dtype == array.dtype
        np.testing.assert_array_equal(read[name], array)


def test_numpy_reads_the_file_too(tmp_path: Path) -> None:
    written(tmp_path, ARRAYS)
    with np.load(tmp_path / "x.npz", allow_pickle=False) as file:
        np.testing.assert_array_equal(file["words"], ARRAYS["words"])


def test_arrays_lie_where_they_were_read_and_cannot_be_written_to(tmp_path: Path) -> None:
    read = read_npz(written(tmp_path, ARRAYS), "x")
    assert [name for name, array in read.items() if not array.flags.aligned] == []
    assert [name for name, array in read.items() if array.size and array.flags.owndata] == []
    with pytest.raises(ValueError, match="read-only"):
        read["whole"][0, 0] = 1


def test_a_file_without_aligned_members_is_read_too() -> None:
    number = member({**GIANT, "shape": (1,)}, b"12345678")
    read = [read_npz(archive({"n" * length + ".npy": number}), "x") for length in range(1, 9)]
    assert all(array.flags.aligned for arrays in read for array in arrays.values())
    assert {array.flags.owndata for arrays in read for array in arrays.values()} == {True, False}


@pytest.mark.parametrize("offset", [20, 40])
def test_a_changed_value_is_noticed_by_its_check_sum(tmp_path: Path, offset: int) -> None:
    content = bytearray(written(tmp_path, {"whole": np.arange(100)}))
    content[content.index(np.arange(100).tobytes()) + offset] ^= 1
    with pytest.raises(ModelCorrupt, match="check sum"):
        read_npz(bytes(content), "x")


def test_members_that_share_bytes_are_refused() -> None:
    inner = archive({"b.npy": member({**GIANT, "shape": (1,)}, b"12345678")})
    whole = member({**GIANT, "descr": "|u1", "shape": (len(inner),)}, inner)
    content = bytearray(archive({"a.npy": whole, "b.npy": member({**GIANT, "shape": (1,)}, b"12345678")}))
    second = content.rindex(b"PK\x01\x02")
    at = content.index(b"PK\x03\x04", 4)
    content[second + 42 : second + 46] = struct.pack("<I", at)
    with pytest.raises(ModelCorrupt, match="after the one before it"):
        read_npz(bytes(content), "x")


def test_equal_arrays_give_equal_bytes(tmp_path: Path) -> None:
    assert written(tmp_path, ARRAYS) == written(tmp_path, ARRAYS)


def test_objects_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'thing'"):
        write_npz(tmp_path / "x.npz", {"thing": np.array([{}], dtype=object)})


GIANT: dict[str, Any] = {"descr": "<f8", "fortran_order": False, "shape": (2**32,)}
LIES = {
    "a header that asks for 32 GiB": archive({"a.npy": member(GIANT, b"12345678")}),
    "a size that overflows": archive({"a.npy": member({**GIANT, "shape": (2**62, 2**62)})}),
    "a negative length": archive({"a.npy": member({**GIANT, "shape": (-1,)}, b"12345678")}),
    "objects": archive({"a.npy": member({**GIANT, "descr": "|O", "shape": (1,)}, b"12345678")}),
    "structures": archive({"a.npy": member({**GIANT, "descr": [("a", "<f8")], "shape": (1,)}, b"12345678")}),
    "data cut short": archive({"a.npy": member({**GIANT, "shape": (2,)}, b"12345678")}),
    "data too long": archive({"a.npy": member({**GIANT, "shape": (1,)}, b"0123456789")}),
    "a header that is no header": archive({"a.npy": b"\x93NUMPY\x01\x00\x05\x00abcde"}),
    "a header that is code": archive({"a.npy": b"\x93NUMPY\x01\x00\x10\x00__import__('os')"}),
    "no array at all": archive({"a.npy": b"hello"}),
    "an unknown format": archive({"a.npy": b"\x93NUMPY\x09\x00" + b"0" * 80}),
    "a zip bomb": archive({"a.npy": bytes(10**6)}, zipfile.ZIP_DEFLATED),
    "no archive": b"PK\x03\x04 not really",
    "nothing": b"",
}


@pytest.mark.parametrize("lie", LIES)
def test_refuses(lie: str) -> None:
    with pytest.raises(ModelCorrupt, match=r"^model file: expected"):
        read_npz(LIES[lie], "model file")


def test_128_bytes_that_claim_32_gib_allocate_nothing() -> None:
    bare = member(GIANT)[:128].ljust(128)
    assert len(bare) == 128
    tracemalloc.start()
    try:
        for lie in (bare, archive({"a.npy": bare}), *LIES.values()):
            with pytest.raises(ModelCorrupt):
                read_npz(lie, "x")
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_refuses_the_same_array_twice() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("a.npy", member({**GIANT, "shape": (0,)}))
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("a.npy", member({**GIANT, "shape": (0,)}))
    with pytest.raises(ModelCorrupt, match="twice"):
        read_npz(buffer.getvalue(), "x")


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_damage_is_refused_or_harmless(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(written(tmp_path_factory.mktemp("npz"), ARRAYS))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(0, len(content)))]
    try:
        arrays = read_npz(bytes(content), "x")
    except ModelCorrupt:
        return
    assert sum(array.nbytes for array in arrays.values()) <= len(content)
