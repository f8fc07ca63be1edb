"""What of nested documents a profile can name, and what it cannot."""

from __future__ import annotations

from typing import Any

import pandas as pd


def flat_document(document: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Values by dotted path; an empty object is no value.

    What stands under a name that is empty or has a dot in it, no path leads to: it is wrapped, as
    if it were an array.

    >>> flat_document({"_id": 1, "set": {"hold_time": 2.5}, "tags": []})
    {'_id': 1, 'set.hold_time': 2.5, 'tags': []}
    """
    flat: dict[str, Any] = {}
    for key, value in document.items():
        if isinstance(value, dict) and key and "." not in key:
            flat |= flat_document(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value if key and "." not in key else (value,)
    return flat


def without_lists(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The table without columns of arrays and objects, and a note that names them."""
    objects = frame.select_dtypes(include="object").columns
    lists = [
        str(c) for c in objects if frame[c].map(lambda v: isinstance(v, list | dict | tuple | bytes)).any()
    ]
    if not lists:
        return frame, []
    shown = ", ".join(lists[:12]) + (f" and {len(lists) - 12} more" if len(lists) > 12 else "")
    note = f"not read, since they are arrays, objects, binary data or under a name with a dot: {shown}"
    return frame.drop(columns=lists), [note]
