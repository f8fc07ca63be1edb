"""``./sprue key``: who may use the REST API, and until when."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from api.key_file import StoredKey, add_key, read_keys, revoke_key
from core.config import load_config
from core.errors import ConfigError
from inference.store.sink import now_ms
from scripts.home import say_home
from scripts.listing import print_rows
from scripts.options import Home


class Action(StrEnum):
    """What to do with keys."""

    add = "add"
    list = "list"
    revoke = "revoke"


What = Annotated[Action, typer.Argument(help="What to do.")]
Name = Annotated[str | None, typer.Argument(help="Whose key; revoke takes its id, too.")]
RoleName = Annotated[str | None, typer.Option("--role", help="add: viewer, operator or admin.")]
Days = Annotated[int | None, typer.Option(min=1, help="add: it counts so many days; default: for ever.")]
Json = Annotated[bool, typer.Option("--json", help="list: one JSON object on standard output.")]


def key(
    action: What,
    name: Name = None,
    role: RoleName = None,
    days: Days = None,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Add, list and revoke keys of the REST API (SPRUE_HOME/keys.json).

    `key add NAME --role ROLE` prints a new key, this once: only its SHA-256 is kept. A viewer
    reads, an operator also changes what is judged again, an admin may all. A running
    service takes changes within a second. Programs send a key as X-API-Key; browsers ask for
    it as password, the user name does not matter.
    """
    config = load_config(home=home)
    say_home(config)
    file = config.keys_file
    if action is Action.list:
        _refuse(action, {"NAME": name, "--role": role, "--days": days})
        _list(read_keys(file), as_json)
        return
    _refuse(action, {"--json": as_json or None})
    if name is None:
        raise ConfigError(f"key {action}: expected a name, got none")
    if action is Action.revoke:
        _refuse(action, {"--role": role, "--days": days})
        for one in revoke_key(file, name, now_ms()):
            _say(f"revoked {one.id} ({one.name}, {one.role})")
        return
    if role is None:
        raise ConfigError("key add: expected --role viewer, operator or admin, got none")
    made = add_key(file, name, role, now_ms(), days)
    _say(f"the key of {name} ({role}); it is shown this once and cannot be read again:")
    print(made)


def _list(keys: list[StoredKey], as_json: bool) -> None:
    rows = []
    for one in keys:
        row = asdict(one)
        del row["sha256"]
        rows.append(row | {"holds": one.holds(now_ms())})
    if as_json:
        print(json.dumps({"keys": rows}, ensure_ascii=False))
        return
    names = ("id", "name", "role", "holds", "created", "expires", "revoked")
    shown = [row | {"holds": "yes" if row["holds"] else "no"} for row in rows]
    print_rows(names, [["–" if row[name] is None else str(row[name]) for name in names] for row in shown])


def _refuse(action: Action, given: dict[str, object]) -> None:
    """A flag that is ignored answers a question nobody asked."""
    for name, value in given.items():
        if value is not None:
            raise ConfigError(f"key {action}: takes no {name}, got {value!r}")


def _say(text: str) -> None:
    print(text, file=sys.stderr)
