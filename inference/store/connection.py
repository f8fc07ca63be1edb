"""The writer's connection: locked, identified, fenced; dropped whenever its state is unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from core.errors import ConfigError, StoreLost, StoreUnavailable
from inference.store.engine import parse_url, place, sqlite_path, writer_engine
from inference.store.failure import failure
from inference.store.founding import Known, found, known_store, take_over
from inference.store.identity import (
    check_identity,
    confirm_identity,
    is_begun,
    server_place,
    set_aside,
)
from inference.store.instance import ADVISORY_LOCK
from inference.store.space import FreeSpace
from inference.store.statements import is_mine
from inference.store.store_file import StoreFile


class WriterConnection:
    """Gives the one writer its transactions. Not for several threads at once.

    Parameters
    ----------
    url : str
        SQLAlchemy URL, ``sqlite:///path`` or ``postgresql://...``.
    clock : callable
        The present in ms since 1970 UTC.
    min_free_bytes : int
        Below so much free disk nothing is written (SQLite).
    identity_folder : Path, optional
        Where the identity file of a server's store stands; without one its loss goes unnoticed.

    Attributes
    ----------
    where : str
        Name of the store in messages.
    epoch : int or None
        Of this writer; None until the store was opened.
    """

    def __init__(
        self,
        url: str,
        clock: Callable[[], int],
        min_free_bytes: int,
        identity_folder: Path | None = None,
    ) -> None:
        parsed = parse_url(url)
        self.where = place(parsed)
        self.epoch: int | None = None
        self._clock = clock
        self._path = self._named = sqlite_path(parsed)
        if self._path is None and identity_folder is not None:
            self._named = server_place(identity_folder, parsed)
        self._file = StoreFile(self._path, self.where) if self._path else None
        self._space = FreeSpace(self._path.parent, min_free_bytes, clock) if self._path else None
        self._engine = writer_engine(parsed)
        self._connection: Connection | None = None
        self._uuid: str | None = None
        self._begun = False
        self._rows_at_opening = 0
        self._anew = False

    def open(self, anew: bool) -> None:
        """Connect now; with `anew` a store that was lost is replaced, never one that is there."""
        try:
            with self.transaction():
                pass
        except StoreLost:
            if not anew:
                raise
            self._begin_anew()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction: committed at the end, or nothing of it is there.

        Raises
        ------
        StoreUnavailable
            It was not written, or the outcome of committing is unknown; see `core.stream.Sink`.
        """
        if self._space is not None:  # before anything is touched: dropping a connection writes, too
            self._space.check()
        try:
            connection = self._ready()
            with _all_or_nothing(connection):
                self._fence(connection)
                yield connection
        except DBAPIError as error:
            self.drop()
            raise failure(error.orig, self.where, self._path) from error
        except OSError as error:
            self.drop()
            raise failure(error, self.where) from error
        except SQLAlchemyError as error:
            self.drop()
            raise StoreUnavailable(f"{self.where}: {error}; it is tried again") from error
        except BaseException:
            self.drop()
            raise

    def mark_begun(self) -> None:
        """A position is in the store from now on."""
        if self._named is not None and not self._begun and self._uuid is not None:
            try:
                confirm_identity(self._named, self._uuid, True, self._rows_at_opening)
            except OSError as error:
                self.drop()
                raise failure(error, self.where) from error
        self._begun = True

    def check(self) -> None:
        """Raise `StoreLost` when the file in use is gone or another one; a server is not asked."""
        if self._connection is None or self._file is None:
            return
        try:
            self._file.check()
        except StoreLost:
            self.drop()
            raise

    def close(self) -> None:
        """Fold SQLite's log into the file, let go of connection and lock. Safe to call twice."""
        if self._connection is not None and self._file is not None:
            self._file.fold_away_log(self._connection)
        self.drop()
        self.epoch = self._uuid = None
        if self._file is not None:
            self._file.release()

    def drop(self) -> None:
        """Let go of the connection; no rollback is sent on one whose state nobody knows."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()

    # --- connecting -----------------------------------------------------------------

    def _ready(self) -> Connection:
        if self._connection is None:
            self._connect()
        elif self._file is not None:
            self._file.check()
        assert self._connection is not None
        return self._connection

    def _connect(self) -> None:
        if self._file is not None:
            self._file.take(anew=self._anew, first=self.epoch is None)
        self._connection = connection = self._engine.connect()
        folded = self._file is not None and self._file.fold_in_log(connection)
        if self._file is None:
            if self._named is not None:
                self._named.parent.mkdir(parents=True, exist_ok=True)
            with _all_or_nothing(connection):
                if not _locked(connection):
                    self._refuse_second()
        with _all_or_nothing(connection):
            known = known_store(connection, self.where)
            if not self._anew:
                self._check_same(known)
            uuid = known.uuid if known else found(connection, self._named, self._clock(), anew=self._anew)
            rows = self._file.rows(connection, known, sure=folded) if self._file and known else 0
            epoch = take_over(connection, known) if self.epoch is None else self.epoch
        self.epoch = epoch  # only now: an epoch whose commit failed is not in the store
        if self._named is not None:
            self._begun = self._anew or (known is not None and known.positioned) or is_begun(self._named)
            confirm_identity(self._named, uuid, self._begun, rows)
        self._rows_at_opening = rows
        self._uuid = uuid

    def _check_same(self, known: Known | None) -> None:
        if self._named is not None:
            where = self.where if self._path is None else None
            check_identity(self._named, known and known.uuid, known is not None and known.positioned, where)
        elif self._uuid is not None and known is None:
            raise StoreLost(f"{self.where}: the tables are gone that were there before; restore them")
        if self._uuid is not None and known is not None and known.uuid != self._uuid:
            msg = (
                f"{self.where}: expected store {self._uuid}, got {known.uuid}; it was exchanged, put it back"
            )
            raise ConfigError(msg)

    def _refuse_second(self) -> None:
        msg = f"{self.where}: another process writes this store; stop it, or wait for its end"
        # The lock of one's own lost connection is freed once the server notices; the epoch guards meanwhile.
        raise ConfigError(msg) if self.epoch is None else StoreUnavailable(msg)

    def _begin_anew(self) -> None:
        self.drop()
        self._uuid = self.epoch = None
        if self._path is not None:
            try:
                set_aside(self._path, self._clock())
            except OSError as error:
                raise failure(error, self.where) from error
        self._anew = True
        try:
            with self.transaction():
                pass
        finally:
            self._anew = False

    def _fence(self, connection: Connection) -> None:
        """Refuse to write when another writer opened the store since; locks the row in PostgreSQL."""
        if not is_mine(connection, self.epoch):
            msg = f"{self.where}: another process took the store over; this one writes no more: stop it"
            raise ConfigError(msg)


def _locked(connection: Connection) -> bool:
    """Take the server's lock; for two seconds it may still be that of one's own session before."""
    for _ in range(20):
        if connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": ADVISORY_LOCK}):
            return True
        connection.execute(text("SELECT pg_sleep(0.1)"))
    return False


@contextmanager
def _all_or_nothing(connection: Connection) -> Iterator[None]:
    """Commit at the end; after an error the caller drops the connection, which undoes it.

    No ROLLBACK is sent: SQLite may have rolled back by itself, a server may be gone, and
    the error of the rollback would hide the cause.
    """
    transaction = connection.begin()
    yield
    transaction.commit()
