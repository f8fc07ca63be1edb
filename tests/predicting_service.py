"""The API of a process that predicts, in this process on a real socket, with its form live."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.serving import serving
from core.config import load_config
from core.profile import Profile
from core.profile_file import load_profile
from inference.consumer.states import State
from inference.plan import Plan, compile_plan
from inference.prediction.predictor import Predictor
from inference.status import ServiceStatus
from inference.store.reader import VerdictReader
from inference.store.sink import VerdictStore
from models.artifact import TrainedPlant
from models.registry import Registry
from tests.predicting_home import PredictingHome


class Trained:
    """A catalogue the tests may change."""

    def __init__(self, plant: TrainedPlant | None, plan: Plan | None) -> None:
        self.plant, self.plan = plant, plan
        self.version = None if plan is None else plan.version
        self.problem: str | None = None


@dataclass
class PredictingService:
    """A running API of a process that predicts."""

    client: httpx.Client
    app: FastAPI
    profile: Profile
    catalog: Trained
    home: Path

    @property
    def url(self) -> str:
        return str(self.client.base_url).rstrip("/")

    @property
    def predictor(self) -> Predictor:
        assert self.catalog.plan is not None
        assert self.catalog.plan.predictor is not None
        return self.catalog.plan.predictor

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.client.get(path, **more)

    def post(self, path: str, wish: Any, **more: Any) -> httpx.Response:
        return self.client.post(path, json=wish, **more)


def predicting_app(
    trained: PredictingHome,
    home: Path,
    ending: ExitStack,
    *,
    without_model: bool = False,
    state: State = "streaming",
    **settings: object,
) -> tuple[FastAPI, Trained]:
    """The application on a store and with keys of its own, over what is trained there."""
    profile = load_profile(str(trained.profile))
    catalog = Trained(None, None)
    if not without_model:
        plant, _ = Registry(load_config(home=trained.home).registry).load(trained.version)
        catalog = Trained(plant, compile_plan(plant, trained.version, profile))
    config = load_config(home=home, **settings)
    store = VerdictStore(config.resolved_store_url)
    ending.callback(store.close)
    store.open()
    reader = VerdictReader(config.resolved_store_url)
    ending.callback(reader.close)
    app = create_app(reader, lambda: ServiceStatus(state=state, since=0), catalog, config, profile)
    return app, catalog


@contextmanager
def predicting_service(
    trained: PredictingHome,
    home: Path,
    *,
    live: bool = True,
    without_model: bool = False,
    state: State = "streaming",
    **settings: object,
) -> Iterator[PredictingService]:
    """Serve it until the end of the block; `live` forms are for one service at a time."""
    with ExitStack() as ending:
        app, catalog = predicting_app(
            trained, home, ending, without_model=without_model, state=state, **settings
        )
        here = app.state.context
        listening = ending.enter_context(socket.create_server(("127.0.0.1", 0)))
        lifespan: Any = "on" if live else "off"
        config = uvicorn.Config(
            app, lifespan=lifespan, timeout_graceful_shutdown=3, **serving(here.config, forms=True)
        )
        server = uvicorn.Server(config)
        started = threading.Event()
        startup = server.startup

        async def start(sockets: list[socket.socket] | None = None) -> None:
            await startup(sockets)
            started.set()

        server.startup = start  # type: ignore[method-assign]  # says when it listens: no sleeping
        answering = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        answering.start()

        def stop() -> None:
            server.should_exit = True
            answering.join()

        ending.callback(stop)
        assert started.wait(20)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        client = ending.enter_context(httpx.Client(base_url=address, timeout=20))
        yield PredictingService(client, app, here.profile, catalog, home)
