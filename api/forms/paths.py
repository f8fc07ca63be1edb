"""Which paths are the forms': their pages, their assets, their websocket, their uploads."""

from __future__ import annotations

import re
from typing import Final, Literal

PAGES: Final = ("/predict",)
"""Each a page of its own."""
ASSETS: Final = "/_nicegui/"
SOCKET: Final = "/_nicegui_ws/"
UPLOAD_LIMIT: Final = 5_000_000
"""Bytes of a file given to a form; it is read in memory and never written."""

_UPLOAD = re.compile(r"/_nicegui/client/[0-9a-f-]{36}/upload/\d{1,9}")

Part = Literal["page", "asset", "upload"]


def part_of(path: str) -> Part | None:
    """Which part of the forms a path asks for by HTTP; None: it is not theirs.

    >>> part_of("/predict"), part_of("/_nicegui/3.18.0/static/nicegui.js"), part_of("/predicted")
    ('page', 'asset', None)
    >>> part_of("/_nicegui/client/0f3c1a52-7a52-4be5-9d4a-1f1e1c0b9a77/upload/12")
    'upload'
    """
    if path in PAGES:
        return "page"
    if not path.startswith(ASSETS):
        return None
    return "upload" if _UPLOAD.fullmatch(path) else "asset"


def is_socket(path: str) -> bool:
    """Whether a path is that of the forms' websocket."""
    return path.startswith(SOCKET)
