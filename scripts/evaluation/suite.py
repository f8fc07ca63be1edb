"""Every method on every data set and seed; what was computed before is not computed again."""

from __future__ import annotations

import hashlib
import json
import time
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.profile import Profile
from inference.evaluation.resampling import resample
from inference.evaluation.tally import figures, tally
from models.checkpoint import library_versions
from scripts.evaluation.choices import Choice
from scripts.evaluation.methods import FoldScores, Method
from scripts.evaluation.trial import DataSet, Floats, Trial

Entry = dict[str, Any]
"""What one method did on one seed of a set: figures and their resamples, or why it failed."""
Results = dict[str, dict[int, dict[str, Entry]]]
"""Entries by set, seed and method."""
Tell = Callable[[str, str], None]
"""Called with set and method before they are computed."""

REPLICATES = 200
ROOT = Path(__file__).resolve().parents[2]
_HERE = "scripts/evaluation"
TRIAL_SOURCES = (
    "inference/evaluation/*.py",
    *(
        f"{_HERE}/{name}.py"
        for name in ("trial", "shared_sets", "reading_set", "simulated_set", "methods", "suite")
    ),
    f"{_HERE}/shared_sets.toml",
)
OWN_SOURCES = (*TRIAL_SOURCES, f"{_HERE}/choices.py", "models/*.py", "memae/*.py")


def run_suite(
    sets: Sequence[DataSet], methods: Sequence[Method], seeds: int, profile: Profile, work: Path, tell: Tell
) -> Results:
    """Compute what is missing, set by set, method by method; every method's result is kept at once.

    Parameters
    ----------
    seeds : int
        Random divisions of a set, at most its own `most_seeds`.
    work : Path
        Folder of results: ``<set>/<seed>.json``. An entry made by other code, other
        parameters, other libraries or of other files does not count.
    """
    code = {own: fingerprint(profile, own=own) for own in (True, False)}
    results: Results = {}
    for data in sets:
        numbers = range(min(seeds, data.most_seeds))
        kept = {seed: _read(work / data.name / f"{seed}.json") for seed in numbers}
        prints = {own: _with_files(made_by, data.files) for own, made_by in code.items()}
        trials: dict[int, Trial] = {}
        weights: dict[int, Floats] = {}
        for method in methods:
            wanted = prints[method.own]
            missing = [s for s in numbers if not _counts(kept[s].get(method.name), wanted)]
            if not missing:
                continue
            tell(data.name, method.name)
            for seed in missing:
                if seed not in trials:
                    trials[seed] = data.trial(seed)
                    weights[seed] = _weights(data.name, trials[seed])
            done = methods[: methods.index(method)]
            made = _entries(method, [(s, trials[s]) for s in missing], weights, kept, done)
            for seed in missing:
                kept[seed][method.name] = {**made[seed], "fingerprint": wanted}
                _write(work / data.name / f"{seed}.json", kept[seed])
        names = [method.name for method in methods]
        results[data.name] = {s: {name: kept[s][name] for name in names} for s in numbers}
    return results


def fingerprint(profile: Profile, *, own: bool) -> str:
    """Stands for all that a result depends on beside its data: sources, profile, libraries."""
    digest = hashlib.sha256()
    for pattern in OWN_SOURCES if own else TRIAL_SOURCES:
        for file in sorted(ROOT.glob(pattern)):
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    told = {"libraries": dict(library_versions()), "profile": profile.sha256 if own else ""}
    digest.update(json.dumps(told, sort_keys=True).encode())
    return digest.hexdigest()[:16]


def _with_files(made_by: str, files: Sequence[Path]) -> str:
    digest = hashlib.sha256(made_by.encode())
    for file in files:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _counts(entry: object, wanted: str) -> bool:
    """Whether a kept entry is whole and made by what would make it now."""
    return (
        isinstance(entry, dict)
        and entry.get("fingerprint") == wanted
        and ("failed" in entry or isinstance(entry.get("figures"), dict))
    )


def _entries(
    method: Method,
    trials: Sequence[tuple[int, Trial]],
    weights: Mapping[int, Floats],
    kept: Mapping[int, Mapping[str, Entry]],
    done: Sequence[Method],
) -> dict[int, Entry]:
    if isinstance(method, Choice):
        return {seed: _chosen(method, seed, trial, weights[seed], kept[seed], done) for seed, trial in trials}
    begin = time.perf_counter()
    try:
        scored = method.scores(trials)
    except (ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
        return {seed: {"failed": f"{type(error).__name__}: {error}"} for seed, _ in trials}
    seconds = (time.perf_counter() - begin) / len(trials)
    return {
        seed: {**_figures(trial, folds, weights[seed]), "seconds": round(seconds, 3)}
        for (seed, trial), folds in zip(trials, scored, strict=True)
    }


def _chosen(
    choice: Choice,
    seed: int,
    trial: Trial,
    weight: Floats,
    kept: Mapping[str, Entry],
    done: Sequence[Method],
) -> Entry:
    """What a choice did; where it is one detector that is there already, that one's entry."""
    begin = time.perf_counter()
    wanted = choice.wanted(seed, trial)
    if len(set(wanted)) == 1 and wanted[0] in done:
        same = {name: value for name, value in kept[wanted[0].name].items() if name != "kinds"}
        return {**same, "kinds": dict(Counter(one.name for one in wanted))}
    entry = _figures(trial, choice.scores_of(seed, trial, wanted), weight)
    return {**entry, "seconds": round(time.perf_counter() - begin, 3)}


def _figures(trial: Trial, folds: Sequence[FoldScores], weight: Floats) -> Entry:
    score = trial.unit_scores([f.held_out for f in folds], [f.test for f in folds])
    whole = figures(tally(score, trial.bad))
    drawn = figures(tally(score, trial.bad, weight[:, trial.cluster]))
    return {
        "figures": {name: float(value) for name, value in whole.items()},
        "drawn": {name: np.round(drawn[name], 6).tolist() for name in ("auroc", "average_precision")},
        "kinds": dict(Counter(fold.kind for fold in folds)),
        "units": len(trial.bad),
        "bad": int(trial.bad.sum()),
        "rows": round(float(np.mean([len(fold.known) for fold in trial.folds]))),
    }


def _weights(name: str, trial: Trial) -> Floats:
    """Resamples of a set's clusters, the same for all its seeds and for every method."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    return np.concatenate(list(resample(np.arange(trial.clusters), REPLICATES, rng)))


def _read(file: Path) -> dict[str, Entry]:
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # not there, or not whole: computed anew
        return {}
    return kept if isinstance(kept, dict) else {}


def _write(file: Path, kept: Mapping[str, Entry]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f"{file.name}.partial")
    partial.write_text(json.dumps(kept), encoding="utf-8")
    partial.replace(file)
