"""MongoDB's wire format: ``OP_MSG``, and the ``OP_QUERY`` a driver greets with."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from typing import Any, Final

import bson
from bson.raw_bson import RawBSONDocument

_HEADER: Final = struct.Struct("<iiii")
_OP_REPLY: Final = 1
_OP_QUERY: Final = 2004
_OP_MSG: Final = 2013
_CHECKSUM_PRESENT: Final = 1
_MORE_TO_COME: Final = 2


@dataclass(frozen=True, slots=True)
class Request:
    """One command as it came.

    Attributes
    ----------
    command : RawBSONDocument
        Decoded at its top level only, so that what is broken deeper stays as it is.
    answered : bool
        False where the client wants no reply.
    """

    number: int
    operation: int
    database: str
    command: RawBSONDocument
    answered: bool

    @property
    def name(self) -> str:
        """The command's name: its first field."""
        return str(next(iter(self.command)))

    def reply(self, body: dict[str, Any]) -> bytes:
        """The bytes of the answer."""
        document = bson.encode(body)
        if self.operation == _OP_QUERY:
            content = struct.pack("<iqii", 8, 0, 0, 1) + document
            operation = _OP_REPLY
        else:
            content = struct.pack("<i", 0) + b"\x00" + document
            operation = _OP_MSG
        return _HEADER.pack(len(content) + 16, 0, self.number, operation) + content


def read_request(connection: socket.socket) -> Request | None:
    """The next command on a connection; None at its end.

    Raises
    ------
    ValueError
        It is of a kind no driver of today sends.
    """
    header = _exactly(connection, 16)
    if header is None:
        return None
    length, number, _, operation = _HEADER.unpack(header)
    content = _exactly(connection, length - 16)
    if content is None:
        return None
    if operation == _OP_QUERY:
        end = content.index(b"\x00", 4)
        database = content[4:end].decode().partition(".")[0]
        raw = content[end + 9 :]
        size: int = struct.unpack_from("<i", raw)[0]
        return Request(number, operation, database, RawBSONDocument(raw[:size]), True)
    if operation != _OP_MSG:
        msg = f"expected OP_MSG or OP_QUERY, got operation {operation}"
        raise ValueError(msg)
    (flags,) = struct.unpack_from("<I", content)
    end = len(content) - (4 if flags & _CHECKSUM_PRESENT else 0)
    command = _first_section(content[4:end])
    return Request(number, operation, str(command["$db"]), command, not flags & _MORE_TO_COME)


def _first_section(sections: bytes) -> RawBSONDocument:
    """The command itself; the fake takes no documents in sections of their own."""
    at = 0
    while sections[at] != 0:
        at += 1 + struct.unpack_from("<i", sections, at + 1)[0]
    size = struct.unpack_from("<i", sections, at + 1)[0]
    return RawBSONDocument(sections[at + 1 : at + 1 + size])


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    parts: list[bytes] = []
    while size:
        part = connection.recv(min(size, 1 << 20))
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
