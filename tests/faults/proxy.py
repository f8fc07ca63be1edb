"""A TCP line between a client and a server that can be broken in every way, while in use."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from types import TracebackType
from typing import Final, Self

from tests.faults.fake_primary import reset

_CHUNK: Final = 65_536


class Line(Enum):
    """What becomes of the bytes."""

    PASS = "they arrive"
    STALL = "they vanish: open connections stay open and silent, so do new ones"
    DRIP = "they arrive one at a time"


class Proxy:
    """Listens on a port of 127.0.0.1 and passes on to a server; a context manager.

    Parameters
    ----------
    port : int
        The server's port of 127.0.0.1; `target` may be changed while running.

    Notes
    -----
    A client of a replica set learns the server's own address and goes round the proxy; its
    connection string has to say ``directConnection=true``, as `mongo_url` does.
    """

    def __init__(self, port: int) -> None:
        self.target = port
        self.port = 0
        self.accepted = 0
        self._line = Line.PASS
        self._delay_s = 0.0
        self._to_tear: int | None = None
        self._changed = threading.Condition()
        self._links: set[_Link] = set()
        self._threads: list[threading.Thread] = []
        self._listener: socket.socket | None = None
        self._over = False

    def mongo_url(self, options: str = "") -> str:
        """Connection string through the proxy; `options` like ``socketTimeoutMS=500``."""
        return f"mongodb://127.0.0.1:{self.port}/?directConnection=true{'&' if options else ''}{options}"

    def pass_on(self) -> None:
        """Be a sound line again: for what waits, for what comes, and for new connections."""
        with self._changed:
            self._line, self._delay_s, self._to_tear = Line.PASS, 0.0, None
            self._changed.notify_all()
        self.start()

    def stall(self) -> None:
        """Be a black hole: nothing arrives in either direction and nobody is told."""
        self._set(Line.STALL)

    def drip(self) -> None:
        """Pass everything on one byte at a time."""
        self._set(Line.DRIP)

    def delay(self, seconds: float) -> None:
        """Hold every piece back for this long."""
        self._delay_s = seconds

    def tear_reply(self, after: int) -> None:
        """Pass `after` bytes of the next longer piece of a reply, then reset its connection.

        A number above a greeting's some 600 bytes leaves the driver's own checks alone.
        """
        self._to_tear = after

    def cut(self) -> None:
        """Reset every connection; new ones are passed on."""
        with self._changed:
            for link in self._links:
                link.cut()
            self._changed.notify_all()

    def refuse(self) -> None:
        """Reset every connection and refuse new ones, until `pass_on`."""
        listener, self._listener = self._listener, None
        if listener is not None:
            self._over = True
            with suppress(OSError):  # wakes the thread that waits for connections
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
        self.cut()
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def start(self) -> Self:
        """Listen, on the port of the last time if there was one. Safe to call twice."""
        if self._listener is None:
            self._over = False
            self._listener = socket.create_server(("127.0.0.1", self.port))
            self.port = self._listener.getsockname()[1]
            self._begin(self._accept, self._listener)
        return self

    def stop(self) -> None:
        """Close everything. Safe to call twice."""
        self.refuse()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _set(self, line: Line) -> None:
        with self._changed:
            self._line = line
            self._changed.notify_all()

    def _begin(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        with listener:
            while True:
                client, _ = listener.accept()
                if self._over:
                    client.close()
                    return
                self.accepted += 1
                try:
                    server = socket.create_connection(("127.0.0.1", self.target))
                except OSError:
                    reset(client)
                    client.close()
                    continue
                for end in (client, server):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                link = _Link(client, server)
                with self._changed:
                    self._links.add(link)
                self._begin(self._pump, link, client, server)
                self._begin(self._pump, link, server, client)

    def _pump(self, link: _Link, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while True:
                piece = source.recv(_CHUNK)
                if not (self._let_through(link) and piece):
                    break
                if source is link.server and self._tears(link, piece):
                    break
                step = 1 if self._line is Line.DRIP else len(piece)
                for at in range(0, len(piece), step):
                    sink.sendall(piece[at : at + step])
        with self._changed:
            link.end()
            if not link.pumps:
                self._links.discard(link)
            self._changed.notify_all()

    def _let_through(self, link: _Link) -> bool:
        """Wait while the line holds things back; whether the link is still there then."""
        with self._changed:
            if self._delay_s:
                self._changed.wait_for(lambda: link.over, self._delay_s)
            self._changed.wait_for(lambda: link.over or self._line is not Line.STALL)
            return not link.over

    def _tears(self, link: _Link, piece: bytes) -> bool:
        with self._changed:
            after = self._to_tear
            if after is None or len(piece) <= after:
                return False
            self._to_tear = None
        link.client.sendall(piece[:after])
        link.cut()
        return True


class _Link:
    """One connection through the proxy: two sockets, and a thread for either direction."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client = client
        self.server = server
        self.over = False
        self.pumps = 2

    def cut(self) -> None:
        """Have both threads wake up and the sockets closed with a reset."""
        self.over = True
        reset(self.client)
        reset(self.server)

    def end(self) -> None:
        """One direction has ended: end the other, close after both."""
        self.over = True
        self.pumps -= 1
        for end in (self.client, self.server):
            if not self.pumps:
                end.close()
                continue
            with suppress(OSError):
                end.shutdown(socket.SHUT_RD)
