"""A client of the API that keeps to no rule: bytes over a socket, and what comes back."""

from __future__ import annotations

import re
import socket
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from struct import pack
from typing import Final
from urllib.parse import urlsplit

_PATIENCE_S: Final = 30.0
_STATUS: Final = re.compile(rb"HTTP/1\.1 (\d{3}) ")
SIDE: Final = 20_000
"""Pixels of the large picture, either way."""


class HostileClient:
    """Talks to the service at this address.

    Parameters
    ----------
    url : str
        ``http://127.0.0.1:port``.

    Attributes
    ----------
    sent : int
        Bytes of the last request that were taken.
    """

    def __init__(self, url: str) -> None:
        where = urlsplit(url)
        assert where.hostname is not None
        assert where.port is not None
        self._where = where.hostname, where.port
        self.sent = 0

    def connect(self) -> socket.socket:
        """A connection nothing was sent on."""
        return socket.create_connection(self._where, timeout=_PATIENCE_S)

    def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | Iterable[bytes] = b"",
    ) -> int:
        """The status of one request; a body in pieces is sent until the service has had enough."""
        given = {"Host": "localhost", "Connection": "close", **(headers or {})}
        if isinstance(body, bytes):
            given = {"Content-Length": str(len(body)), **given}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items()), "", ""]
        pieces = [body] if isinstance(body, bytes) else body
        self.sent = 0
        with closing(self.connect()) as line:
            with suppress(ConnectionError):  # it has answered and hung up
                line.sendall("\r\n".join(lines).encode("latin-1"))
                for piece in pieces:
                    line.sendall(piece)
                    self.sent += len(piece)
            return self.status_on(line)

    def status_on(self, line: socket.socket) -> int:
        """The status that came on a connection, 0 where it ended without one."""
        content = b""
        with suppress(ConnectionError):
            while (found := _STATUS.match(content)) is None and (piece := line.recv(4096)):
                content += piece
        found = _STATUS.match(content)
        return int(found[1]) if found else 0

    def burst(self, path: str, times: int, at_once: int = 50) -> int:
        """Ask for a path over and over on one connection, many at once; how often the answer was 200."""
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        good = 0
        with closing(self.connect()) as line:
            for _ in range(times // at_once):
                line.sendall(request * at_once)
                content = b""
                while content.count(b"HTTP/1.1 ") < at_once or not content.endswith(b"}"):
                    piece = line.recv(65_536)
                    assert piece, "the service hung up"
                    content += piece
                good += content.count(b"HTTP/1.1 200 ")
        return good


def pieces(total: int, size: int = 1 << 16, *, chunked: bool = False) -> Iterator[bytes]:
    """So many zeros, piece by piece; as chunks of HTTP or as they are."""
    piece = bytes(size)
    for _ in range(total // size):
        yield b"%x\r\n%b\r\n" % (size, piece) if chunked else piece


def large_picture() -> bytes:
    """A PNG of 400 megapixels in some 50 kB."""

    def block(kind: bytes, content: bytes) -> bytes:
        return pack(">I", len(content)) + kind + content + pack(">I", zlib.crc32(kind + content))

    deflate = zlib.compressobj(9)
    row = bytes(1 + SIDE // 8)
    content = b"".join(deflate.compress(row) for _ in range(SIDE)) + deflate.flush()
    head = pack(">IIBBBBB", SIDE, SIDE, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + block(b"IHDR", head) + block(b"IDAT", content) + block(b"IEND", b"")
