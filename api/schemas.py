"""What the API answers, field by field; verdict fields come from `core.verdict.VERDICT_FIELDS`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from core.verdict import OUTCOMES, ROUTES, VERDICT_FIELDS, Kind

Json = dict[str, Any] | list[Any]

_EXAMPLES: dict[str, Any] = {
    "shot_id": "673d1f0aa7b2c3d4e5f60718",
    "shot_time": "2026-11-20T08:15:30.250Z",
    "maker": "A",
    "facility": "A-03",
    "item": "cap-28",
    "lot": "A-03|cap-28|2026-11-20",
    "cluster": 2,
    "route": "trained",
    "substitute": None,
    "distance": None,
    "model_kind": "memae",
    "model_version": "20261119T230000Z",
    "anomaly_score": 0.0871,
    "scaled_score": 1.0,
    "base": 0.0642,
    "weight": 0.21,
    "tolerance": 0.0135,
    "margin": -0.0094,
    "outcome": "NG",
    "reasons": [
        {
            "variable": "cushion_stroke",
            "value": 1.2,
            "low": 4.1,
            "high": 5.3,
            "direction": "low",
            "contribution": 0.71,
            "effect": 0.0318,
            "evidence": "score",
            "measured": {"cushion_stroke": 1.2, "cycle_time": 41.3},
            "effects": {"cushion_stroke": 365, "cycle_time": -5},
        }
    ],
    "filled": {"mold_temperature_2": "forward"},
    "flags": ["range_violation"],
}
_PYTHON: dict[Kind, Any] = {"text": str, "integer": int, "number": float, "time": str, "json": Json}
_CHOICES: dict[str, Any] = {"outcome": Literal[OUTCOMES], "route": Literal[ROUTES]}


def _verdict_fields() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in VERDICT_FIELDS:
        kind = _CHOICES.get(field.name, _PYTHON[field.kind])
        description = field.description.replace("ms since 1970 UTC", "RFC 3339 in UTC")
        extra: dict[str, Any] = {"format": "date-time"} if field.kind == "time" else {}
        found[field.name] = (
            kind | None if field.nullable else kind,
            Field(description=description, examples=[_EXAMPLES[field.name]], json_schema_extra=extra),
        )
    return found


class Sentence(BaseModel):
    """One reason in words."""

    variable: str | None = Field(description="Name of the variable.", examples=["cushion_stroke"])
    text: str = Field(
        description="The reason as a sentence in the language asked for.",
        examples=["Cushion 1.2 mm: 2.9 mm below its normal band 4.1 to 5.3 mm"],
    )


class _VerdictBase(BaseModel):
    """One shot's verdict."""

    model_config = ConfigDict(title="Verdict", protected_namespaces=())

    event_token: str = Field(
        description="Unique name of the event that was judged: the verdict's identifier.",
        examples=["82673D1F0A000000012B0229296E04"],
    )
    judged_at: str = Field(
        description="When the verdict was stored, RFC 3339 in UTC.",
        examples=["2026-11-20T08:15:30.311Z"],
        json_schema_extra={"format": "date-time"},
    )


Verdict: type[BaseModel] = create_model(
    "Verdict", __base__=_VerdictBase, __doc__="One shot's verdict.", **_verdict_fields()
)
"""A verdict as the API gives it."""


class _Words(BaseModel):
    """Adds words to a verdict."""

    language: Literal["en", "ko", "ru"] = Field(description="Language of the sentences.", examples=["en"])
    outcome_text: str = Field(description="The outcome in words.", examples=["NG"])
    route_text: str = Field(description="The route in words.", examples=["judged by its own model"])
    summary: str = Field(
        description="The whole verdict in words.",
        examples=["NG: the score 0.0871 is above the limit 0.0777."],
    )
    sentences: list[Sentence] = Field(description="The reasons in words, weightiest first.")
    flag_texts: list[str] = Field(
        description="The flags in words.", examples=[["far outside the trained range"]]
    )


VerdictInWords: type[BaseModel] = create_model(
    "VerdictInWords",
    __base__=(Verdict, _Words),
    __doc__="One shot's verdict with its reasons in words.",
)
VerdictInWords.model_config["title"] = "VerdictInWords"


class DifferenceOut(BaseModel):
    """One measured value of the flagged shot beside that of a good one."""

    variable: str = Field(description="Name of the variable.", examples=["cushion_stroke"])
    unit: str = Field(description="Its unit.", examples=["mm"])
    value: float = Field(description="Of the flagged shot.", examples=[1.2])
    good: float = Field(description="Of the good shot.", examples=[4.7])
    half_bands: float = Field(
        description="value - good in half widths of the normal band; beyond 1 is more than usual.",
        examples=[-5.8],
    )


class GoodShotOut(BaseModel):
    """A good shot of the training."""

    shot_id: str = Field(description="Identifier of the shot.", examples=["673b77f0a7b2c3d4e5f60001"])
    time: str | None = Field(
        description="When it was made, RFC 3339 in UTC.", examples=["2026-11-14T03:21:07.000Z"]
    )
    distance: float = Field(
        description="Euclidean distance between the inputs as the model sees them, scaled and clipped.",
        examples=[0.61],
    )
    differs: list[DifferenceOut] = Field(description="What differs most, the greatest first.")


class NearestGoodShots(BaseModel):
    """The good shots of the training nearest to a flagged one."""

    model_config = ConfigDict(protected_namespaces=())

    event_token: str = Field(
        description="The flagged shot's verdict.", examples=["82673D1F0A000000012B0229296E04"]
    )
    model_version: str = Field(description="Registry version that judged.", examples=["20261119T230000Z"])
    group: str | None = Field(
        description="facility|item|cluster of the model that judged; null: none did.",
        examples=["A-03|cap-28|2"],
    )
    kept: int = Field(description="Good shots kept of the group.", examples=[200])
    problem: Literal["none_kept", "no_version", "no_group", "no_values"] | None = Field(
        description="Why there are none.", examples=[None]
    )
    problem_text: str | None = Field(description="The same in words.", examples=[None])
    shots: list[GoodShotOut] = Field(description="The nearest first.")


class VerdictPage(BaseModel):
    """Verdicts, newest first."""

    verdicts: list[Verdict]  # type: ignore[valid-type]  # made from VERDICT_FIELDS above
    next_cursor: str | None = Field(
        description="Give it as `cursor` for the page of older verdicts; null: this was the last.",
        examples=["djEuMTIzNC4xYTJiM2M0ZA"],
    )


class FacilityLatest(BaseModel):
    """One facility and its latest verdict."""

    facility: str = Field(description="The press.", examples=["A-03"])
    latest: Verdict = Field(description="Its latest verdict.")  # type: ignore[valid-type]  # as above


class FacilityList(BaseModel):
    """Every facility that has a verdict, by name."""

    facilities: list[FacilityLatest]


class ThresholdOut(BaseModel):
    """What a group's limit is made of."""

    fixed: float = Field(description="mean + fixed_sigmas x std of the training losses.", examples=[0.0588])
    base: float = Field(description="max(fixed, largest training loss).", examples=[0.0642])
    loss_mean: float | None = Field(description="Mean training loss.", examples=[0.0301])
    loss_std: float | None = Field(
        description="Standard deviation of the training losses.", examples=[0.0091]
    )
    loss_max: float | None = Field(description="Largest training loss.", examples=[0.0642])
    cv: float | None = Field(description="Coefficient of variation, std / mean.", examples=[0.302])
    count: int = Field(description="Losses summarised.", examples=[1200])
    trimmed: int = Field(description="Highest losses left out for counted bad shots.", examples=[4])


class ModelOut(BaseModel):
    """One facility-item-setting group's model."""

    maker: str = Field(description="Maker of the machine.", examples=["A"])
    facility: str = Field(description="The press.", examples=["A-03"])
    item: str = Field(description="What it molds.", examples=["cap-28"])
    cluster: int = Field(description="Setting cluster of the maker.", examples=[2])
    kind: str = Field(description="Detector.", examples=["memae"])
    rows: int = Field(description="Training shots.", examples=[6120])
    lots: int = Field(description="Training lots.", examples=[14])
    defect_rate: float | None = Field(description="Counted bad / (good + bad), 0-1.", examples=[0.0041])
    first: str | None = Field(
        description="First training shot, RFC 3339.", examples=["2026-10-01T00:12:04.000Z"]
    )
    last: str | None = Field(
        description="Last training shot, RFC 3339.", examples=["2026-11-18T14:59:31.000Z"]
    )
    threshold: ThresholdOut = Field(description="Where its limit comes from.")


class ModelList(BaseModel):
    """The trained version that judges now."""

    version: str = Field(description="Registry version.", examples=["20261119T230000Z"])
    profile: str = Field(description="Profile it was trained with.", examples=["injection_molding"])
    models: list[ModelOut]


class ClusterOut(BaseModel):
    """One setting cluster."""

    cluster: int = Field(description="Its number.", examples=[2])
    centre: dict[str, float | None] = Field(
        description="Its centre in the set values' own units.", examples=[{"hold_pressure_set": 520.0}]
    )
    radius: float | None = Field(
        description="Scaled distance within which a setting counts as its own.", examples=[0.8]
    )
    combinations: int = Field(description="Unique setting combinations of the history in it.", examples=[17])


class MakerClusters(BaseModel):
    """The setting clusters of one maker."""

    maker: str = Field(description="Maker of the machines.", examples=["A"])
    clusters: list[ClusterOut]


class ClusterList(BaseModel):
    """Setting clusters by maker."""

    version: str = Field(description="Registry version.", examples=["20261119T230000Z"])
    units: dict[str, str] = Field(
        description="Unit of each set value.", examples=[{"hold_pressure_set": "bar"}]
    )
    makers: list[MakerClusters]


class LotOut(BaseModel):
    """One lot: how many of its shots were judged, and how."""

    lot: str = Field(description="facility|item|day.", examples=["A-03|cap-28|2026-11-20"])
    facility: str = Field(description="The press.", examples=["A-03"])
    item: str | None = Field(description="What it molds.", examples=["cap-28"])
    shots: int = Field(description="Shots judged.", examples=[1440])
    warn: int = Field(description="Of these WARN.", examples=[12])
    ng: int = Field(description="Of these NG.", examples=[5])
    flagged_share: float = Field(description="ng / shots, 0-1.", examples=[0.00347])
    first: str | None = Field(
        description="First judged shot, RFC 3339.", examples=["2026-11-20T00:00:12.000Z"]
    )
    last: str | None = Field(description="Last judged shot, RFC 3339.", examples=["2026-11-20T08:15:30.250Z"])


class LotList(BaseModel):
    """Lots, the last judged first."""

    lots: list[LotOut]


class DeadLetterOut(BaseModel):
    """A record that got no verdict."""

    seq: int = Field(description="The dead letter's number.", examples=[12])
    event_token: str = Field(
        description="Unique name of the event.", examples=["82673D1F0A000000012B0229296E04"]
    )
    record_id: str = Field(description="The record's own identifier.", examples=["673d1f0aa7b2c3d4e5f60718"])
    reason: str = Field(description="Stable code.", examples=["not_a_number"])
    detail: str = Field(description="What was expected, what came, in which field.")
    raw_length: int = Field(description="Bytes of the record.", examples=[812])
    raw_sha256: str = Field(description="SHA-256 of the record as hex.", examples=["9f86d081884c7d65..."])
    first_seen: str | None = Field(
        description="When it came, RFC 3339.", examples=["2026-11-20T08:15:30.311Z"]
    )
    attempts: int = Field(description="How often it was tried.", examples=[1])
    state: Literal["open", "replayed", "dismissed"] = Field(
        description="What became of it.", examples=["open"]
    )


class DeadLetterPage(BaseModel):
    """Records without a verdict, newest first."""

    dead_letters: list[DeadLetterOut]
    next_cursor: str | None = Field(
        description="Give it as `cursor` for the next page; null: this was the last.", examples=[None]
    )
