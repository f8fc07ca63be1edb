"""``./sprue serve``: the background service, judging and REST in one process."""

from __future__ import annotations

import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Annotated

import structlog
import typer
import uvicorn

from api.app import create_app
from api.security import check_binding
from api.serving import serving
from core.config import Config, load_config
from core.errors import ConfigError
from core.profile_file import load_profile
from inference.logs import configure_logs
from inference.manager_notice import READY, STOPPING, tell_manager
from inference.store.reader import VerdictReader
from scripts.behind_api import Behind, ModelBehind, StreamBehind
from scripts.diagnosis.environment import unread_names
from scripts.options import Home, ProfileName
from scripts.service_stop import stop_requests

STOP_SECONDS = 9.0
"""How long an orderly end may take; the service manager kills after 10."""

Host = Annotated[
    str | None,
    typer.Option(envvar="SPRUE_HOST", help="Address of the API; others than loopback need a key and TLS."),
]
Port = Annotated[
    int | None, typer.Option(envvar="SPRUE_PORT", min=0, max=65535, help="Port of the API; 0: a free one.")
]
Database = Annotated[
    str | None, typer.Option(envvar="SPRUE_MONGO_DATABASE", help="MongoDB database of the shots.")
]
Collection = Annotated[str | None, typer.Option(envvar="SPRUE_MONGO_COLLECTION", help="Its collection.")]
StartFrom = Annotated[
    str | None,
    typer.Option(
        envvar="SPRUE_START_FROM", help="First run only: 'now', or the 'beginning' of the collection."
    ),
]
OnGap = Annotated[
    str | None,
    typer.Option(
        envvar="SPRUE_ON_GAP",
        help="When shots were missed: 'reconcile' the whole collection, or 'fail': stop and say so.",
    ),
]
WithoutStream = Annotated[
    bool | None,
    typer.Option(
        "--without-stream",
        envvar="SPRUE_WITHOUT_STREAM",
        help="Read no MongoDB and judge nothing: only the API, its pages and forms.",
    ),
]
Size = Annotated[
    int | None,
    typer.Option(envvar="SPRUE_BATCH_SIZE", min=1, max=100_000, help="Most shots judged in one batch."),
]
Level = Annotated[
    str | None,
    typer.Option(envvar="SPRUE_LOG_LEVEL", help="Least level logged: DEBUG, INFO, WARNING or ERROR."),
]
Format = Annotated[str | None, typer.Option(envvar="SPRUE_LOG_FORMAT", help="Log lines: text or json.")]


def serve(
    home: Home = None,
    profile: ProfileName = None,
    host: Host = None,
    port: Port = None,
    mongo_database: Database = None,
    mongo_collection: Collection = None,
    start_from: StartFrom = None,
    batch_size: Size = None,
    log_level: Level = None,
    log_format: Format = None,
    on_gap: OnGap = None,
    without_stream: WithoutStream = None,
) -> None:
    """Judge every shot of the MongoDB collection as it comes, and answer REST queries.

    Starts even while MongoDB is away or nothing is trained yet: /readyz says what is
    missing, and judging begins by itself. Ctrl-C or SIGTERM ends it in order, a second
    one at once; either way no shot is lost. Connection strings and certificates come from
    the environment or .env only (SPRUE_MONGO_URL, SPRUE_STORE_URL, SPRUE_TLS_CERT,
    SPRUE_TLS_KEY). Keys of the API: ./sprue key. With --without-stream no MongoDB is needed:
    a process that predicts answers in its form, and whatever was judged before can be read.
    """
    config = load_config(
        home=home,
        profile=profile,
        host=host,
        port=port,
        mongo_database=mongo_database,
        mongo_collection=mongo_collection,
        start_from=start_from,
        batch_size=batch_size,
        log_level=log_level,
        log_format=log_format,
        on_gap=on_gap,
        without_stream=without_stream,
    )
    configure_logs(config)
    code = run(config, announce=_say)
    if code:
        raise typer.Exit(code)


def _say(text: str) -> None:
    """A line in one piece: the log's lines, written by other threads, do not get into it."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def run(config: Config, announce: Callable[[str], None]) -> int:
    """Serve until a signal asks to stop; the exit code.

    Parameters
    ----------
    config : Config
    announce : callable
        Gets the lines for whoever started it: where to look.

    Raises
    ------
    ConfigError
        Something only the operator can mend: binding, profile, port, store.
    """
    log = structlog.get_logger("serve")
    for warning in unread_names():
        log.warning(warning)
    check_binding(config)
    profile = load_profile(config.profile)
    config.home.mkdir(parents=True, exist_ok=True)
    listening = _listen(config)
    reader = VerdictReader(config.resolved_store_url)
    try:
        behind: Behind = (ModelBehind if config.without_stream else StreamBehind)(config, profile, reader)
    except ConfigError:
        listening.close()
        reader.close()
        raise
    app = create_app(
        reader,
        lambda: behind.status,
        behind.plans,
        config,
        profile,
        judged=lambda: behind.judged,
        moving=lambda: behind.moving,
        hand_in=behind.hand_in,
    )
    server = uvicorn.Server(
        uvicorn.Config(app, timeout_graceful_shutdown=3, **serving(config, forms=bool(profile.regressors)))
    )
    answering = threading.Thread(
        target=server.run, kwargs={"sockets": [listening]}, name="answering", daemon=True
    )
    with stop_requests() as stop:
        behind.start()
        answering.start()
        tell_manager(READY)
        address = _address(listening, "http" if config.tls_cert is None else "https")
        announce(behind.told)
        announce(f"machine hall  {address}/")
        if profile.regressors:
            announce(f"prediction    {address}/predict")
        announce(f"REST          {address}/api/v1/verdicts   (OpenAPI: {address}/api/v1/openapi.json)")
        announce(f"health        {address}/readyz   {address}/metrics")
        announce("Ctrl-C ends it.")
        while not stop.wait(0.5):  # with a time-out: Windows runs signal handlers between waits only
            if not answering.is_alive():
                log.error("the API ended by itself")
                break
        # A loop that gave up for good had the API say so until now; the exit code says it, too.
        orderly = stop.asked and behind.status.state not in ("failed", "halted")
        tell_manager(STOPPING)
        deadline = time.monotonic() + STOP_SECONDS
        server.should_exit = True
        ended = behind.stop(STOP_SECONDS)
        answering.join(max(0.0, deadline - time.monotonic()))
        reader.close()
    if not ended:
        log.error("judging did not end in time; what was not committed is judged again at the next start")
        logging.shutdown()
        os._exit(1)  # the interpreter's own end would wait for a thread that does not come back
    return 0 if orderly else 1


def _listen(config: Config) -> socket.socket:
    """The API's socket, bound before anything else starts, so that a taken port is said at once."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    try:
        listening = socket.create_server((config.host, config.port), family=family, backlog=128)
        # Head and body leave as two packets; without this the second waits 40 ms for an acknowledgement.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening
    except OSError as error:
        msg = (
            f"SPRUE_PORT: cannot listen on {config.host} port {config.port}: {error.strerror or error}; "
            f"another service may run there already, stop it or choose another port"
        )
        raise ConfigError(msg) from None


def _address(listening: socket.socket, scheme: str) -> str:
    host, port = listening.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
