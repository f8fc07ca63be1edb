"""A history taught by evidence: every group its own kind, and judging computes what training did."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from core.batch import concatenate
from core.profile import CandidateRule, DetectorRule, SelectionRule
from core.profile_file import load_profile
from inference.judge import judge
from inference.learning import learn
from inference.plan import compile_plan
from inference.wiring import detectors
from ingest.fill_memory import FillMemory
from ingest.frame import batch_from_frame
from ingest.plant import Plant
from models.registry import Registry

CANDIDATES = (
    CandidateRule("nearest_neighbours", {"references": 128}),
    CandidateRule("ensemble", {"members": ["nearest_neighbours", "gaussian_mixture"], "folds": 2}),
    CandidateRule("gaussian_mixture"),
)


def test_detectors_chosen_by_evidence_are_saved_with_it_and_judge_as_they_were_trained(
    tmp_path: Path,
) -> None:
    profile = replace(
        load_profile("injection_molding"),
        detectors=(DetectorRule("isolation_forest", 100, None, {"n_estimators": 5}),),
        selection=SelectionRule(max_defect_rate=0.03, min_shots=100, choice="by_evidence"),
        candidates=CANDIDATES,
    )
    history = concatenate(
        [batch_from_frame(chunk.frame, profile)[0] for chunk in Plant(seed=3).history(9_000)]
    )
    learned = learn(history, profile, detectors(), seed=0)

    registry = Registry(tmp_path)
    registry.save(learned.plant, now=datetime(2026, 1, 1, tzinfo=UTC), golden=learned.golden)
    plant, manifest = registry.load()
    evidence = manifest.notes["evidence"]
    kinds = {model.kind for model in plant.models}
    assert manifest.notes["choice"] == "by_evidence"
    assert kinds > {"isolation_forest"}  # some groups have too few held-out shots to choose by
    assert {row["kind"] for told in evidence.values() for row in told.get("candidates", [])} == {
        rule.kind for rule in CANDIDATES
    }
    assert "NaN" not in json.dumps(evidence)
    for row in plant.coverage:
        assert row.status != "trained" or (row.kind or "") in row.reason or "number of records" in row.reason

    without = compile_plan(plant, "v1", profile, library=None)
    plan = compile_plan(plant, "v1", profile)
    manifest.golden.check(lambda rows, model: without.assess(rows, model)[0])
    manifest.golden.check(lambda rows, model: plan.assess(rows, model)[0])
    verdicts = judge(history.take(np.arange(2000)), plan, FillMemory()).verdicts
    assert len(verdicts) == 2000
    assert kinds >= set(verdicts.columns["model_kind"]) - {None} > {"isolation_forest"}
