"""What ships with the product is drafted as its own profiles say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd

from core.profile_file import load_profile
from ingest.drafting.draft import draft_profile
from ingest.drafting.file_sample import sample_files
from ingest.drafting.sample import Sample
from ingest.plant import Plant
from tests.ingest.drafting import twins


def test_the_simulated_plant_is_drafted_as_its_profile_says() -> None:
    profile = load_profile("injection_molding")
    table = pd.concat([chunk.frame for chunk in Plant(seed=0).history(8_000)], ignore_index=True)

    draft = draft_profile(Sample.of(table))

    guessed = {g.column: g for g in draft.guesses}
    for key in ("id", "time", "maker", "facility", "item", "lot_good", "lot_bad"):
        assert guessed[key].place == key
    for variable in profile.variables:
        guess = guessed[variable.name]
        assert (guess.role, guess.standard) == (variable.role, variable.standard), variable.name
        assert guess.unit in (variable.unit, ""), variable.name
    assert draft.notes == ()


def test_the_documents_of_the_extrusion_example_are_drafted_as_its_profile_says(tmp_path: Path) -> None:
    example = Path(__file__).resolve().parents[3] / "docs" / "examples" / "extrusion"
    subprocess.run([sys.executable, example / "make.py", tmp_path], check=True, capture_output=True)
    profile = load_profile(example / "profile.toml")
    sample, _ = sample_files([tmp_path / "pipes.jsonl"], rows=1000)

    draft = draft_profile(sample)

    truth = {".".join(v.path): str(v.role) for v in profile.variables}
    keys = {
        "id": profile.identifier, "time": profile.time, "maker": profile.maker, "facility": profile.facility,
        "item": profile.item, "lot_good": profile.lot.good, "lot_bad": profile.lot.bad,
    }  # fmt: skip
    truth |= {".".join(field.path): place for place, field in keys.items()}
    assert twins.wrong(draft, truth) == {}
