"""A real mongod that asks for user and password."""

from __future__ import annotations

import os
import secrets
from typing import Any, Final, Self
from uuid import uuid4

import pymongo
import pytest

from ingest.embedded import EmbeddedMongo
from ingest.embedded.mongo import mongod_program
from tests.faults.real_backend import FragileMongo, RealBackend

_ROOT: Final = "root", secrets.token_hex(12)


class GuardedMongo(FragileMongo):
    """A server with access control; its first user, who may do everything, is the test's own."""

    def start(self) -> Self:
        """As `EmbeddedMongo.start`."""
        key, script = self.folder / "key", self.folder / "mongod"
        new = not key.exists()
        if new:
            key.write_text(secrets.token_hex(32), encoding="ascii")
            key.chmod(0o600)
            script.write_text(
                f'#!/bin/sh\nexec "{mongod_program()}" "$@" --syncdelay 1 --keyFile "{key}"\n',
                encoding="utf-8",
            )
            script.chmod(0o755)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MONGOD", str(script))
            EmbeddedMongo.start(self)
        if new:  # as long as there is no user, one may be made from the same machine
            with pymongo.MongoClient[Any]("127.0.0.1", self.port, directConnection=True) as client:
                client.admin.command("createUser", _ROOT[0], pwd=_ROOT[1], roles=["root"])
        return self

    @property
    def url(self) -> str:
        """Connection string of the first user."""
        return self.url_of(*_ROOT)

    def url_of(self, user: str, password: str, port: int = 0, options: str = "") -> str:
        """Connection string of a user, through another port where it is given."""
        where = f"{user}:{password}@127.0.0.1:{port or self.port}"
        return f"mongodb://{where}/?authSource=admin&directConnection=true{options}"

    def _configure(self, client: pymongo.MongoClient[dict[str, Any]]) -> None:
        # Without a user only this is allowed: the set's state cannot be asked for first.
        member = {"_id": 0, "host": f"127.0.0.1:{self.port}"}
        client.admin.command("replSetInitiate", {"_id": "rs0", "members": [member]})

    def _is_ours(self, client: pymongo.MongoClient[dict[str, Any]]) -> bool:
        return os.path.exists(self.folder / "data")  # what it was started with it tells to users only


class GuardedBackend(RealBackend):
    """A database of its own on a started `GuardedMongo`, and a user who may read it."""

    def __init__(self, server: GuardedMongo) -> None:
        self._server = server
        self.database = f"test_{uuid4().hex[:12]}"
        self.user = f"judge_{uuid4().hex[:6]}"
        self._client = pymongo.MongoClient[dict[str, Any]](server.url)
        self._shots = self._client[self.database][self.collection]
        self._role = {"role": "read", "db": self.database}

    def admit(self, password: str) -> None:
        """Make the user, or give it another password."""
        known = self._client.admin.command("usersInfo", self.user)["users"]
        verb = "updateUser" if known else "createUser"
        self._client.admin.command(verb, self.user, pwd=password, roles=[self._role])

    def revoke(self) -> None:
        """Take the user's right to read."""
        self._client.admin.command("revokeRolesFromUser", self.user, roles=[self._role])

    def grant(self) -> None:
        """Give it back."""
        self._client.admin.command("grantRolesToUser", self.user, roles=[self._role])
