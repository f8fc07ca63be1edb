"""How the verdict store is read: connections that cannot write, errors in the operator's words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from core.errors import ConfigError, StoreUnavailable
from inference.store.engine import fold_in, parse_url, place, reader_engine, sqlite_path, why
from inference.store.identity import check_file


class StoreReading:
    """A store open for reading. Safe in many threads.

    Parameters
    ----------
    url : str
        SQLAlchemy URL, ``sqlite:///path`` or ``postgresql://...``.
    """

    def __init__(self, url: str) -> None:
        parsed = parse_url(url)
        self._where = place(parsed)
        self._path = sqlite_path(parsed)
        self._engine = reader_engine(parsed)
        self._file: tuple[int, int] | None = None

    @property
    def local(self) -> bool:
        """Whether the store is a file of this machine: reading a row waits for nobody."""
        return self._path is not None

    def close(self) -> None:
        """Let go of all connections. Safe to call twice."""
        self._engine.dispose()
        if self._path is not None:
            fold_in(self._path)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._telling(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Say in the operator's words why the store cannot be read."""
        self._check_file()
        try:
            yield
        except DBAPIError as error:
            raise StoreUnavailable(why(error.orig, self._where)) from error
        except self._engine.dialect.loaded_dbapi.Error as error:
            raise StoreUnavailable(why(error, self._where)) from error
        except (SQLAlchemyError, OSError) as error:
            raise StoreUnavailable(f"{self._where}: {error}") from error

    def _check_file(self) -> None:
        """Connections to a file that is gone or was exchanged are of no use any more."""
        if self._path is None:
            return
        try:
            status = self._path.stat()
        except PermissionError as error:
            self._engine.dispose()
            raise StoreUnavailable(f"{self._where}: {error}; give this user the folder") from None
        except OSError:
            self._engine.dispose()
            try:
                check_file(self._path)
            except ConfigError as error:
                raise StoreUnavailable(str(error)) from None
            msg = (
                f"{self._where}: there are no verdicts yet; the service makes this file when it first writes"
            )
            raise StoreUnavailable(msg) from None
        if self._file != (status.st_dev, status.st_ino):
            self._engine.dispose()
            self._file = (status.st_dev, status.st_ino)


def page(
    rows: Sequence[dict[str, Any]], limit: int, key: str = "seq"
) -> tuple[list[dict[str, Any]], int | None]:
    """The first `limit` of these rows, and the `before` of the next page (None: this was the last)."""
    shown = list(rows[:limit])
    return shown, shown[-1][key] if len(rows) > limit else None
