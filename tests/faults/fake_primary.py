"""A MongoDB primary that is none: it speaks the protocol, keeps an oplog, and fails to order."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from tests.faults.fake_commands import FakeCommands
from tests.faults.fault_script import Fault, FaultScript, Way
from tests.faults.oplog import Oplog
from tests.faults.server_error import ServerError
from tests.faults.wire import Request, read_request

_RESET: Final = struct.pack("ii", 1, 0)
"""Value of SO_LINGER with which closing a socket resets the connection."""


class FakePrimary:
    """A server on a port of 127.0.0.1; a context manager.

    Parameters
    ----------
    set_name : str or None
        Name of the replica set; None is a standalone server.
    longest_wait_s : float
        How long a ``getMore`` with nothing to send waits at most. A change ends the wait.

    Attributes
    ----------
    oplog : Oplog
        The documents; change them here.
    script : FaultScript
        What is to go wrong.
    commands : FakeCommands
        What is held besides: open cursors, the set's identity.
    log : list of str
        Names of the commands received since the start, greetings left out.

    Notes
    -----
    Nothing sleeps and time is a counter, so the same calls give the same bytes.
    """

    def __init__(self, *, set_name: str | None = "rs0", longest_wait_s: float = 0.05) -> None:
        self.oplog = Oplog()
        self.script = FaultScript()
        self.commands = FakeCommands(self.oplog, set_name, longest_wait_s)
        self.log: list[str] = []
        self.port = 0
        self._listener: socket.socket | None = None
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._over = threading.Event()

    @property
    def url(self) -> str:
        """Connection string."""
        name = self.commands.set_name
        return f"mongodb://127.0.0.1:{self.port}/{f'?replicaSet={name}' if name else ''}"

    def start(self) -> Self:
        """Listen, on the port of the last time if there was one. Safe to call twice."""
        if self._listener is not None:
            return self
        self._over.clear()
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        self.commands.address = f"127.0.0.1:{self.port}"
        self._begin(self._accept, self._listener)
        return self

    def stop(self) -> None:
        """End as a crash would: connections reset, cursors gone, data kept. Safe to call twice."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        self._over.set()
        with suppress(OSError):  # wakes the thread that waits for connections
            socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
        self.cut()
        with self.oplog.changed:
            self.oplog.changed.notify_all()
        for thread in self._threads:
            thread.join()
        self._threads.clear()
        self.commands.cursors.clear()

    def restart(self) -> None:
        """Crash and come back on the same port with the same data."""
        self.stop()
        self.start()

    def cut(self) -> None:
        """Reset every connection; new ones are taken."""
        with self._lock:
            for connection in self._connections:
                reset(connection)

    def step_down(self) -> None:
        """Be a secondary from here on: readers of the primary are refused."""
        self.commands.primary = False
        self.cut()

    def step_up(self) -> None:
        """Be the primary again."""
        self.commands.primary = True

    def kill_cursors(self) -> None:
        """Forget every open cursor, as after ten idle minutes."""
        with self.oplog.changed:
            self.commands.cursors.clear()

    def send_again(self, count: int) -> None:
        """Have each open cursor send its last `count` events once more."""
        with self.oplog.changed:
            for cursor in self.commands.cursors.values():
                cursor.send_again(count)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _begin(self, work: Callable[[socket.socket], None], connection: socket.socket) -> None:
        thread = threading.Thread(target=work, args=(connection,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        with listener:
            while True:
                connection, _ = listener.accept()
                if self._over.is_set():
                    connection.close()
                    return
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._lock:
                    self._connections.add(connection)
                self._begin(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        try:
            with suppress(OSError):
                while (request := read_request(connection)) is not None and self._answer(connection, request):
                    pass
        finally:
            with self._lock:
                self._connections.discard(connection)
                connection.close()

    def _answer(self, connection: socket.socket, request: Request) -> bool:
        """Carry out and answer; whether the connection goes on."""
        name = request.name
        if name not in ("hello", "ismaster", "isMaster"):
            self.log.append(name)
        fault = self.script.take(name)
        way = fault.way if fault else None
        if way is Way.CLOSE_BEFORE:
            return False
        if fault is not None and way is Way.ERROR:
            body = self.commands.failed(ServerError(fault.code, _said(fault), fault.labels))
        else:
            body = self.commands.run(name, request.database, request.command)
        reply = request.reply(body)
        match way:
            case Way.CLOSE_AFTER:
                return False
            case Way.STALL:
                connection.recv(1)  # silent until the other side gives up or this server ends
                return False
            case Way.TEAR:
                connection.sendall(reply[: len(reply) // 2])
                return False
            case Way.DRIP:
                for at in range(len(reply)):
                    connection.sendall(reply[at : at + 1])
                return True
        if request.answered:
            connection.sendall(reply)
        return True


def reset(connection: socket.socket) -> None:
    """Have the connection's own thread wake up and close it, with a reset."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        connection.shutdown(socket.SHUT_RD)


def _said(fault: Fault) -> str:
    return f"Failing command {fault.command!r} as the script has it"
