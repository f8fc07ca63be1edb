"""``.npz`` files that are safe to read: checked before a byte of an array is allocated.

``np.load`` believes a header: 128 bytes can ask it for 32 GiB, a compressed member can
unpack to anything, an object array runs code. So members must be stored uncompressed,
hold plain numbers or text, and be exactly as long as their headers say.
"""

from __future__ import annotations

import io
import math
import os
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
                with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                    npy.write_array(member, np.asanyarray(array, order="C"), allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())


def read_npz(content: bytes, name: str) -> Arrays:
    """Arrays of an ``.npz`` file's content.

    Parameters
    ----------
    content : bytes
        The whole file; arrays share nothing with it.
    name : str
        What to call the file in an error.

    Raises
    ------
    ModelCorrupt
        Not such a file, or one that `write_npz` would not have written.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            arrays: Arrays = {}
            for info in archive.infolist():
                key = info.filename.removesuffix(".npy")
                if key in arrays:
                    raise _corrupt(name, f"array {key!r} once", "it twice")
                if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
                    raise _corrupt(name, f"array {key!r} stored as it is", "it compressed or encrypted")
                arrays[key] = _read_member(archive.read(info), key, name)
            return arrays
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise _corrupt(name, "a readable .npz file", f"{type(error).__name__}: {error}") from error


def _read_member(data: bytes, key: str, name: str) -> NDArray[Any]:
    stream = io.BytesIO(data)
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
    return array


def _corrupt(name: str, expected: str, came: str) -> ModelCorrupt:
    return ModelCorrupt(f"{name}: expected {expected}, got {came}; restore the file or train again")
