"""Tables of the verdict store; verdict columns are `core.verdict.VERDICT_FIELDS`."""

from __future__ import annotations

from sqlalchemy import (
    REAL,
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

from core.verdict import VERDICT_FIELDS, Kind

SCHEMA = 4
"""Number of this table layout; a higher one is refused, a lower one brought up
to it by `inference.store.migrations`, where every change of these tables needs a step."""

# SQLite's STRICT tables know only INTEGER, REAL, TEXT and BLOB.
_INTEGER = BigInteger().with_variant(Integer(), "sqlite")
_NUMBER: Double[float] = Double().with_variant(REAL(), "sqlite")
_TYPES: dict[Kind, BigInteger | Double[float] | Text] = {
    "text": Text(),
    "integer": _INTEGER,
    "number": _NUMBER,
    "time": _INTEGER,
    "json": Text(),
}

metadata = MetaData()

verdict = Table(
    "verdict",
    metadata,
    Column("seq", _INTEGER, Identity(), primary_key=True),
    Column("event_token", Text, nullable=False, unique=True),
    Column("judged_at", _INTEGER, nullable=False),
    *(Column(f.name, _TYPES[f.kind], nullable=f.nullable) for f in VERDICT_FIELDS),
    Column("record_id", Text),
    Column("content", _INTEGER),
    Column("origin", Text, nullable=False, server_default="stream"),
    # The API pages newest first within one of these; seq makes each page one index walk.
    Index("verdict_facility", "facility", "seq"),
    Index("verdict_item", "item", "seq"),
    Index("verdict_outcome", "outcome", "seq"),
    Index("verdict_lot", "lot", "seq"),
    Index("verdict_shot_time", "shot_time"),
    Index("verdict_shot_id", "shot_id"),
    sqlite_strict=True,
    # Without it SQLite would give a deleted row's number to the next one: cursors would lie.
    sqlite_autoincrement=True,
)
"""One row a verdict; `seq` counts them in the order they were written. `content` is the CRC-32 of
the record's bytes (NULL: written before it was kept), `origin` a `core.stream.Phase`."""

dead_letter = Table(
    "dead_letter",
    metadata,
    Column("seq", _INTEGER, Identity(), primary_key=True),
    Column("event_token", Text, nullable=False, unique=True),
    Column("record_id", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("raw_length", _INTEGER, nullable=False),
    Column("raw_sha256", Text, nullable=False),
    Column("first_seen", _INTEGER, nullable=False),
    Column("attempts", _INTEGER, nullable=False),
    Column("state", Text, CheckConstraint("state IN ('open', 'replayed', 'dismissed')"), nullable=False),
    Column("content", _INTEGER),
    Column("after_verdict", _INTEGER),
    Index("dead_letter_state", "state", "seq"),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)
"""Records without a verdict; `raw` is cut at 64 KiB, `raw_length`, `raw_sha256` and `content` are the
whole's. `after_verdict` is the verdict written last before: what came later of one record."""

position = Table(
    "position",
    metadata,
    Column("id", _INTEGER, CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
    Column("token_json", Text, nullable=False),
    Column("cluster_t", _INTEGER, nullable=False),
    Column("cluster_i", _INTEGER, nullable=False),
    Column("kind", Text, nullable=False),
    Column("source_id", Text, nullable=False),
    Column("epoch", _INTEGER, nullable=False),
    Column("updated", _INTEGER, nullable=False),
    sqlite_strict=True,
)
"""Where the stream stands: one row, written in the transaction of the verdicts it follows."""

fill_memory = Table(
    "fill_memory",
    metadata,
    Column("facility", Text, primary_key=True),
    Column("memory", Text, nullable=False),
    sqlite_strict=True,
)

gap = Table(
    "gap",
    metadata,
    Column("id", _INTEGER, Identity(), primary_key=True),
    Column("opened_at", _INTEGER, nullable=False),
    Column("closed_at", _INTEGER),
    Column("cause", Text, nullable=False),
    Column("from_t", _INTEGER, nullable=False),
    Column("from_i", _INTEGER, nullable=False),
    Column("to_t", _INTEGER, nullable=False),
    Column("to_i", _INTEGER, nullable=False),
    Column("seen", _INTEGER, nullable=False),
    Column("judged", _INTEGER, nullable=False),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)
"""Stretches of the stream that could not be read, from the server time reached to the time gone on
from; `seen` records were then compared with what was judged, `judged` of them were not yet."""

state_log = Table(
    "state_log",
    metadata,
    Column("seq", _INTEGER, Identity(), primary_key=True),
    Column("at", _INTEGER, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("code", _INTEGER),
    Column("reason", Text, nullable=False),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)
"""Every state the consumer entered, `core.stream.StateChange`; the oldest are dropped."""

audit = Table(
    "audit",
    metadata,
    Column("seq", _INTEGER, primary_key=True, autoincrement=False),
    Column("at", _INTEGER, nullable=False),
    Column("who", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("previous_sha", Text, nullable=False),
    Column("sha", Text, nullable=False),
    sqlite_strict=True,
)
"""What people did to the store; only ever added to, each row sealed by `inference.store.audit`."""

feedback = Table(
    "feedback",
    metadata,
    Column("id", _INTEGER, Identity(), primary_key=True),
    Column("event_token", Text, nullable=False),
    Column("shot_id", Text, nullable=False),
    Column(
        "judgement",
        Text,
        CheckConstraint("judgement IN ('confirm', 'false_alarm', 'unsure')"),
        nullable=False,
    ),
    Column("reason", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("at_ms", _INTEGER, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("model_version", Text, nullable=False),
    Index("feedback_shot_id", "shot_id", "id"),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)
"""What people said of verdicts, only ever added to; of a shot the newest counts. `outcome` and
`model_version` are those of the verdict `event_token`, which was looked at."""

threshold_choices = Table(
    "threshold_choices",
    metadata,
    Column("id", _INTEGER, Identity(), primary_key=True),
    Column("at_ms", _INTEGER, nullable=False),
    Column("who", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("rule", Text, nullable=False),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)
"""How the limit was chosen by people, only ever added to; the newest counts. `rule` is a JSON object,
an empty one gives the limit back to the profile."""

shadow_run = Table(
    "shadow_run",
    metadata,
    Column("run", _INTEGER, primary_key=True, autoincrement=False),
    Column("challenger", Text, nullable=False),
    Column("number", _INTEGER, nullable=False),
    Column("compared", _INTEGER, nullable=False),
    Column("skipped", _INTEGER, nullable=False),
    Column("state", Text, CheckConstraint("state IN ('running', 'dropped')"), nullable=False),
    Column("reason", Text, nullable=False),
    Column("updated", _INTEGER, nullable=False),
    sqlite_strict=True,
)
"""Trials of challengers, `core.beside.ShadowRun`; `number` is that of the account added last, so that
none is added twice."""

shadow = Table(
    "shadow",
    metadata,
    Column("run", _INTEGER, primary_key=True, autoincrement=False),
    Column("champion", Text, primary_key=True),
    Column("facility", Text, primary_key=True),
    Column("item", Text, primary_key=True),
    Column("cluster", _INTEGER, primary_key=True, autoincrement=False),
    Column("day", _INTEGER, primary_key=True, autoincrement=False),
    Column("neither", _INTEGER, nullable=False),
    Column("champion_alone", _INTEGER, nullable=False),
    Column("challenger_alone", _INTEGER, nullable=False),
    Column("both", _INTEGER, nullable=False),
    Column("shots", Text, nullable=False),
    sqlite_strict=True,
)
"""Shots of a trial by who flagged them, `core.beside.Tally`. `shots` are some that only one flagged: a
line each, the letter ``c`` (champion) or ``x`` (challenger) and the shot's identifier as JSON."""

drift = Table(
    "drift",
    metadata,
    Column("version", Text, primary_key=True),
    Column("model", _INTEGER, primary_key=True, autoincrement=False),
    Column("day", _INTEGER, primary_key=True, autoincrement=False),
    Column("shots", _INTEGER, nullable=False),
    Column("flagged", _INTEGER, nullable=False),
    Column("substituted", _INTEGER, nullable=False),
    Column("measured", LargeBinary, nullable=False),
    Column("updated", _INTEGER, nullable=False),
    sqlite_strict=True,
)
"""The last lots of every model, `core.beside.DriftLot`; older ones are dropped."""

store_identity = Table(
    "store_identity",
    metadata,
    Column("id", _INTEGER, CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
    Column("uuid", Text, nullable=False),
    Column("schema_number", _INTEGER, nullable=False),
    Column("created", _INTEGER, nullable=False),
    Column("epoch", _INTEGER, nullable=False),
    sqlite_strict=True,
)
"""Which store this is, its table layout, and the writer's epoch: each opening counts it up,
so that a writer that was replaced while it slept cannot write any more."""
