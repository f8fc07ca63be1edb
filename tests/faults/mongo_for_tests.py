"""A MongoDB for tests, whichever it is: what one can do to it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from enum import Enum, auto
from typing import Any, ClassVar

Document = Mapping[str, Any] | bytes


class Ability(Enum):
    """What not every backend can do, or not quickly."""

    INSTANT = auto()
    """Starting, killing, electing and rolling the oplog take no time worth counting."""
    ROLL_OPLOG = auto()
    """`MongoForTests.roll_oplog`: seconds of writing on a real server, and not on Windows."""
    SPOIL_REPLIES = auto()
    """Replies torn, dropped after the act, stalled or sent byte by byte (`FakePrimary.script`)."""
    SEND_AGAIN = auto()
    """Events delivered twice by one cursor (`FakePrimary.send_again`)."""
    SPLIT_EVENTS = auto()
    """``$changeStreamSplitLargeEvent``; `insert` and `update` of the fake's oplog take ``parts``."""


class MongoForTests(ABC):
    """One collection of a replica set of one, and the ways in which its server may fail.

    Attributes
    ----------
    database, collection : str
        What the changes below concern; the test's own.
    """

    name: ClassVar[str]
    abilities: ClassVar[frozenset[Ability]]
    database: str
    collection: str = "shots"

    @property
    @abstractmethod
    def url(self) -> str:
        """Connection string of the replica set."""

    @property
    @abstractmethod
    def port(self) -> int:
        """Port of 127.0.0.1, which stays the same through kill and start: for a proxy."""

    @abstractmethod
    def insert(self, *documents: Document) -> None:
        """Insert documents, each with an ``_id``; raw BSON may be broken."""

    @abstractmethod
    def insert_together(self, *documents: Document) -> None:
        """Insert documents in one transaction, so with one cluster time."""

    @abstractmethod
    def insert_elsewhere(self, count: int = 1) -> None:
        """Insert documents into another collection of the same database."""

    @abstractmethod
    def update(self, identifier: Any, fields: Mapping[str, Any]) -> None:
        """Set fields of one document."""

    @abstractmethod
    def replace(self, document: Mapping[str, Any]) -> None:
        """Put a document in the place of the one with its ``_id``."""

    @abstractmethod
    def delete(self, identifier: Any) -> None:
        """Delete one document."""

    @abstractmethod
    def drop(self) -> None:
        """Drop the collection; the next insertion makes a new one."""

    @abstractmethod
    def rename(self, to: str) -> None:
        """Rename the collection; the next insertion makes a new one of the old name."""

    @abstractmethod
    def drop_database(self) -> None:
        """Drop the database; the next insertion makes a new one."""

    @abstractmethod
    def fail_command(self, name: str, code: int, labels: Sequence[str] = (), *, times: int = 1) -> None:
        """Answer the product's next such commands with an error. Replaces what was asked before."""

    @abstractmethod
    def close_connection(self, name: str, *, times: int = 1) -> None:
        """Close the connection on the product's next such commands. Replaces what was asked before."""

    @abstractmethod
    def heal(self) -> None:
        """Let all commands go well again."""

    @abstractmethod
    def step_down(self) -> None:
        """Be a secondary until `step_up`."""

    @abstractmethod
    def step_up(self) -> None:
        """Be the primary again; returns when it is."""

    @abstractmethod
    def kill(self) -> None:
        """End as a crash would."""

    @abstractmethod
    def start(self) -> None:
        """Come back after `kill`, on the same port with the same data."""

    @abstractmethod
    def kill_cursors(self) -> None:
        """End every cursor on the database."""

    @abstractmethod
    def roll_oplog(self) -> None:
        """Lose every position taken so far."""
