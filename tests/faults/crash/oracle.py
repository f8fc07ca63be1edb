"""Compares what was written with what came of it."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.faults.crash.shot_ledger import Shot
from tests.faults.crash.store_content import StoreContent

Expected = Mapping[str, tuple[str, str, float | None]]


@dataclass(frozen=True)
class Findings:
    """What is wrong, in lists that are empty when all is well.

    Attributes
    ----------
    lost : list of str
        Written, but neither judged nor a dead letter.
    doubled : list of str
        Answered more than once.
    unknown : list of str
        Answered, but never written.
    misplaced : list of str
        A dead letter where a verdict was due or the other way round, or for another reason.
    misjudged : list of str
        Another outcome, route or score than the pure function's.
    faults : list of str
        The database's own check.
    """

    written: int
    verdicts: int
    dead: int
    lost: list[str]
    doubled: list[str]
    unknown: list[str]
    misplaced: list[str]
    misjudged: list[str]
    faults: list[str]

    @property
    def all_well(self) -> bool:
        """Whether nothing at all is wrong."""
        wrong = (self.lost, self.doubled, self.unknown, self.misplaced, self.misjudged, self.faults)
        return not any(wrong)

    def __str__(self) -> str:
        parts = [f"{self.written} written, {self.verdicts} verdicts, {self.dead} dead letters"]
        for name in ("lost", "doubled", "unknown", "misplaced", "misjudged", "faults"):
            found = getattr(self, name)
            parts.append(f"{len(found)} {name}" + (f" ({', '.join(found[:3])} ...)" if found else ""))
        return "; ".join(parts)


def examine(written: Sequence[Shot], store: StoreContent, expected: Expected | None = None) -> Findings:
    """Compare the ledger with the store, and outcomes with `expected` where it is given."""
    answers = Counter(shot for shot, *_ in store.verdicts) + Counter(record for record, _ in store.dead)
    due = {shot.identifier: shot.dead for shot in written}
    dead = dict(store.dead)
    judged = {shot: tuple(rest) for shot, *rest in store.verdicts}
    return Findings(
        written=len(written),
        verdicts=len(store.verdicts),
        dead=len(store.dead),
        lost=[shot for shot in due if shot not in answers],
        doubled=[shot for shot, times in answers.items() if times > 1],
        unknown=[shot for shot in answers if shot not in due],
        misplaced=[shot for shot in due if shot in answers and dead.get(shot, "") != due[shot]],
        misjudged=[
            shot
            for shot, row in judged.items()
            if expected is not None and not _same(row, expected.get(shot))
        ],
        faults=list(store.faults),
    )


def _same(row: Sequence[object], other: Sequence[object] | None) -> bool:
    if other is None or tuple(row[:2]) != tuple(other[:2]):
        return False
    score, due = row[2], other[2]
    if not isinstance(score, float) or not isinstance(due, float):
        return score == due
    return math.isclose(score, due, rel_tol=1e-9)


def errors_without_reason(log: Path) -> list[str]:
    """Lines of level ERROR that do not say why; other lines, and torn ones, are passed."""
    found = []
    for text in log.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            line = json.loads(text)
        except ValueError:  # for people; or cut by the very limit on files that a trial set
            continue
        reason = line.get("problem") or line.get("error") or line.get("reason") or line.get("stack")
        if line.get("level") in ("error", "critical") and not reason:
            found.append(text)
    return found
