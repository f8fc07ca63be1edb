"""``.npz`` files that are safe to read: checked before a byte of an array is allocated.

``np.load`` believes a header: 128 bytes can ask it for 32 GiB, a compressed member can
unpack to anything, an object array runs code. So members must be stored uncompressed,
hold plain numbers or text, and be exactly as long as their headers say. As they are
stored uncompressed, an array is read where it lies, without a copy.
"""

from __future__ import annotations

import io
import math
import os
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from core.errors import ModelCorrupt

Arrays = dict[str, NDArray[Any]]

PLAIN_KINDS = "biufU"
"""Booleans, integers, floats and text: no objects, no structures, no dates."""

MOST_HEADER_BYTES = 16_384
"""Of an array; numpy itself refuses headers over 10,000 characters."""

ALIGNMENT = 64
"""Bytes; a member begins at a multiple of it, as an array does within its ``.npy``."""

_LOCAL_HEAD = struct.Struct("<4s22xHH")
"""Of a member in the archive: signature, lengths of its name and of its extra field."""
_PADDING = struct.Struct("<HH")
_PADDING_KIND = 0xD935
"""An extra field that means nothing; Android aligns members with the same one."""
_ZIP64_EXTRA = 20


def write_npz(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays uncompressed and force them to disk; fixed dates, so equal arrays give equal bytes.

    Raises
    ------
    ValueError
        An array of objects or structures, which `read_npz` would refuse.
    """
    with open(path, "wb") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            for name, array in arrays.items():
                if array.dtype.kind not in PLAIN_KINDS:
                    msg = f"array {name!r}: expected numbers or text, got dtype {array.dtype}"
                    raise ValueError(msg)
                # A ZipInfo of its own carries 1980-01-01, not the clock.
                info = zipfile.ZipInfo(f"{name}.npy")
                info.extra = _padding(file.tell() + _LOCAL_HEAD.size + len(info.filename.encode()))
                with archive.open(info, "w", force_zip64=True) as member:
                    npy.write_array(member, np.asanyarray(array, order="C"), allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())


def read_npz(content: bytes, name: str, *, hashed: bool = False) -> Arrays:
    """Arrays of an ``.npz`` file's content, not to be written to.

    Parameters
    ----------
    content : bytes
        The whole file. It stays in memory as long as any of its arrays, which lie in it;
        only one that lies askew, as in files of earlier releases, is a copy.
    name : str
        What to call the file in an error.
    hashed : bool
        The caller compared a hash of `content`; the members' own check sums are not looked at.

    Raises
    ------
    ModelCorrupt
        Not such a file, or one that `write_npz` would not have written.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, ValueError) as error:
        raise _corrupt(name, "a readable .npz file", f"{type(error).__name__}: {error}") from error
    arrays: Arrays = {}
    free = 0
    for info in members:
        key = info.filename.removesuffix(".npy")
        if key in arrays:
            raise _corrupt(name, f"array {key!r} once", "it twice")
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
            raise _corrupt(name, f"array {key!r} stored as it is", "it compressed or encrypted")
        begin, free = _place(content, info, free, name)
        data = memoryview(content)[begin:free]
        if not hashed and zlib.crc32(data) != info.CRC:
            raise _corrupt(name, f"array {key!r} as it was written", "another check sum")
        arrays[key] = _read_member(data, key, name)
    return arrays


def _padding(end: int) -> bytes:
    """An extra field after which a member's data, else beginning at `end`, is aligned."""
    whole = -(end + _ZIP64_EXTRA + _PADDING.size) % ALIGNMENT
    return _PADDING.pack(_PADDING_KIND, whole) + bytes(whole)


def _place(content: bytes, info: zipfile.ZipInfo, free: int, name: str) -> tuple[int, int]:
    """Where a member's data begins and ends; members lie one after another, from `free` on."""
    at = info.header_offset
    head = content[at : at + _LOCAL_HEAD.size] if at >= free else b""
    if len(head) == _LOCAL_HEAD.size:
        signature, name_length, extra_length = _LOCAL_HEAD.unpack(head)
        begin = at + _LOCAL_HEAD.size + name_length + extra_length
        end = begin + info.file_size
        if signature == b"PK\x03\x04" and end <= len(content) and info.file_size == info.compress_size:
            return begin, end
    raise _corrupt(name, f"member {info.filename!r} whole and after the one before it", "it elsewhere")


def _read_member(data: memoryview, key: str, name: str) -> NDArray[Any]:
    stream = io.BytesIO(data[:MOST_HEADER_BYTES])
    try:
        version = npy.read_magic(stream)
        if version not in ((1, 0), (2, 0)):
            raise _corrupt(name, f"array {key!r} in format 1.0 or 2.0", repr(version))
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran, dtype = read(stream)
    except ValueError as error:
        raise _corrupt(name, f"array {key!r} with a header", str(error)) from error
    if dtype.kind not in PLAIN_KINDS or fortran or any(length < 0 for length in shape):
        raise _corrupt(name, f"array {key!r} of plain numbers or text", f"{dtype} {shape}")
    count = math.prod(shape)
    if count * dtype.itemsize != len(data) - stream.tell():
        declared = f"{shape} x {dtype} = {count * dtype.itemsize} bytes"
        raise _corrupt(name, f"array {key!r} of {declared}", f"{len(data) - stream.tell()} bytes")
    if count == 0 or dtype.itemsize == 0:
        return np.zeros(shape, dtype=dtype) if count == 0 else np.full(shape, "", dtype=dtype)
    array: NDArray[Any] = np.frombuffer(data, dtype=dtype, count=count, offset=stream.tell()).reshape(shape)
    return array if array.flags.aligned else array.copy()


def _corrupt(name: str, expected: str, came: str) -> ModelCorrupt:
    return ModelCorrupt(f"{name}: expected {expected}, got {came}; restore the file or train again")
