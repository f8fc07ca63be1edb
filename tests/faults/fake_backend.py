"""The fake primary as a MongoDB for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.faults.fake_primary import FakePrimary
from tests.faults.mongo_for_tests import Ability, Document, MongoForTests


class FakeBackend(MongoForTests):
    """A started `FakePrimary`; what only the fake can do is done on `primary` itself."""

    name = "fake"
    abilities = frozenset(Ability)

    def __init__(self, primary: FakePrimary) -> None:
        self.primary = primary
        self.database = "plant"
        self._elsewhere = 0

    @property
    def url(self) -> str:
        return self.primary.url

    @property
    def port(self) -> int:
        return self.primary.port

    def insert(self, *documents: Document) -> None:
        self.primary.oplog.insert(self.database, self.collection, *documents)

    def insert_together(self, *documents: Document) -> None:
        with self.primary.oplog.transaction():
            self.insert(*documents)

    def insert_elsewhere(self, count: int = 1) -> None:
        for _ in range(count):
            self._elsewhere += 1
            self.primary.oplog.insert(self.database, "others", {"_id": self._elsewhere})

    def update(self, identifier: Any, fields: Mapping[str, Any]) -> None:
        self.primary.oplog.update(self.database, self.collection, identifier, fields)

    def replace(self, document: Mapping[str, Any]) -> None:
        self.primary.oplog.replace(self.database, self.collection, document)

    def delete(self, identifier: Any) -> None:
        self.primary.oplog.delete(self.database, self.collection, identifier)

    def drop(self) -> None:
        self.primary.oplog.drop(self.database, self.collection)

    def rename(self, to: str) -> None:
        self.primary.oplog.rename(self.database, self.collection, to)

    def drop_database(self) -> None:
        self.primary.oplog.drop_database(self.database)

    def fail_command(self, name: str, code: int, labels: Sequence[str] = (), *, times: int = 1) -> None:
        self.heal()
        self.primary.script.fail(name, code, labels, times=times)

    def close_connection(self, name: str, *, times: int = 1) -> None:
        self.heal()
        self.primary.script.close(name, times=times)

    def heal(self) -> None:
        self.primary.script.clear()

    def step_down(self) -> None:
        self.primary.step_down()

    def step_up(self) -> None:
        self.primary.step_up()

    def kill(self) -> None:
        self.primary.stop()

    def start(self) -> None:
        self.primary.start()

    def kill_cursors(self) -> None:
        self.primary.kill_cursors()

    def roll_oplog(self) -> None:
        self.insert_elsewhere()
        self.primary.oplog.truncate_oplog()
