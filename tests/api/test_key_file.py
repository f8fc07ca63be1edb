from __future__ import annotations

import hashlib
import json
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.key_file import add_key, read_keys, revoke_key
from core.errors import ConfigError

NOW = 1_795_176_000_000
DAY_MS = 86_400_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "home" / "keys.json"


def test_a_key_has_256_bits_and_only_its_hash_is_kept(file: Path) -> None:
    made = add_key(file, "line 3", "operator", NOW, days=30)

    prefix, identifier, secret = made.split("_")
    (stored,) = read_keys(file)
    assert (prefix, stored.id, stored.name, stored.role) == ("sprue", identifier, "line 3", "operator")
    assert len(bytes.fromhex(secret)) == 32
    assert stored.sha256 == hashlib.sha256(secret.encode()).hexdigest()
    assert (stored.created, stored.expires) == ("2026-11-20T12:00:00.000Z", "2026-12-20T12:00:00.000Z")
    assert secret not in "".join(p.read_text(encoding="utf-8") for p in file.parent.iterdir())


def test_two_keys_are_never_alike(file: Path) -> None:
    assert len({add_key(file, f"n{i}", "viewer", NOW) for i in range(20)}) == 20


@pytest.mark.skipif(os.name != "posix", reason="platform: modes are POSIX's")
def test_the_file_is_its_owners_alone_from_the_first_moment(file: Path) -> None:
    before = os.umask(0)
    try:
        add_key(file, "a", "viewer", NOW)
        add_key(file, "b", "viewer", NOW)
    finally:
        os.umask(before)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_key_holds_until_it_expires_or_is_revoked(file: Path) -> None:
    add_key(file, "a", "viewer", NOW, days=1)
    (key,) = read_keys(file)

    assert key.holds(NOW)
    assert key.holds(NOW + DAY_MS - 1)
    assert not key.holds(NOW + DAY_MS)
    revoke_key(file, "a", NOW)
    assert not read_keys(file)[0].holds(NOW)


@pytest.mark.parametrize("by", ["name", "id"])
def test_a_key_is_revoked_by_name_or_id_and_its_name_is_free_again(file: Path, by: str) -> None:
    add_key(file, "a", "viewer", NOW)
    (before,) = read_keys(file)

    revoke_key(file, getattr(before, by), NOW)
    add_key(file, "a", "admin", NOW)

    assert [(k.role, k.holds(NOW)) for k in read_keys(file)] == [("viewer", False), ("admin", True)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("", "viewer", NOW), "name: expected"),
        (("a\nb", "viewer", NOW), "name: expected"),
        (("x" * 65, "viewer", NOW), "name: expected"),
        (("a", "root", NOW), "role: expected one of viewer, operator, admin, got 'root'"),
        (("a", "anyone", NOW), "role: expected one of"),
        (("a", "viewer", NOW, 0), "days: expected at least 1"),
        (("a", "viewer", NOW, 10**9), "days: expected at least 1 and no date beyond the calendar"),
        (("taken", "viewer", NOW), "'taken' has a key already"),
    ],
    ids=range(8),
)
def test_what_is_no_key_is_not_stored(file: Path, arguments: tuple[Any, ...], said: str) -> None:
    add_key(file, "taken", "admin", NOW)

    with pytest.raises(ConfigError, match=said):
        add_key(file, *arguments)
    assert len(read_keys(file)) == 1


def test_revoking_what_is_no_key_names_those_that_are(file: Path) -> None:
    add_key(file, "한글", "viewer", NOW)

    with pytest.raises(ConfigError, match="got 'nobody'; there are: '한글'"):
        revoke_key(file, "nobody", NOW)


def _entry(**other: Any) -> dict[str, Any]:
    good = {"id": "0123abcd", "name": "a", "role": "viewer", "sha256": "0" * 64}
    return good | {"created": "2026-11-20T12:00:00Z", "expires": None, "revoked": None} | other


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "no JSON"),
        ("\0" * 50, "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "no list of keys of version 1"),
        ('{"version": 2, "keys": []}', "no list of keys of version 1"),
        ('{"version": 1, "keys": {}}', "no list of keys of version 1"),
        ([1], "key 0: expected the fields"),
        ([_entry(), _entry(id="0123abce", more=1)], "key 1: expected the fields"),
        ([_entry(role="anyone")], "role: expected one of"),
        ([_entry(role="Admin")], "role: expected one of"),
        ([_entry(role=["admin"])], "expected text in every field"),
        ([_entry(sha256="")], "sha256: expected 64"),
        ([_entry(id="ZZZZZZZZ")], "id: expected 8"),
        ([_entry(expires="tomorrow")], "expires: expected a time"),
        ([_entry(expires=5)], "expires: expected a time"),
        ([_entry(revoked=False)], "revoked: expected a time"),
        ([_entry(), _entry()], "two keys of one id"),
        (" " * 1_000_001, "more than 1000000 bytes"),
    ],
    ids=range(18),
)
def test_a_damaged_file_is_an_error_that_says_why_never_a_file_without_keys(
    file: Path, content: Any, said: str
) -> None:
    file.parent.mkdir()
    text = content if isinstance(content, str) else json.dumps({"version": 1, "keys": content})
    file.write_text(text, encoding="utf-8")

    with pytest.raises(ConfigError, match=rf"keys\.json: expected a file of keys, got .*{said}"):
        read_keys(file)
    with pytest.raises(ConfigError, match="expected a file of keys"):
        add_key(file, "a", "viewer", NOW)
    assert file.read_text(encoding="utf-8") == text


def test_a_folder_in_its_place_is_an_error(file: Path) -> None:
    file.mkdir(parents=True)

    with pytest.raises(ConfigError, match="expected a file of keys"):
        read_keys(file)


def test_keys_added_at_once_are_all_kept(file: Path) -> None:
    def add(number: int) -> Callable[[], object]:
        return lambda: add_key(file, f"n{number}", "viewer", NOW)

    threads = [threading.Thread(target=add(number)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {key.name for key in read_keys(file)} == {f"n{number}" for number in range(8)}
