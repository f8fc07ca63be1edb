"""Proves sprue on a real press: files in, MongoDB, the service, REST, figures out.

    .venv/bin/python docs/examples/kamp_injection_cn7/prove.py RAW.csv.gz [--json]

For each question (`ranking.questions`) and each kind of detector, and for a choice by
evidence among them, it trains, starts the service on a real MongoDB, replays all shots and
reads the verdicts back over REST.
Labels are read when all verdicts are there, not before.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer
from prepare import Prepared, prepare
from pymongo import MongoClient
from ranking import NIGHT, Question, count, mean_z2, questions, rank
from rich.console import Console
from rich.table import Table

from core.config import load_config
from core.profile_file import load_profile
from ingest.embedded import EmbeddedMongo
from models.candidates import DEFAULT_CANDIDATES
from scripts.demonstration.report import answered, pages
from scripts.demonstration.service_process import ServiceProcess
from scripts.train import train_from_history

PROFILE = Path(__file__).with_name("profile.toml")
KINDS = {
    "isolation_forest": "{ n_estimators = 100, max_samples = 256 }",
    "autoencoder": "{ hidden = [32, 3], epochs = 200, patience = 20 }",
    "memae": "{ hidden = [32, 3], slots = 50, epochs = 200, patience = 20 }",
    **{rule.kind: "{}" for rule in DEFAULT_CANDIDATES if rule.kind != "isolation_forest"},
}
"""Parameters of the built-in injection molding profile, as they are; other kinds have their defaults."""
BY_EVIDENCE = "by_evidence"
"""Judge that is no kind: the group's detector is chosen among the default candidates."""
EVIDENCE_HELD_OUT = 0.35
"""The profile's fifth would hold out about 60 of 306 shots; under 100 nothing is chosen by evidence."""


def profile_variant(target: Path, kind: str, max_defect_rate: float) -> Path:
    """Write the profile with one detector of this kind, or with `BY_EVIDENCE`, and this limit to `target`."""
    text = _with_line(PROFILE.read_text(encoding="utf-8"), "max_defect_rate", f"{max_defect_rate}")
    if kind == BY_EVIDENCE:
        text = _with_line(text, "held_out_share", f'{EVIDENCE_HELD_OUT}\nchoice = "{BY_EVIDENCE}"')
    else:
        detector = f'[[detector]]\nkind = "{kind}"\nmin_rows = 300\nparameters = {KINDS[kind]}\n'
        text, detectors = re.subn(r"\[\[detector\]\]\n(?:.+\n)+", detector, text)
        if detectors != 1:
            msg = f"{PROFILE}: expected one [[detector]], got {detectors}"
            raise ValueError(msg)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    return target


def _with_line(text: str, name: str, value: str) -> str:
    """The profile's text with another value in the one line that sets `name`."""
    text, lines = re.subn(rf"(?m)^{name} = .*$", f"{name} = {value}", text)
    if lines != 1:
        msg = f"{PROFILE}: expected one {name}, got {lines}"
        raise ValueError(msg)
    return text


def train_on(history: Path, question: Question, profile: Path, home: Path, seed: int) -> None:
    """Train from the question's rows of a history file."""
    home.mkdir(parents=True, exist_ok=True)
    seen = home / "history.csv"
    rows = pd.read_csv(history, dtype=str)
    rows[question.trained].to_csv(seen, index=False)
    config = load_config(home=home, profile=str(profile))
    train_from_history(config, history=seen, seed=seed, console=Console(stderr=True, quiet=True))


def line_environment(home: Path, profile: Path, mongo_url: str, database: str) -> dict[str, str]:
    """Settings of a service with a home and a database of its own."""
    return {
        "SPRUE_HOME": str(home),
        "SPRUE_PROFILE": str(profile),
        "SPRUE_MONGO_URL": mongo_url,
        "SPRUE_MONGO_DATABASE": database,
        "SPRUE_MONGO_COLLECTION": "shots",
        # A .env of the user's own plant must not count here.
        "SPRUE_HOST": "127.0.0.1",
        "SPRUE_STORE_URL": f"sqlite:///{(home / 'verdicts.sqlite').as_posix()}",
        "PYTHONUTF8": "1",
    }


def replayed(shots: Path, environment: dict[str, str]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Send the file into MongoDB past the running service; verdicts and dead letters over REST."""
    with MongoClient[dict[str, Any]](environment["SPRUE_MONGO_URL"]) as client:
        client[environment["SPRUE_MONGO_DATABASE"]].create_collection("shots")
    service = ServiceProcess(environment, 0, Path(environment["SPRUE_HOME"]) / "service.log")
    try:
        service.start()
        service.wait_ready()
        command = [sys.executable, "-m", "scripts", "replay", str(shots), "--json"]
        run = subprocess.run(
            command, env={**os.environ, **environment}, stdout=subprocess.PIPE, encoding="utf-8", check=True
        )
        sent = json.loads(run.stdout)["sent"]
        service.wait_until(lambda: answered(service) >= sent, f"answers to {sent} shots")
        verdicts = pages(service, "/api/v1/verdicts", "verdicts")
        return verdicts, pages(service, "/api/v1/dead-letters", "dead_letters")
    finally:
        service.stop()


def answers_to(ids: list[str], verdicts: list[dict[str, Any]], dead: list[dict[str, Any]]) -> dict[str, int]:
    """Shots, verdicts, and how many shots have no answer or more than one."""
    times = Counter([v["shot_id"] for v in verdicts] + [d["record_id"] for d in dead])
    return {
        "shots": len(ids),
        "verdicts": len(verdicts),
        "dead_letters": len(dead),
        "lost": sum(1 for shot in ids if not times[shot]),
        "doubled": sum(1 for shot in ids if times[shot] > 1),
    }


def prove(
    files: Prepared, folder: Path, mongo_url: str, kinds: list[str], seed: int
) -> Iterator[dict[str, Any]]:
    """One result for each question and each floor or detector, in turn."""
    shots = pd.read_csv(files.shots)
    time = pd.to_datetime(shots["time"])
    for question in questions(time):
        verdicts: dict[str, pd.DataFrame] = {}
        answers: dict[str, dict[str, int]] = {}
        for kind in kinds:
            home = folder / f"{question.name}-{kind}"
            profile = profile_variant(home / "profile.toml", kind, question.max_defect_rate)
            train_on(files.history, question, profile, home, seed)
            environment = line_environment(home, profile, mongo_url, f"{question.name}_{kind}")
            rows, dead = replayed(files.shots, environment)
            answers[kind] = answers_to(shots["shot"].tolist(), rows, dead)
            verdicts[kind] = pd.DataFrame(rows).set_index("shot_id").loc[shots["shot"]]
        bad = pd.read_csv(files.labels)["bad"].to_numpy()
        night = (time >= NIGHT).to_numpy()
        columns = [".".join(v.path) for v in load_profile(str(PROFILE)).production]
        floors = {
            "clock": -np.arange(len(shots), dtype=np.float64),
            "mean_z2_floor": mean_z2(shots[columns].to_numpy(dtype=np.float64), question.trained),
        }
        for name, score in floors.items():
            yield {
                "question": question.name,
                "judge": name,
                **rank(score, bad, night, question.trained),
            }
        for kind, judged in verdicts.items():
            score = judged["anomaly_score"].to_numpy(dtype=np.float64)
            yield {
                "question": question.name,
                "judge": kind,
                "kinds": sorted(judged["model_kind"].unique()),
                **rank(score, bad, night, question.trained),
                **answers[kind],
                **count(judged, bad, night, question.trained),
            }


def table(results: list[dict[str, Any]]) -> Table:
    """The results for reading."""
    shown = Table("question", "judge", "AUROC day", "AP day", "AUROC all", "AP all", "AUROC night")
    for part in ("NG bad", "NG good, day", "NG good, night", "lost", "doubled"):
        shown.add_column(part, justify="right")
    for row in results:
        ranks = ("auroc_day", "ap_day", "auroc_unseen", "ap_unseen", "auroc_night")
        chosen = f": {', '.join(row['kinds'])}" if row["judge"] == BY_EVIDENCE else ""
        cells = [row["question"], row["judge"] + chosen, *(f"{row[name]:.3f}" for name in ranks)]
        if "outcomes" in row:
            for part in ("bad", "good_day", "good_night"):
                outcomes = row["outcomes"][part]
                cells.append(f"{outcomes['NG']}/{sum(outcomes.values())}")
            cells += [str(row["lost"]), str(row["doubled"])]
        shown.add_row(*cells)
    return shown


def main(
    raw: Annotated[Path, typer.Argument(help="The labelled CN7 file, .csv or .csv.gz.")],
    kind: Annotated[
        list[str] | None, typer.Option(help="Only this detector, or by_evidence (may be repeated).")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of training.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON line instead of a table.")] = False,
) -> None:
    """Prepare, train, replay, judge and measure."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        files = prepare(raw, folder)
        with EmbeddedMongo(folder / "mongo") as mongo:
            results = list(prove(files, folder, mongo.url, kind or [*KINDS, BY_EVIDENCE], seed))
    if as_json:
        print(json.dumps({"seed": seed, "results": results}))
    else:
        Console(width=160).print(table(results))


if __name__ == "__main__":
    typer.run(main)
