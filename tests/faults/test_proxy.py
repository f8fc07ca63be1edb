"""The line between client and server: what a client sees of each way it can break."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from tests.faults.proxy import Proxy

Line = Callable[[int], Proxy]


@pytest.fixture
def echo() -> Iterator[int]:
    """Port of a server that sends back whatever it gets."""
    listener = socket.create_server(("127.0.0.1", 0))
    port: int = listener.getsockname()[1]
    over = threading.Event()
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while data := connection.recv(1000):
                connection.sendall(data)

    def accept() -> None:
        with listener:
            while True:
                connection, _ = listener.accept()
                if over.is_set():
                    connection.close()
                    return
                threads.append(threading.Thread(target=serve, args=(connection,)))
                threads[-1].start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    yield port
    over.set()
    socket.create_connection(("127.0.0.1", port)).close()
    accepting.join()
    for thread in threads:
        thread.join()


@pytest.fixture
def proxy(echo: int, line: Line) -> Proxy:
    return line(echo)


@pytest.fixture
def client(proxy: Proxy) -> Iterator[socket.socket]:
    """A connection through the proxy over which something has gone already."""
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as connection:
        connection.sendall(b"hello")
        assert received(connection, 5) == b"hello"
        yield connection


def received(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            break
        data += piece
    return data


def test_a_cut_line_is_reset_and_new_connections_pass(proxy: Proxy, client: socket.socket) -> None:
    proxy.cut()
    with pytest.raises(ConnectionResetError):
        client.recv(1)
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as again:
        again.sendall(b"x")
        assert received(again, 1) == b"x"
    assert proxy.accepted == 2


def test_a_stalled_line_is_silent_and_delivers_once_it_is_sound(proxy: Proxy, client: socket.socket) -> None:
    proxy.stall()
    client.sendall(b"lost?")
    client.settimeout(0.1)
    with pytest.raises(TimeoutError):
        client.recv(1)
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=0.1) as another:
        another.sendall(b"x")
        with pytest.raises(TimeoutError):
            another.recv(1)
    proxy.pass_on()
    client.settimeout(5)
    assert received(client, 5) == b"lost?"


def test_a_refusing_line_takes_nobody_until_it_is_sound(proxy: Proxy, client: socket.socket) -> None:
    proxy.refuse()
    with pytest.raises(ConnectionResetError):
        client.recv(1)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", proxy.port), timeout=5)
    proxy.pass_on()
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as again:
        again.sendall(b"x")
        assert received(again, 1) == b"x"


def test_a_torn_reply_ends_in_a_reset_and_short_ones_pass(proxy: Proxy, client: socket.socket) -> None:
    proxy.tear_reply(6)
    client.sendall(b"short")
    assert received(client, 5) == b"short"
    client.sendall(b"longer than six")
    with pytest.raises(ConnectionResetError):
        received(client, 15)


@pytest.mark.parametrize("slow", ["drip", "delay"])
def test_a_slow_line_delivers_everything(proxy: Proxy, client: socket.socket, slow: str) -> None:
    if slow == "drip":
        proxy.drip()
    else:
        proxy.delay(0.01)
    client.sendall(b"every byte of it")
    assert received(client, 16) == b"every byte of it"


def test_the_end_of_one_side_is_the_end_of_the_other(proxy: Proxy, client: socket.socket) -> None:
    client.shutdown(socket.SHUT_WR)
    assert client.recv(1) == b""


def test_a_server_that_is_gone_is_a_reset(line: Line) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    proxy = line(port)
    with (
        pytest.raises(ConnectionResetError),  # by the time it is connected, or when it reads
        socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client,
    ):
        client.recv(1)
