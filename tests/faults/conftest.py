"""Equipment of the fault tests: two kinds of MongoDB behind one interface, and a line that breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from core.stream import Begin, Position
from ingest.change_stream import MongoChangeStream
from tests.faults.backends import able_to
from tests.faults.fake_backend import FakeBackend
from tests.faults.fake_primary import FakePrimary
from tests.faults.mongo_for_tests import MongoForTests
from tests.faults.proxy import Proxy
from tests.faults.reading import Line, Open
from tests.faults.real_backend import FragileMongo, RealBackend


@pytest.fixture
def fake() -> Iterator[FakePrimary]:
    """A fake primary of this test's own."""
    with FakePrimary() as primary:
        yield primary


@pytest.fixture(scope="session")
def fragile_mongo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FragileMongo]:
    """A real server that tests may kill, demote and fill; each leaves it running."""
    with FragileMongo(tmp_path_factory.mktemp("fragile")) as server:
        yield server


@pytest.fixture
def real(fragile_mongo: FragileMongo) -> Iterator[RealBackend]:
    """A database of this test's own on a real server."""
    backend = RealBackend(fragile_mongo)
    yield backend
    backend.close()


@pytest.fixture(params=able_to())
def mongo_backend(request: pytest.FixtureRequest) -> MongoForTests:
    """A MongoDB for tests, first the fake, then the real one."""
    if request.param == "real":
        real: RealBackend = request.getfixturevalue("real")
        return real
    return FakeBackend(request.getfixturevalue("fake"))


@pytest.fixture
def line() -> Iterator[Callable[[int], Proxy]]:
    """Puts a proxy before a port of 127.0.0.1; closed at the test's end."""
    proxies: list[Proxy] = []

    def before(port: int) -> Proxy:
        proxies.append(Proxy(port).start())
        return proxies[-1]

    yield before
    for proxy in proxies:
        proxy.stop()


@pytest.fixture
def stream(mongo_backend: MongoForTests, line: Line) -> Iterator[Open]:
    """Opens change streams of the collection; closed at the test's end, before any line."""
    opened: list[MongoChangeStream] = []

    def start(
        position: Position | None = None, url: str = "", begin: Begin = "position"
    ) -> MongoChangeStream:
        source = MongoChangeStream(url or mongo_backend.url, mongo_backend.database, mongo_backend.collection)
        opened.append(source)
        source.open(position, begin)
        return source

    yield start
    for source in opened:
        source.close()
