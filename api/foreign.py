"""Changes come from programs and from our own pages, never from a page of somebody else's.

A browser sends what it knows of us (a password it was given, and on loopback nothing is needed)
with any page's request. So what changes something has to have a JSON content type, which a
foreign page cannot send without asking first (and is refused then), and must not say that it
comes from elsewhere.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import HTTPException
from starlette.types import Scope


def refuse_foreign(scope: Scope) -> None:
    """Refuse a change that may have come from a foreign page.

    Raises
    ------
    HTTPException
        403 for a foreign origin, 415 for another content type than JSON.
    """
    headers = refuse_other_origin(scope)
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if kind != b"application/json":
        raise HTTPException(415, "expected Content-Type: application/json, also where there is no body")


def refuse_other_origin(scope: Scope) -> dict[bytes, bytes]:
    """Refuse what a foreign page asks for, websockets too, which a browser opens to anywhere.

    Returns
    -------
    dict
        The headers, of one given twice the first.

    Raises
    ------
    HTTPException
        403.
    """
    headers: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if headers.setdefault(name, value) != value and name in (b"origin", b"host"):
            raise HTTPException(403, f"expected one {name.decode()} header, got two")
    site = headers.get(b"sec-fetch-site", b"none")
    if site not in (b"none", b"same-origin"):
        raise HTTPException(403, "expected a request of our own pages or of a program, got another page's")
    origin = headers.get(b"origin")
    if origin is not None and not _same(origin, headers.get(b"host", b"")):
        raise HTTPException(403, "expected a request of our own pages or of a program, got another origin's")
    return headers


def _same(origin: bytes, host: bytes) -> bool:
    """Whether an Origin names the host that was asked; its scheme a proxy may have changed."""
    try:
        return bool(host) and urlsplit(origin.decode("ascii")).netloc.lower() == host.decode("ascii").lower()
    except ValueError:
        return False
