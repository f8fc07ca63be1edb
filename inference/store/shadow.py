"""What challengers would have judged: accounts that are added up, each exactly once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, case, delete, func, select, update

from core.beside import Cell, ShadowAccount, ShadowRun, Tally
from inference.store.reading import StoreReading
from inference.store.rows import safe_key, safe_text
from inference.store.tables import shadow, shadow_run
from inference.store.upsert import upserting

MOST_RUNS = 5
"""Trials kept; a new one puts out the oldest."""
MOST_DAYS = 400
"""Days of a trial that are kept."""
ACCOUNTS_BETWEEN = 1_000
"""Accounts after which days too many are looked for."""
MOST_SHOTS = 2_000
"""Letters after which no more shots of a cell are kept."""
_LETTERS = {"c": "champion_shots", "x": "challenger_shots"}

Cells = Mapping[Cell, Tally]


def add_account(connection: Connection, account: ShadowAccount, now: int) -> None:
    """Add an account to its run, unless it was added before.

    Parameters
    ----------
    connection : Connection
        In a transaction of the writer.
    account : ShadowAccount
    now : int
        ms since 1970 UTC.
    """
    if _begin(connection, account, now):
        before = 0
    else:
        known = select(shadow_run.c.number).where(shadow_run.c.run == account.run)
        before = connection.scalar(known) or 0
    if account.number <= before:
        return
    connection.execute(
        update(shadow_run)
        .where(shadow_run.c.run == account.run)
        .values(
            number=account.number,
            compared=shadow_run.c.compared + account.compared,
            skipped=shadow_run.c.skipped + account.skipped,
            state=account.state,
            reason=safe_text(account.reason),
            updated=now,
        )
    )
    # Two names may become one by what is left out of them; a statement takes each but once.
    for cell, tally in (account.tallies or {}).items():
        connection.execute(_adding(connection), _row(account.run, cell, tally))
    if account.number % ACCOUNTS_BETWEEN == 0:
        _drop_old(connection, account.run)


def stored_run(connection: Connection, run: int) -> ShadowRun | None:
    """A run as it stands, None where nothing was written of it."""
    row = connection.execute(select(shadow_run).where(shadow_run.c.run == run)).one_or_none()
    return None if row is None else ShadowRun(**row._mapping)


class ShadowReader(StoreReading):
    """Reads what challengers would have judged."""

    def shadow_run(self, run: int) -> ShadowRun | None:
        """A run, None where nothing was written of it."""
        with self._reading() as connection:
            return stored_run(connection, run)

    def shadow_cells(self, run: int) -> Cells:
        """A run's shots by who flagged them."""
        query = select(shadow).where(shadow.c.run == run).order_by(*shadow.primary_key.columns)
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return {_cell(row): _tally(row) for row in rows}


def _begin(connection: Connection, account: ShadowAccount, now: int) -> bool:
    """Make the run's row where there is none; whether it was made."""
    there = connection.scalar(select(shadow_run.c.run).where(shadow_run.c.run == account.run))
    if there is not None:
        return False
    row = {"run": account.run, "challenger": account.challenger, "number": 0, "compared": 0, "skipped": 0}
    connection.execute(shadow_run.insert(), row | {"state": "running", "reason": "", "updated": now})
    kept = select(shadow_run.c.run).order_by(shadow_run.c.run.desc()).limit(MOST_RUNS)
    old = connection.scalars(select(shadow_run.c.run).where(shadow_run.c.run.not_in(kept))).all()
    for table in (shadow, shadow_run):
        connection.execute(delete(table).where(table.c.run.in_(old)))
    return True


def _drop_old(connection: Connection, run: int) -> None:
    mine = shadow.c.run == run
    newest = connection.scalar(select(func.max(shadow.c.day)).where(mine)) or 0
    connection.execute(delete(shadow).where(mine, shadow.c.day.between(0, newest - MOST_DAYS)))


def _adding(connection: Connection) -> Any:
    """Insert a row, or add its counts to the one that is there."""
    statement = upserting(connection, shadow)
    given = statement.excluded
    counts = ("neither", "champion_alone", "challenger_alone", "both")
    return statement.on_conflict_do_update(
        index_elements=list(shadow.primary_key.columns),
        set_={name: shadow.c[name] + given[name] for name in counts}
        | {
            "shots": case(
                (func.length(shadow.c.shots) < MOST_SHOTS, shadow.c.shots + given.shots),
                else_=shadow.c.shots,
            )
        },
    )


def _row(run: int, cell: Cell, tally: Tally) -> dict[str, Any]:
    lines = [
        f"{letter}{json.dumps(safe_key(shot))}\n"
        for letter, name in _LETTERS.items()
        for shot in getattr(tally, name)
    ]
    return {
        "run": run,
        "champion": safe_key(cell.champion),
        "facility": safe_key(cell.facility),
        "item": safe_key(cell.item),
        "cluster": cell.cluster,
        "day": cell.day,
        "neither": tally.neither,
        "champion_alone": tally.champion,
        "challenger_alone": tally.challenger,
        "both": tally.both,
        "shots": "".join(lines),
    }


def _cell(row: Any) -> Cell:
    return Cell(row.champion, row.facility, row.item, row.cluster, row.day)


def _tally(row: Any) -> Tally:
    lines: Sequence[str] = row.shots.splitlines()
    shots = {
        name: tuple(json.loads(line[1:]) for line in lines if line.startswith(letter))
        for letter, name in _LETTERS.items()
    }
    return Tally(row.neither, row.champion_alone, row.challenger_alone, row.both, **shots)
