"""Real databases in a folder, for the demo and the tests: nothing to install, nothing left running."""

from ingest.embedded.mongo import EmbeddedMongo
from ingest.embedded.postgres import EmbeddedPostgres

__all__ = ["EmbeddedMongo", "EmbeddedPostgres"]
