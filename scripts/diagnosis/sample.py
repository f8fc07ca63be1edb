"""A sample of documents, read as the service reads them, against the profile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import numpy as np

from core.batch import NO_TIME, Batch
from core.profile import Profile
from core.stream import Event
from ingest.document import Decoded, DocumentDecoder
from scripts.diagnosis.finding import Finding, note, ok, problem, warning

_MOST_NAMED = 6
_AHEAD_S = 3600.0


def about_sample(documents: Sequence[bytes], profile: Profile, now: float) -> Iterator[Finding]:
    """Refused documents, missing fields, unknown fields, the newest time.

    Parameters
    ----------
    documents : sequence of bytes
        BSON, at least one.
    profile : Profile
    now : float
        Seconds since 1970 UTC.
    """
    events = [Event(str(i), str(i), "insert", document) for i, document in enumerate(documents)]
    decoded = DocumentDecoder(profile).decode(events)
    yield readable(decoded, len(documents))
    rows = len(decoded.batch.ids)
    if rows:
        yield fields(missing(decoded.batch, profile), rows)
        yield newest(decoded.batch, now)
    if decoded.unknown_fields:
        known = Counter(decoded.unknown_fields).most_common(_MOST_NAMED)
        more = ", ..." if len(decoded.unknown_fields) > _MOST_NAMED else ""
        listed = ", ".join(f"{name} in {n}" for name, n in known)
        yield note("unknown fields", f"{listed}{more}: not in the profile, not used")


def readable(decoded: Decoded, count: int) -> Finding:
    """How many of the documents would get no verdict, and why."""
    dead = decoded.dead_letters
    if not dead:
        return ok("documents", f"the newest {count} can be read")
    reasons = ", ".join(f"{reason} {n}" for reason, n in Counter(d.reason for d in dead).most_common(4))
    make = problem if len(dead) == count else warning
    return make(
        "documents",
        expected="documents that fit the profile",
        found=f"{len(dead)} of the newest {count} would get no verdict ({reasons}); e.g. {dead[0].detail}",
        advice="correct the profile's paths, or whoever writes these documents",
    )


def missing(batch: Batch, profile: Profile) -> dict[str, int]:
    """Field (its path where that differs) -> in how many rows it is not there."""
    counts: dict[str, int] = {}
    for variables, table in ((profile.settings, batch.settings), (profile.production, batch.production)):
        absent = np.isnan(table).sum(axis=0).tolist()
        counts |= {".".join(v.path): n for v, n in zip(variables, absent, strict=True)}
    counts[".".join(profile.time.path)] = int((batch.time == NO_TIME).sum())
    for field, column in ((profile.maker, batch.maker), (profile.item, batch.item)):
        counts[".".join(field.path)] = sum(value is None for value in column)
    for field, totals in ((profile.lot.good, batch.lot_good), (profile.lot.bad, batch.lot_bad)):
        counts[".".join(field.path)] = int(np.isnan(totals).sum())
    return {name: n for name, n in counts.items() if n}


def fields(absent: dict[str, int], rows: int) -> Finding:
    """Whether the profile's fields are filled."""
    if not absent:
        return ok("fields", f"every field of the profile in each of {rows} documents")
    worst = sorted(absent.items(), key=lambda pair: -pair[1])
    listed = ", ".join(f"{name} in {n}" for name, n in worst[:_MOST_NAMED])
    said = f"of {rows} documents missing: {listed}{', ...' if len(worst) > _MOST_NAMED else ''}"
    never = [name for name, n in worst if n == rows]
    if not never:
        return note("fields", said, "such values are filled from earlier shots, and verdicts say so")
    return warning(
        "fields",
        expected="the profile's fields in the documents",
        found=said,
        advice=f"{len(never)} never came: correct their path in the profile, or the sender",
    )


def newest(batch: Batch, now: float) -> Finding:
    """How old the newest shot is."""
    times = batch.time[batch.time != NO_TIME]
    if not times.size:
        return note("newest shot", "no document of the sample has a time")
    latest = int(times.max()) / 1000
    said = f"{datetime.fromtimestamp(latest, UTC):%Y-%m-%d %H:%M:%S} UTC"
    if latest > now + _AHEAD_S:
        return warning(
            "newest shot",
            expected="a time in the past",
            found=f"{said}, {(latest - now) / 3600:,.1f} hours ahead",
            advice="let the presses send UTC or a time with its offset: local time without one counts as UTC",
        )
    return ok("newest shot", f"{said}, {max(now - latest, 0) / 3600:,.1f} hours ago")
