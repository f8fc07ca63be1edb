"""A PostgreSQL that is only read, and a password that is never shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from psycopg2 import extensions

from core.config import quoted, redacted
from core.errors import ConfigError, HistoryError, SourceUnavailable


@contextmanager
def connected(url: str, *, what: str = "history") -> Iterator[extensions.connection]:
    """A read-only transaction that sees one state of the database, times in UTC.

    Parameters
    ----------
    url : str
        ``postgresql://user:password@host/database``; never shown in a message.
    what : str
        What is read there, for messages.

    Raises
    ------
    ConfigError
        The URL is none.
    HistoryError
        The server refuses what is asked.
    SourceUnavailable
        The server does not answer.
    """
    try:
        secret = extensions.parse_dsn(url).get("password", "")
    except psycopg2.ProgrammingError:  # its message repeats the URL
        raise ConfigError(
            f"{what}: expected an address postgresql://user:password@host/database, got {redacted(url)}"
        ) from None

    whole = quoted(url)

    def said(error: psycopg2.Error) -> str:
        if not whole:  # the driver takes a part of the password for host or port, and prints it
            hint = "write / ? # @ [ ] in the password as %2F %3F %23 %40 %5B %5D"
            return f"{type(error).__name__}; {hint}"
        text = str(error).strip()
        return type(error).__name__ if secret and secret in text else text

    try:
        connection = psycopg2.connect(url, connect_timeout=10, application_name="sprue history")
    except psycopg2.OperationalError as error:
        raise SourceUnavailable(f"{what} at {redacted(url)}: {said(error)}") from None
    try:
        connection.set_session(isolation_level=extensions.ISOLATION_LEVEL_REPEATABLE_READ, readonly=True)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL timezone TO 'UTC'")
        yield connection
    except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
        raise SourceUnavailable(f"{what} at {redacted(url)}: {said(error)}; run again to go on") from None
    except psycopg2.Error as error:
        raise HistoryError(f"{what} at {redacted(url)}: {said(error)}") from None
    finally:
        connection.close()
