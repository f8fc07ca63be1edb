"""The peer of the REST suite: bare FastAPI, on the server settings of `scripts.serve`.

``python -m scripts.benchmarks.bare_api FILE [auto]``: FILE holds the JSON that ``/same`` answers; with
``auto`` uvicorn takes the quickest event loop and HTTP parser that are installed.
"""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI


def app_of(body: Any) -> FastAPI:
    """Two constants: a tiny one, and one as large as a verdict."""
    app = FastAPI()

    @app.get("/constant")
    async def constant() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/same")
    async def same() -> Any:
        return body

    return app


def main(file: str, server: str = "as_served") -> None:
    """Serve until the process is ended; the address is the first line of standard output."""
    app = app_of(json.loads(Path(file).read_text(encoding="utf-8")))
    listening = socket.create_server(("127.0.0.1", 0), backlog=128)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as `scripts.serve`
    print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    ours: dict[str, Any] = {"loop": "asyncio", "http": "h11"} if server == "as_served" else {}
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=3, **ours
    )
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main(*sys.argv[1:3])
