from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.key_file import add_key, revoke_key
from api.roles import ROLES
from api.serving import serving
from core.batch import NO_TIME
from core.config import Config, load_config
from core.errors import SprueError
from core.profile import GroupKey, Profile
from core.profile_file import load_profile
from core.stream import DeadLetter, Position, Work
from core.verdict import VERDICT_FIELDS, Verdicts
from inference.consumer.orders import Desk
from inference.judge import judge
from inference.plan import Plan, compile_plan
from inference.status import ServiceStatus
from inference.store.reader import VerdictReader
from inference.store.sink import VerdictStore, now_ms
from ingest.document import DocumentDecoder
from ingest.fill_memory import FillMemory
from models.artifact import QUANTILES, Coverage, GroupModel, LossSummary, SettingSpace, TrainedPlant
from tests.api.clerk import Clerk

T0 = 1_790_000_000_000
NOW = T0 + 60_000
DAY_MS = 86_400_000

_ORDINARY: dict[str, Any] = {
    "maker": "A",
    "facility": "A-01",
    "item": "cap",
    "lot": "A-01|cap|2026-09-21",
    "cluster": 1,
    "route": "trained",
    "model_kind": "memae",
    "model_version": "v1",
    "anomaly_score": 0.1,
    "base": 0.2,
    "tolerance": 0.02,
    "outcome": "OK",
    "reasons": [],
    "filled": {},
    "flags": [],
}
_DTYPES: dict[str, Any] = {"number": np.float64, "integer": np.int64, "time": np.int64}
_NULLS: dict[str, Any] = {"number": np.nan, "integer": -1, "time": NO_TIME}

ROWS: list[dict[str, Any]] = [
    {"facility": "A-01", "cluster": 1},
    {"facility": "A-02", "item": "lid", "outcome": "WARN", "lot": "A-02|lid|2026-09-21"},
    {"facility": "B-01", "maker": "B", "item": None, "lot": None, "route": "limits", "anomaly_score": None,
     "base": None, "tolerance": None, "cluster": None, "model_kind": None, "flags": ["not_covered"]},
    {"facility": "A-01", "outcome": "NG", "anomaly_score": 0.5, "filled": {"dosing_time": "mean"},
     "flags": ["range_violation", "brand_new_flag"],
     "reasons": [
         {"variable": "cushion_stroke", "value": 1.25, "low": 4.0, "high": 5.5, "direction": "low",
          "contribution": 0.7, "evidence": "score"},
         {"variable": "dosing_time", "value": 8.0, "low": 4.0, "high": 6.0, "direction": "high",
          "contribution": 0.2, "evidence": "range"},
         {"variable": "<script>", "value": None, "low": None, "high": None, "direction": "high",
          "contribution": 0.1, "evidence": "score"},
     ]},
    {"facility": "press/3 <b>", "item": "한글 & <i>", "shot_time": None},
]  # fmt: skip


class Trained:
    """A catalogue the tests may change."""

    def __init__(self, plant: TrainedPlant | None) -> None:
        self.version: str | None = "v1" if plant else None
        self.plant = plant
        self.plan: Plan | None = None
        self.problem: str | None = None


class Served:
    """A running API with everything behind it at hand."""

    def __init__(
        self, client: httpx.Client, app: FastAPI, store: VerdictStore, catalog: Trained, clerk: Clerk
    ) -> None:
        self.client = client
        self.app = app
        self.store = store
        self.catalog = catalog
        self.clerk = clerk
        self.status = ServiceStatus(state="streaming", since=T0)

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.client.get(path, **more)


@pytest.fixture(scope="session")
def profile() -> Profile:
    return load_profile("injection_molding")


@pytest.fixture(scope="session")
def plant(profile: Profile) -> TrainedPlant:
    """One trained group, one not, of one maker."""
    s, p = len(profile.settings), len(profile.production)
    key = GroupKey("A", "A-01", "cap", 1)
    losses = LossSummary(900, 0.1, 0.02, 0.05, 0.2, np.linspace(0.05, 0.2, len(QUANTILES)), 0.2, 3)
    model = GroupModel(
        key, "memae", {}, np.zeros(p), np.ones(p), np.zeros(p), np.ones(p) / 2, np.ones(p), losses, 0.16,
        np.zeros(s), 6000, 12, 0.004, (T0 - 10**9, T0 - 10**6),
    )  # fmt: skip
    space = SettingSpace(
        "A", np.full(s, 100.0), np.full(s, 10.0), np.array([[0.0] * s, [1.0] * s]), np.array([0.5, np.inf]),
        np.zeros((3, s)), np.array([0, 1, 1]),
    )  # fmt: skip
    rows = (
        Coverage(key, 6000, 12, 5976, 24, T0 - 10**9, T0 - 10**6, "trained", "memae", ""),
        Coverage(GroupKey("A", "A-02", "lid", 0), 40, 1, 0, 0, T0, T0, "too_few", None, "40 of 500 shots"),
    )  # fmt: skip
    names = tuple(v.name for v in profile.settings), tuple(v.name for v in profile.production)
    return TrainedPlant(profile.name, profile.sha256, *names, (space,), (model,), (), rows, {})


@pytest.fixture(scope="session")
def plan(plant: TrainedPlant, profile: Profile) -> Plan:
    """What judges: the plant's group with an autoencoder that answers 0.5 to everything."""
    p = len(profile.production)
    weights = {
        "w0": np.zeros((p, 1), np.float32),
        "b0": np.zeros(1, np.float32),
        "w1": np.zeros((1, p), np.float32),
        "b1": np.full(p, 0.5, np.float32),
    }
    model = replace(plant.models[0], kind="autoencoder", weights=weights)
    return compile_plan(replace(plant, models=(model,)), "v1", profile)


def verdicts(rows: list[dict[str, Any]]) -> Verdicts:
    columns: dict[str, Any] = {}
    for field in VERDICT_FIELDS:
        values = []
        for number, row in enumerate(rows):
            own = {"shot_id": f"s{number}", "shot_time": T0 + number * 1000} | _ORDINARY | row
            value = own.get(field.name)
            values.append(_NULLS.get(field.kind) if value is None else value)
        columns[field.name] = np.array(values, _DTYPES[field.kind]) if field.kind in _DTYPES else values
    return Verdicts(columns)


@pytest.fixture
def write() -> Callable[[VerdictStore, list[dict[str, Any]], str], None]:
    """Writes partial rows under tokens ``<prefix>0``, ``<prefix>1``, ..."""

    def write(store: VerdictStore, rows: list[dict[str, Any]], prefix: str) -> None:
        tokens = [f"{prefix}{i}" for i in range(len(rows))]
        store.write(Work(Position("{}", (1, 1)), tokens=tokens, verdicts=verdicts(rows)))

    return write


@pytest.fixture
def serve(
    tmp_path: Path, profile: Profile, plant: TrainedPlant, plan: Plan
) -> Iterator[Callable[..., Served]]:
    """Starts the API on a real socket over a real SQLite store holding `ROWS`."""
    with ExitStack() as ending:

        def start(*, empty: bool = False, trained: bool = True, **settings: object) -> Served:
            config: Config = load_config(home=tmp_path, **settings)
            url = config.resolved_store_url
            store = VerdictStore(url, clock=lambda: NOW)
            ending.callback(store.close)
            if not empty:
                letter = DeadLetter("d0", "r0", "not_a_number", "expected a number, got 'x'", b"raw")
                tokens = [f"t{i}" for i in range(len(ROWS))]
                position = Position("{}", (1, 1))
                store.write(Work(position, tokens=tokens, verdicts=verdicts(ROWS), dead_letters=[letter]))
            reader = VerdictReader(url)
            ending.callback(reader.close)
            catalog = Trained(plant if trained else None)
            catalog.plan = plan if trained else None
            clerk = Clerk(Desk(store, DocumentDecoder(profile), judge, plan, FillMemory()))
            one: Served

            def status() -> ServiceStatus:
                return one.status

            app = create_app(
                reader, status, catalog, config, profile,
                judged=lambda: store.judged, clock=lambda: NOW + 5000,
                hand_in=clerk.hand_in,
            )  # fmt: skip
            client = ending.enter_context(_client(app, ending))
            one = Served(client, app, store, catalog, clerk)
            return one

        yield start


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, str]:
    """A key of every role, and what is none any more, in the home the API is served from."""
    file = tmp_path / "keys.json"
    now = now_ms()
    found: dict[str, str] = {role: add_key(file, role, role, now) for role in ROLES}
    found["expired"] = add_key(file, "expired", "admin", now - 2 * DAY_MS, days=1)
    found["revoked"] = add_key(file, "revoked", "admin", now)
    revoke_key(file, "revoked", now)
    found["malformed"] = found["admin"][:-1]
    other = "0" if found["admin"][-1] != "0" else "1"
    found["wrong secret"] = found["admin"][:-1] + other
    return found


@pytest.fixture
def served(serve: Callable[..., Served]) -> Served:
    return serve()


def _client(app: FastAPI, ending: ExitStack) -> httpx.Client:
    listening = ending.enter_context(socket.create_server(("127.0.0.1", 0)))
    config: Config = app.state.context.config
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", **serving(config)))
    failed: list[BaseException] = []
    started = threading.Event()
    original = server.startup

    async def startup(sockets: list[socket.socket] | None = None) -> None:
        await original(sockets)
        started.set()

    server.startup = startup  # type: ignore[method-assign]  # says when it listens: no sleeping

    def run() -> None:
        try:
            server.run(sockets=[listening])
        except BaseException as error:
            failed.append(error)
            started.set()
            raise

    thread = threading.Thread(target=run)
    thread.start()

    def stop() -> None:
        server.should_exit = True
        thread.join()

    ending.callback(stop)
    if not started.wait(20) or failed:
        msg = f"the API did not start: {failed}"
        raise SprueError(msg)
    return httpx.Client(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}", timeout=20)
