"""The keys of the API on disk: who, which role, until when, and the SHA-256 of the secret.

A key is ``sprue_<id>_<secret>``, the secret 256 random bits. So much chance needs no slow hash:
nobody can try 2**256 of them, whatever a try costs.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from api.roles import ROLES, Role
from api.times import from_rfc3339, to_rfc3339
from core.errors import ConfigError

PREFIX = "sprue_"
ID_LENGTH, SECRET_LENGTH = 8, 64  # hexadecimal digits
MOST_BYTES = 1_000_000
_NAME = re.compile(r"[^\W_][\w .@-]{0,63}")
_LOCK_SECONDS = 10


@dataclass(frozen=True, slots=True)
class StoredKey:
    """One key as it is stored; times are RFC 3339 in UTC.

    Attributes
    ----------
    id, name : str
        Its number and whose it is; both unique among the keys that hold.
    role : {"viewer", "operator", "admin"}
    sha256 : str
        Of the secret, as hex.
    created : str
    expires, revoked : str or None
        From then on it counts no more.
    """

    id: str
    name: str
    role: Role
    sha256: str
    created: str
    expires: str | None
    revoked: str | None

    def holds(self, now: int) -> bool:
        """Whether it counts at `now`, ms since 1970 UTC."""
        return self.revoked is None and (self.expires is None or now < from_rfc3339(self.expires))


def read_keys(file: Path) -> list[StoredKey]:
    """Every key of the file; none where there is no file.

    Raises
    ------
    ConfigError
        The file is damaged or cannot be read: nobody may be let in by it.
    """
    try:
        with file.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _damaged(file, error.strerror or type(error).__name__) from None
    if len(content) > MOST_BYTES:
        raise _damaged(file, f"more than {MOST_BYTES} bytes")
    try:
        found = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        raise _damaged(file, "no JSON") from None
    if not isinstance(found, dict) or found.get("version") != 1 or not isinstance(found.get("keys"), list):
        raise _damaged(file, "no list of keys of version 1")
    keys = []
    for number, entry in enumerate(found["keys"]):
        problem = _wrong(entry)
        if problem:
            raise _damaged(file, f"key {number}: {problem}")
        keys.append(StoredKey(**entry))
    if len({key.id for key in keys}) != len(keys):
        raise _damaged(file, "two keys of one id")
    return keys


def add_key(file: Path, name: str, role: str, now: int, days: int | None = None) -> str:
    """Make a key and store what proves it; the key itself, which nobody can read again.

    Parameters
    ----------
    file : Path
    name : str
        Whose it is: letters, digits and ``_ . @ -``, at most 64.
    role : {"viewer", "operator", "admin"}
    now : int
        Ms since 1970 UTC.
    days : int, optional
        It counts so long; for ever when None.

    Raises
    ------
    ConfigError
        Name or role are none, or the name is another key's that still holds.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(f"name: expected 1 to 64 letters, digits or _ . @ - and spaces, got {name!r}")
    if role not in ROLES:
        raise ConfigError(f"role: expected one of {', '.join(ROLES)}, got {role!r}")
    expires = None if days is None else to_rfc3339(now + days * 86_400_000)
    if days is not None and (days < 1 or expires is None):
        raise ConfigError(f"days: expected at least 1 and no date beyond the calendar, got {days}")
    with _changing(file) as keys:
        if any(key.name == name and key.holds(now) for key in keys):
            raise ConfigError(f"name: {name!r} has a key already; revoke it first, or choose another name")
        taken = {key.id for key in keys}
        identifier = next(i for i in iter(lambda: secrets.token_hex(ID_LENGTH // 2), "") if i not in taken)
        secret = secrets.token_hex(SECRET_LENGTH // 2)
        digest = hashlib.sha256(secret.encode()).hexdigest()
        created = to_rfc3339(now) or ""
        keys.append(StoredKey(identifier, name, role, digest, created, expires, None))
    return f"{PREFIX}{identifier}_{secret}"


def revoke_key(file: Path, name_or_id: str, now: int) -> list[StoredKey]:
    """Make a key count no more, at once; with it expired ones of the same name.

    Raises
    ------
    ConfigError
        No key that holds has this name or id.
    """
    with _changing(file) as keys:
        meant = [i for i, k in enumerate(keys) if name_or_id in (k.id, k.name) and k.revoked is None]
        if not meant:
            names = ", ".join(repr(key.name) for key in keys if key.revoked is None)
            msg = f"expected name or id of a key, got {name_or_id!r}; there are: {names or 'none'}"
            raise ConfigError(msg)
        for place in meant:
            keys[place] = replace(keys[place], revoked=to_rfc3339(now))
        return [keys[place] for place in meant]


@contextmanager
def _changing(file: Path) -> Iterator[list[StoredKey]]:
    """The keys, written back when the block ends well; one process at a time."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(file.with_name(file.name + ".lock"), timeout=_LOCK_SECONDS):
            keys = read_keys(file)
            before = list(keys)
            yield keys
            if keys != before:
                _write(file, keys)
    except Timeout:
        raise ConfigError(f"{file}: another process is changing the keys; try again") from None


def _write(file: Path, keys: list[StoredKey]) -> None:
    content = json.dumps({"version": 1, "keys": [asdict(key) for key in keys]}, indent=1, ensure_ascii=False)
    temporary = file.with_name(f".{file.name}.tmp")
    temporary.unlink(missing_ok=True)
    # Made unreadable to others, not made so afterwards.
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "wb") as out:
        out.write(content.encode("utf-8"))
        out.flush()
        os.fsync(out.fileno())
    os.replace(temporary, file)
    if os.name == "posix":  # Windows cannot open a folder to flush it
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _wrong(entry: Any) -> str:
    """What keeps an entry from being a key; empty when nothing does."""
    names = {field.name for field in fields(StoredKey)}
    if not isinstance(entry, dict) or set(entry) != names:
        return f"expected the fields {', '.join(sorted(names))}"
    texts = {name: value for name, value in entry.items() if name not in ("expires", "revoked")}
    if not all(isinstance(value, str) for value in texts.values()):
        return "expected text in every field"
    if not re.fullmatch(f"[0-9a-f]{{{ID_LENGTH}}}", entry["id"]):
        return f"id: expected {ID_LENGTH} hexadecimal digits"
    if not re.fullmatch("[0-9a-f]{64}", entry["sha256"]):
        return "sha256: expected 64 hexadecimal digits"
    if entry["role"] not in ROLES:
        return f"role: expected one of {', '.join(ROLES)}"
    for name in ("created", "expires", "revoked"):
        try:
            if entry[name] is not None:
                from_rfc3339(entry[name])
        except (ValueError, TypeError, AttributeError):
            return f"{name}: expected a time like 2026-11-20T08:00:00Z"
    return ""


def _damaged(file: Path, why: str) -> ConfigError:
    return ConfigError(
        f"{file}: expected a file of keys, got {why}; restore it, or delete it and add new keys"
    )
