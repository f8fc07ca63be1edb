"""The API's port: free, ours, or somebody else's."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import sys
from collections.abc import Iterator

from core.config import Config
from scripts.diagnosis.finding import Finding, note, ok, problem, warning
from scripts.diagnosis.installation import Installation

_WAIT_S = 3.0
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}


def examine(installation: Installation) -> Iterator[Finding]:
    """Who answers there; where nobody does, whether one may listen."""
    config = installation.config
    if config.port == 0:
        yield ok("port", "0: a free one is chosen at every start")
        return
    where = f"{config.host} port {config.port}"
    try:
        status, body = ask(config, "/healthz")
    except TimeoutError:
        yield _taken(where, "something that takes connections and says nothing", config.port)
    except http.client.HTTPException as error:
        yield _taken(where, f"something that does not speak HTTP ({type(error).__name__})", config.port)
    except OSError:
        yield may_listen(config, where)
    else:
        if status == 200 and isinstance(body, dict) and body.get("status") == "alive":
            yield ok("port", f"{where}: a running sprue answers")
            yield readiness(config)
            yield from of_another_home(config)
        else:
            yield _taken(where, f"another program (it answered /healthz with {status})", config.port)


def ask(config: Config, path: str) -> tuple[int, object]:
    """Status and JSON of an answer; the key is not sent, since nobody knows who listens."""
    host = _EVERYWHERE.get(config.host, config.host)
    connection = http.client.HTTPConnection(host, config.port, timeout=_WAIT_S)
    if config.tls_cert is not None:  # who it is does not matter: nothing secret is sent
        blind = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection(host, config.port, timeout=_WAIT_S, context=blind)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        text = answer.read(65536)
    finally:
        connection.close()
    try:
        return answer.status, json.loads(text)
    except ValueError:
        return answer.status, None


def readiness(config: Config) -> Finding:
    """What the running service says of itself."""
    try:
        status, body = ask(config, "/readyz")
    except (OSError, http.client.HTTPException) as error:
        return note("readiness", f"not told: {error}")
    if status == 200:
        return ok("readiness", "the service there gives verdicts")
    reasons = body.get("reasons") if isinstance(body, dict) else None
    if status == 503 and isinstance(reasons, list):
        return warning(
            "readiness",
            expected="a service that gives verdicts",
            found="; ".join(map(str, reasons))[:600],
            advice="mend what it names; judging goes on by itself",
        )
    return note("readiness", "not told without the key", "ask /readyz with X-API-Key")


def of_another_home(config: Config) -> Iterator[Finding]:
    """Said where a service answers but nobody writes this home's store: it is not this one's."""
    from inference.store.engine import parse_url, sqlite_path
    from scripts.diagnosis.sqlite_store import held_by

    path = sqlite_path(parse_url(config.resolved_store_url))
    if path is None or held_by(path)[0] is not False:
        return
    yield warning(
        "whose service",
        expected=f"the service of this home, {config.home.absolute()}",
        found=f"one of another home on port {config.port}; what follows is about this home, not about it",
        advice="to look at that one, set SPRUE_HOME and the other settings as it has them; to serve from "
        "this home beside it, choose another SPRUE_PORT",
    )


def may_listen(config: Config, where: str) -> Finding:
    """Whether the system lets one listen there; the socket is closed at once."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    try:
        socket.create_server((config.host, config.port), family=family).close()
    except OSError as error:
        return problem(
            "port",
            expected=f"to be allowed to listen on {where}",
            found=str(error.strerror or error),
            advice="stop what holds it, or choose another SPRUE_PORT; below 1024 needs rights; SPRUE_HOST "
            "must be an address of this machine",
        )
    return ok("port", f"{where} is free: no service runs there now")


def _taken(where: str, who: str, port: int) -> Finding:
    look = f"netstat -ano | findstr :{port}" if sys.platform == "win32" else f"ss -ltnp 'sport = :{port}'"
    return problem(
        "port",
        expected=f"{where} free, or sprue there",
        found=who,
        advice=f"choose another SPRUE_PORT, or stop that program (to find it: {look})",
    )
