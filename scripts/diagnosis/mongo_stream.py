"""The change stream, opened as the service opens it, and closed at once."""

from __future__ import annotations

from collections.abc import Iterator

from core.errors import ConfigError, PositionLost, SourceUnavailable
from ingest.change_stream import MongoChangeStream
from ingest.collection_scan import ScanThenStream
from scripts.diagnosis.finding import Finding, note, ok, said_by
from scripts.diagnosis.installation import Installation
from scripts.diagnosis.stored import read_position

_WAIT_S = 0.02


def watching(installation: Installation) -> Finding:
    """Whether this user may watch."""
    stream = _stream(installation)
    try:
        stream.open(None)
    except (ConfigError, SourceUnavailable) as error:
        return said_by("change stream", error)
    finally:
        stream.close()
    return ok("change stream", "opens; this user may watch")


def resuming(installation: Installation) -> Iterator[Finding]:
    """Whether the stream goes on where the store stands."""
    position = read_position(installation)
    if position is None:
        start = installation.config.start_from
        yield note("position", f"none stored yet: the first run begins with SPRUE_START_FROM={start}")
        return
    stream = _stream(installation)
    try:
        source = ScanThenStream(stream, installation.config.start_from)
        source.open(position)
        source.next_batch(1, _WAIT_S)
    except (ConfigError, PositionLost) as error:
        yield said_by("position", error)
    except SourceUnavailable as error:
        yield said_by("position", error).at("warning")
    else:
        yield ok("position", "the stream goes on after the stored one")
    finally:
        stream.close()


def _stream(installation: Installation) -> MongoChangeStream:
    config = installation.config
    return MongoChangeStream(
        config.mongo_url.get_secret_value(), config.mongo_database, config.mongo_collection
    )
