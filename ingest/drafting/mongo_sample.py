"""A sample of the documents of a MongoDB collection; nothing is ever written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import bson
import pandas as pd
from bson.codec_options import CodecOptions
from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import PyMongoError

from core.config import quoted, redacted
from core.errors import ConfigError
from ingest.drafting.naming import process_name
from ingest.drafting.nested import flat_document, without_lists
from ingest.drafting.sample import Sample
from ingest.drafting.thinning import BLOCK_ROWS, Thinning
from ingest.mongo_client import connect, let_go
from ingest.mongo_errors import translate

TRIED = 5_000
"""Documents kept as they came, to try the readers on."""


def sample_collection(
    url: str,
    database: str,
    collection: str,
    *,
    rows: int,
    progress: Callable[[int], None] | None = None,
) -> tuple[Sample, list[bytes]]:
    """The newest documents by ``_id`` in their order, as many of the oldest, and the first of them raw.

    Raises
    ------
    ConfigError
        The address is none, there is no such collection, or it may not be read.
    SourceUnavailable
        The server does not answer.
    """
    shown = redacted(url)
    if not url.startswith(("mongodb://", "mongodb+srv://")):
        raise ConfigError(f"{shown}: expected an address mongodb://user:password@host/")
    if not quoted(url):
        raise ConfigError(f"{shown}: write / ? # @ [ ] in user and password as %2F %3F %23 %40 %5B %5D")
    where = f"{shown}, {database}.{collection}"
    client = connect(url, appname="sprue init")
    try:
        options: CodecOptions[Any] = CodecOptions(document_class=RawBSONDocument)
        plant: Database[Any] = client[database]
        documents: Collection[Any] = plant.get_collection(collection, codec_options=options)
        total = documents.estimated_document_count()
        if not total:
            names = sorted(client[database].list_collection_names())
            there = ", ".join(names[:12]) or "none"
            raise ConfigError(f"{where}: expected documents, found none; collections there: {there}")
        kept = Thinning(rows + BLOCK_ROWS)
        raws: list[bytes] = []
        half = total if total <= rows else rows // 2
        for file, direction in enumerate((1, -1) if half < total else (1,)):
            cursor = documents.find().sort("_id", direction).limit(half)
            found = [document.raw for document in cursor]
            raws += found[: TRIED // 2]
            for begin in range(0, len(found), BLOCK_ROWS):
                block = found[begin : begin + BLOCK_ROWS]
                kept.add(pd.DataFrame([flat_document(bson.decode(raw)) for raw in block]), file)
                if progress is not None:
                    progress(kept.rows)
    except (PyMongoError, BSONError) as error:
        raise translate(error, where) from error
    finally:
        let_go(client)
    sample = kept.sample(where, process_name(collection), documents=True)
    frame, notes = without_lists(sample.frame)
    return replace(sample, frame=frame, rows=max(total, len(frame)), notes=tuple(notes)), raws
