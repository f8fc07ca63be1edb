"""Page cursors: opaque to the client, stable while verdicts arrive."""

from __future__ import annotations

import base64
import binascii
import zlib


def encode_cursor(seq: int) -> str:
    """Cursor for the rows before `seq`.

    >>> decode_cursor(encode_cursor(1234))
    1234
    """
    body = f"v1.{seq}"
    signed = f"{body}.{zlib.crc32(body.encode('ascii')):08x}"
    return base64.urlsafe_b64encode(signed.encode("ascii")).decode("ascii").rstrip("=")


def decode_cursor(cursor: str) -> int:
    """The row number in a cursor.

    Raises
    ------
    ValueError
        It was not made by `encode_cursor`, or was changed on the way.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        body, _, check = (
            base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii").rpartition(".")
        )
        version, _, number = body.partition(".")
        seq = int(number)
    except (ValueError, binascii.Error):
        seq, version, check, body = -1, "", "", ""
    if version != "v1" or not 0 <= seq < 2**63 or check != f"{zlib.crc32(body.encode('ascii')):08x}":
        msg = "expected a cursor that an earlier page gave as `next_cursor`"
        raise ValueError(msg)
    return seq
