from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.config import load_config
from inference.logs import Redactor, configure_logs

CANARY = 'c%nary/pass"w\\ord@é'
ESCAPED = "c%25nary%2Fpass%22w%5Cord%40%C3%A9"
Configure = Callable[..., io.StringIO]


@pytest.fixture
def configured() -> Iterator[Configure]:
    """Logs of this process into a text; everything is put back afterwards."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level, structlog.get_config())
    quiet = {name: logging.getLogger(name).level for name in ("pymongo", "uvicorn.access")}

    def configure(**fields: object) -> io.StringIO:
        out = io.StringIO()
        configure_logs(load_config(**fields), out)
        return out

    yield configure
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    structlog.configure(**before[2])
    for name, level in quiet.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_secret_gets_into_any_line(configured: Configure, log_format: str) -> None:
    out = configured(
        log_format=log_format,
        mongo_url=f"mongodb://judge:{ESCAPED}@db1:27017/plant?replicaSet=rs0",
        history_url=f"postgresql://judge:{ESCAPED}@h/plant",
        store_url=f"postgresql://judge:{ESCAPED}@h/plant?sslpassword=other-canary",
    )
    ours, theirs = structlog.get_logger("judging"), logging.getLogger("pymongo.topology")

    ours.info("state", reason=f"cannot reach mongodb://judge:{ESCAPED}@db1", nested={"deep": [CANARY]})
    theirs.warning("failed for %s with %r", ESCAPED, CANARY)
    try:
        raise RuntimeError(CANARY)
    except RuntimeError as error:
        local = CANARY
        ours.exception("judging failed", error=str(error), where=local)
        theirs.exception("failed")
    ours.warning(CANARY, option="other-canary", foreign="amqp://guest:unknown-pw@broker/")

    text = out.getvalue()
    assert text.count("***") >= 8
    for secret in (CANARY, ESCAPED, "nary", "other-canary", "unknown-pw"):
        assert secret not in text


def test_json_lines_are_json_with_time_level_and_logger(configured: Configure) -> None:
    out = configured(log_format="json")

    structlog.get_logger("judging").info("state", now="streaming", path=io)
    logging.getLogger("uvicorn.error").warning("it's %s", "late")

    ours, theirs = map(json.loads, out.getvalue().splitlines())
    assert (ours["event"], ours["now"], ours["level"], ours["logger"]) == (
        "state",
        "streaming",
        "info",
        "judging",
    )
    assert (theirs["event"], theirs["level"]) == ("it's late", "warning")
    assert ours["timestamp"].endswith("Z")


def test_the_level_holds_for_every_library(configured: Configure) -> None:
    out = configured(log_level="ERROR")

    structlog.get_logger("x").warning("no")
    logging.getLogger("y").warning("no")
    logging.getLogger("y").error("yes")

    assert "no" not in out.getvalue()
    assert "yes" in out.getvalue()


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(secret=st.text(min_size=4, max_size=30).filter(lambda s: s.strip("*") == s and s.strip()))
def test_any_secret_is_found_as_it_is_and_inside_json(secret: str) -> None:
    redact = Redactor([secret])

    for line in (f"<{secret}>", json.dumps(secret), json.dumps(secret, ensure_ascii=False)):
        assert "***" in redact(None, "", line)


def test_a_line_without_secrets_stays_as_it_is() -> None:
    line = "12:00 user@example.org http://127.0.0.1:8000/ a://b"
    assert Redactor([])(None, "", line) == line
