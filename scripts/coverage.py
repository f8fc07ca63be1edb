"""``./sprue coverage``: where a model of its own judges, where not, and what is missing there."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from typing import Annotated, Any

import typer

from api.coverage_words import backing_text, counted, missing_text
from api.words import say
from core.config import Config, load_config
from core.errors import StoreUnavailable
from core.profile import Profile
from core.profile_file import load_profile
from inference.coverage import STATUSES, Cell, cells, history_end, trained_at
from inference.live_counts import Live
from inference.store.reader import VerdictReader
from models.registry import Registry
from scripts.home import say_home
from scripts.known_groups import refuse_unknown
from scripts.listing import print_rows
from scripts.options import Home, ProfileName

_THOUSANDS = re.compile(r"(?<=\d)\u202f(?=\d)")
_NAMES = (
    "facility",
    "item",
    "setting",
    "status",
    "without own model",
    "live",
    "missing",
    "judged by",
    "shots",
)


def coverage(
    home: Home = None,
    profile: ProfileName = None,
    maker: Annotated[str | None, typer.Option(help="Only this maker.")] = None,
    facility: Annotated[str | None, typer.Option(help="Only this press.")] = None,
    item: Annotated[str | None, typer.Option(help="Only this item.")] = None,
    status: Annotated[str | None, typer.Option(help=f"Only this status: {', '.join(STATUSES)}.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say where a model of its own judges, where not, and what is missing there.

    Joins the version that judges with the newest million verdicts of the store. The groups
    with most recent shots without a model of their own come first.
    """
    if status is not None and status not in STATUSES:
        raise typer.BadParameter(
            f"expected one of {', '.join(STATUSES)}, got {status!r}", param_hint="--status"
        )
    config = load_config(home=home, profile=profile)
    say_home(config)
    process = load_profile(config.profile)
    plant, about = Registry(config.registry).load()
    live = _live(config, history_end(plant))
    found = cells(plant, live.counts if live else (), process)
    given = {"maker": maker, "facility": facility, "item": item}
    wanted = {name: value for name, value in given.items() if value is not None}
    refuse_unknown(wanted, [cell.key for cell in found])
    kept = [
        cell
        for cell in found
        if all(value == getattr(cell.key, name) for name, value in wanted.items())
        and status in (None, cell.status)
    ]
    if as_json:
        summary = {
            "version": about.version,
            "trained_at": trained_at(about.version),
            "groups": Counter(cell.status for cell in found),
            "verdicts": live.last - live.first + 1 if live and live.last else 0,
            "coverage": [_plain(cell, process) for cell in kept],
        }
        print(json.dumps(summary, ensure_ascii=False), flush=True)
        return
    print_rows(_NAMES, [_row(cell, process) for cell in kept])
    numbers = Counter(cell.status for cell in found)
    said = ", ".join(f"{numbers[s]} {say('covered', s, 'en').lower()}" for s in STATUSES if numbers[s])
    blind = sum(cell.blind for cell in found)
    counted_of = counted(live.last - live.first + 1) if live and live.last else "no"
    without = f"{counted(blind)} of {counted_of} verdicts without a model of their own"
    print(f"version {about.version}: {said or 'no records yet'}; {_readable(without)}")


def _live(config: Config, later_than: int) -> Live | None:
    """Recent verdicts; None where there are none yet."""
    reader = VerdictReader(config.resolved_store_url)
    try:
        return reader.live(later_than)
    except StoreUnavailable as error:
        typer.echo(f"live shots are not counted: {error}", err=True)
        return None
    finally:
        reader.close()


def _row(cell: Cell, profile: Profile) -> list[str]:
    shots = counted(cell.history.rows) if cell.history else "0"
    setting = "-" if cell.key.cluster is None else str(cell.key.cluster)
    return [
        cell.key.facility, cell.key.item or "-", setting, say("covered", cell.status, "en"),
        *map(_readable, (counted(cell.blind), counted(cell.live_shots), missing_text(cell, profile, "en"))),
        backing_text(cell, "en"), _readable(shots),
    ]  # fmt: skip


def _readable(text: str) -> str:
    """Counts without spaces between thousands where a program reads them."""
    return text if sys.stdout.isatty() else _THOUSANDS.sub("", text)


def _plain(cell: Cell, profile: Profile) -> dict[str, Any]:
    history, substitute = cell.history, cell.stand_in.substitute
    return {
        **cell.key._asdict(),
        "status": cell.status,
        "missing": cell.missing.lack,
        "missing_shots": cell.missing.shots,
        "missing_text": missing_text(cell, profile, "en"),
        "route": cell.stand_in.route,
        "substitute": None if substitute is None else "|".join(map(str, substitute[1:])),
        "distance": cell.stand_in.distance,
        "rows": history.rows if history else 0,
        "lots": history.lots if history else 0,
        "kind": history.kind if history else None,
        "reason": history.reason if history else "",
        "last": cell.last,
        "live": cell.live_shots,
        "blind": cell.blind,
        "live_ng": cell.live_ng,
        "live_since_history": cell.live_later,
    }
