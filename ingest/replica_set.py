"""What a stream belongs to: a position of one replica set means nothing in another."""

from __future__ import annotations

from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure

from core.errors import ConfigError


def identity_of(client: MongoClient[Any], database: str, collection: str, where: str) -> str:
    """Replica set and namespace; the set's own id where the user may read it.

    Raises
    ------
    ConfigError
        The server is no replica set, so it has no change streams; `where` names it.
    """
    hello = client.admin.command("hello")
    name = hello.get("setName") or ("sharded" if hello.get("msg") == "isdbgrid" else "")
    if not name:
        raise ConfigError(
            f"{where}: expected a replica set, got a standalone server; start mongod with "
            "--replSet and run rs.initiate() once"
        )
    number = ""
    try:
        settings = client.admin.command("replSetGetConfig")["config"].get("settings", {})
        number = str(settings.get("replicaSetId", ""))
    except OperationFailure:
        pass  # needs a right beyond reading; the set's name has to do
    return f"{name}:{number}/{database}.{collection}"
