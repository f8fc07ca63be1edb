"""Requests a second over kept-alive connections, with as little client as possible."""

from __future__ import annotations

import selectors
import socket
import time
from urllib.parse import urlsplit

CONNECTIONS = 8
BUFFER = 1 << 16


def requests_per_second(url: str, seconds: float, connections: int = CONNECTIONS) -> float:
    """Rate of answered GETs of `url`; every connection asks again as soon as it is answered.

    The client only looks for the end of an answer, so that it is not what is measured.

    Raises
    ------
    AssertionError
        An answer was no 200, or the server closed a connection.
    """
    place = urlsplit(url)
    assert place.hostname is not None
    assert place.port is not None
    request = f"GET {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode()
    sockets = [socket.create_connection((place.hostname, place.port)) for _ in range(connections)]
    answered = 0
    try:
        with selectors.DefaultSelector() as selector:
            for one in sockets:
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(one, selectors.EVENT_READ, one)
                one.sendall(request)
            pending = dict.fromkeys(sockets, b"")
            begin = time.perf_counter()
            while (passed := time.perf_counter() - begin) < seconds:
                for key, _ in selector.select(1.0):
                    one = key.data
                    pending[one] += _received(one, url)
                    if _complete(pending[one], url):
                        answered += 1
                        pending[one] = b""
                        one.sendall(request)
    finally:
        for one in sockets:
            one.close()
    return answered / passed


def _received(one: socket.socket, url: str) -> bytes:
    data = one.recv(BUFFER)
    if not data:
        msg = f"{url}: expected an answer, the server closed the connection"
        raise AssertionError(msg)
    return data


def _complete(answer: bytes, url: str) -> bool:
    r"""Whether head and body are there.

    >>> _complete(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", ""), _complete(b"HTTP/1.1 2", "")
    (True, False)
    """
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return False
    head = answer[:end].lower()
    if not head.startswith(b"http/1.1 200"):
        msg = f"{url}: expected 200, got {answer[:60]!r}"
        raise AssertionError(msg)
    at = head.find(b"content-length:")
    length = int(head[at + 15 :].partition(b"\r\n")[0])
    return len(answer) >= end + 4 + length
