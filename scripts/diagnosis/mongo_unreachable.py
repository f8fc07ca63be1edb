"""Why no server could be used: nobody there, a standalone, another set, names unknown here."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from typing import Any

from pymongo import MongoClient
from pymongo.errors import ConnectionFailure, PyMongoError, ServerSelectionTimeoutError
from pymongo.uri_parser import parse_uri

from ingest.mongo_errors import translate
from scripts.diagnosis.finding import Finding, problem, said_by
from scripts.diagnosis.mongo_server import INITIATE

_WAIT_S = 3.0
_MOST_ASKED = 3


def why_unreachable(url: str, where: str, error: PyMongoError) -> Iterator[Finding]:
    """One finding a host of the connection string, each asked by itself."""
    if not isinstance(error, ConnectionFailure):
        yield said_by("reachable", translate(error, where))
        return
    parts = parse_uri(url, validate=False, warn=True)
    wanted = str(parts["options"].get("replicaset") or parts["options"].get("replicaSet") or "")
    tls = {name: value for name, value in parts["options"].items() if name.lower().startswith(("tls", "ssl"))}
    told = False
    for host, port in parts["nodelist"][:_MOST_ASKED]:
        found = ask_alone(host, int(port or 27017), wanted, tls)
        if found is not None:
            told = True
            yield found
    if not told:
        kind = (
            "no member that can be written to"
            if isinstance(error, ServerSelectionTimeoutError)
            else str(error)
        )
        yield problem(
            "reachable",
            expected=f"the primary of {where}",
            found=kind[:300],
            advice="look at rs.status(); a majority of the members must be up",
        )


def ask_alone(host: str, port: int, wanted: str, tls: Mapping[str, Any]) -> Finding | None:
    """What is wrong with one host, None where nothing is."""
    at = f"{host}:{port}"
    try:
        socket.create_connection((host, port), timeout=_WAIT_S).close()
    except OSError as error:
        return problem(
            "reachable",
            expected=f"a MongoDB at {at}",
            found=_in_words(error),
            advice="start mongod, correct host and port in SPRUE_MONGO_URL, or open the firewall for them",
        )
    waits: dict[str, Any] = {
        "serverSelectionTimeoutMS": 3000,
        "connectTimeoutMS": 3000,
        "socketTimeoutMS": 3000,
    }
    try:
        with MongoClient[dict[str, Any]](host, port, directConnection=True, **waits, **tls) as client:
            hello = client.admin.command("hello")
    except PyMongoError as error:
        return problem(
            "reachable",
            expected=f"a MongoDB at {at}",
            found=f"something that takes connections, but: {str(error).partition(', Timeout:')[0][:200]}",
            advice="check the port, and whether the server wants TLS (tls=true) or none",
        )
    return about_set(hello, at, wanted)


def about_set(hello: Mapping[str, Any], at: str, wanted: str) -> Finding | None:
    """What is wrong with the set a server belongs to."""
    name = hello.get("setName")
    if not name:
        begun = bool(hello.get("isreplicaset"))
        return problem(
            "replica set",
            expected="a replica set: a standalone server has no change streams",
            found=f"{at}: {'a replica set not initiated yet' if begun else 'a standalone server'}",
            advice="run once in mongosh: rs.initiate()" if begun else INITIATE,
        )
    if wanted and name != wanted:
        return problem(
            "replica set",
            expected=f"the set {wanted!r} of SPRUE_MONGO_URL",
            found=f"{at} belongs to {name!r}",
            advice=f"write replicaSet={name} in SPRUE_MONGO_URL",
        )
    for member in hello.get("hosts", ()):
        host, _, port = str(member).rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=_WAIT_S).close()
        except OSError as error:
            return problem(
                "replica set",
                expected="members that can be reached from here by the names the set calls them",
                found=f"{member}: {_in_words(error)}",
                advice="start that member; or make its name known here (DNS, hosts file); or rs.reconfig() "
                "with names known everywhere",
            )
    return None


def _in_words(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "a host name nobody knows here"
    if isinstance(error, TimeoutError):
        return "no answer (a firewall?)"
    if isinstance(error, ConnectionRefusedError):
        return "nobody listening (connection refused)"
    return str(error.strerror or error)
