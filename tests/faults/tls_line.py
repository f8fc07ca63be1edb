"""Encryption before a server of this machine, with a certificate that may be no good."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_CHUNK: Final = 65_536


@dataclass(frozen=True)
class Certificate:
    """A certificate that vouches for itself, and its key; ``file`` is what a client may believe."""

    file: Path
    key: Path


def make_certificate(folder: Path, host: str, days: int = 2) -> Certificate:
    """A certificate of this host (``IP:127.0.0.1``, ``DNS:localhost``); of 0 days: not valid any more."""
    folder.mkdir()
    key, request, names, file = (folder / name for name in ("key.pem", "request.pem", "names", "cert.pem"))
    names.write_text(f"subjectAltName={host}\nbasicConstraints=critical,CA:true\n", encoding="ascii")
    # Two of one name would be taken for one another.
    asked = f"req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={folder.name}".split()
    _openssl(*asked, "-keyout", key, "-out", request)
    signed = f"-signkey {key.name} -days {days} -extfile {names.name}".split()
    _openssl("x509", "-req", "-in", request, *signed, "-out", file)
    return Certificate(file, key)


def _openssl(*words: str | Path) -> None:
    folder = Path(words[-1]).parent
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


class TlsLine:
    """Listens on a port of 127.0.0.1, decrypts, and passes on to a server; a context manager.

    Parameters
    ----------
    target : int
        The server's port of 127.0.0.1.
    certificate : Certificate
        What it shows; `show` exchanges it.
    """

    def __init__(self, target: int, certificate: Certificate) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._ends: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._over = False
        self.show(certificate)

    def show(self, certificate: Certificate) -> None:
        """Show this one to whoever connects from now on, and cut whoever is connected."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.file, certificate.key)
        self._context = context
        for end in list(self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        self._begin(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over = True
        with suppress(OSError):  # wakes the thread that waits for connections
            socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
        for end in list(self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _begin(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]  # one of ours
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with self._listener:
            while not self._over:
                client, _ = self._listener.accept()
                self._begin(self._serve, client)

    def _serve(self, raw: socket.socket) -> None:
        with raw, suppress(OSError):
            raw.settimeout(10)  # for the greeting alone
            with self._context.wrap_socket(raw, server_side=True) as client:
                client.settimeout(None)
                with socket.create_connection(("127.0.0.1", self._target)) as server:
                    self._ends |= {client, server}
                    back = threading.Thread(target=self._pump, args=(server, client), daemon=True)
                    back.start()
                    self._pump(client, server)
                    back.join()
                    self._ends -= {client, server}

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(_CHUNK):
                sink.sendall(piece)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
