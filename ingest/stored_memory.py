"""What one facility last sent, read back from the JSON it was stored as."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np

from core.batch import NO_TIME
from ingest.facility_memory import LONG_RUN, FacilityMemory

STORED = np.dtype("<f8")


def stored_memory(text: str, checksum: int, width: int) -> FacilityMemory | None:
    """A facility's memory; None where the text is damaged.

    Rows are float64, little-endian, in base64; those written before that stand under
    ``values`` as lists, null for NaN. A memory without a run was written before runs were
    counted: its facility is taken to have been running for long.

    Parameters
    ----------
    text : str
        As `ingest.fill_memory.FillMemory.to_json` gave it.
    checksum : int
        Of the profile's variables: values kept under others are forgotten.
    width : int
        Set and measured values of a row.
    """
    try:
        whole = json.loads(text)
        rows: dict[str, bytes] = {}
        if whole["columns"] == checksum:
            listed = whole.get("values", {}).items()
            rows = {item: np.array(row, dtype=np.float64).tobytes() for item, row in listed}
            rows |= {item: _unpacked(row) for item, row in whole.get("rows", {}).items()}
        if any(len(row) != width * STORED.itemsize for row in rows.values()):
            return None
        return FacilityMemory(
            maker=_text(whole["maker"]),
            item=_text(whole["item"]),
            made=_text(whole["made"]),
            cluster=_number(whole["cluster"]),
            run=_number(whole.get("run", LONG_RUN)),
            latest=_number(whole.get("latest", NO_TIME)),
            rows=rows,
        )
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError):
        return None


def _unpacked(text: str) -> bytes:
    return np.frombuffer(base64.b64decode(text), dtype=STORED).astype(np.float64).tobytes()


def _text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        msg = f"expected a text, got {value!r:.80}"
        raise TypeError(msg)
    return value


def _number(value: Any) -> int:
    if not isinstance(value, int):
        msg = f"expected a whole number, got {value!r:.80}"
        raise TypeError(msg)
    return int(np.int64(value))
