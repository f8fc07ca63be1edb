"""What a MongoDB server says about itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pymongo import MongoClient

from scripts.diagnosis.finding import Finding, note, ok, problem, warning

Client = MongoClient[dict[str, Any]]
OLDEST = (4, 2)
_NOTED_S, _WRONG_S = 5.0, 60.0
INITIATE = (
    "in mongod.cfg set replication.replSetName: rs0, restart mongod, then run once in mongosh: rs.initiate()"
)


def is_set(hello: Mapping[str, Any]) -> bool:
    """Whether it is a replica set or the router of several."""
    return bool(hello.get("setName")) or hello.get("msg") == "isdbgrid"


def reached(hello: Mapping[str, Any], where: str, took_s: float) -> Finding:
    """It answered."""
    return ok("reachable", f"{hello.get('me') or where} in {took_s * 1000:.0f} ms")


def replica_set(hello: Mapping[str, Any]) -> Finding:
    """Whether there are change streams at all, and who may be asked."""
    if hello.get("msg") == "isdbgrid":
        return note("replica set", "a sharded cluster: a shard that is silent delays the whole stream")
    name = hello.get("setName")
    if not name:
        return problem(
            "replica set",
            expected="a replica set: a standalone server has no change streams",
            found="a standalone server",
            advice=INITIATE,
        )
    members = len(hello.get("hosts", ()))
    if not hello.get("primary"):
        return problem(
            "replica set",
            expected="a set with a primary",
            found=f"{name} of {members} member(s) without one",
            advice="look at rs.status() for members that are down; a majority must be up",
        )
    return ok("replica set", f"{name}, {members} member(s), primary {hello['primary']}")


def version(text: str) -> Finding:
    """Whether the server knows the stages that are used.

    >>> version("4.0.28").level, version("6.0.5").level
    ('problem', 'ok')
    """
    number = tuple(int(part) for part in text.split("-")[0].split(".")[:2])
    if number >= OLDEST:
        return ok("version", f"MongoDB {text}")
    return problem(
        "version", expected="MongoDB 4.2 or later", found=f"MongoDB {text}", advice="update the server"
    )


def seconds(local_time: datetime) -> float:
    """A server's time; the driver gives it in UTC without saying so."""
    return (local_time if local_time.tzinfo else local_time.replace(tzinfo=UTC)).timestamp()


def clock(server: float, before: float, after: float) -> Finding:
    """How far the server's clock is from ours, the time of asking left out."""
    ahead = max(server - after, 0.0) or min(server - before, 0.0)
    said = f"the server's is {abs(ahead):,.1f} s {'ahead of' if ahead > 0 else 'behind'} this machine's"
    if abs(ahead) < 1:
        return ok("clock", "the server's and this machine's agree within 1 s")
    if abs(ahead) <= _NOTED_S:
        return ok("clock", said)
    advice = "let both follow the same time server"
    if abs(ahead) <= _WRONG_S:
        return note("clock", said, advice)
    return warning("clock", expected=f"at most {_WRONG_S:.0f} s apart", found=said, advice=advice)
