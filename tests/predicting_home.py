"""A home with a predictor of the shipped synthetic set, trained in a second."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from core.config import load_config
from scripts.train_targets import train_predictor

PROFILES = Path(__file__).parents[1] / "core" / "profiles"
CHEAP = "linear_regression"
_REGRESSOR = re.compile(r'\[\[regressor\]\]\nkind = "(\w+)"\n(?:[^\[#\n].*\n)*\n')


@dataclass(frozen=True)
class PredictingHome:
    """Where a predictor was trained, and the profile it was trained with; do not change them.

    `profile` is the shipped one with its linear regressors alone, its example beside it.
    """

    home: Path
    profile: Path
    version: str

    @property
    def options(self) -> tuple[str, ...]:
        """What a verb is given to use it."""
        return "--home", str(self.home), "--process", str(self.profile)


def cheap_profile(folder: Path) -> Path:
    """The shipped profile that predicts, with its linear regressors, and its example."""
    text = (PROFILES / "beam_welding.toml").read_text(encoding="utf-8")
    cheap = _REGRESSOR.sub(lambda found: found[0] if found[1] == CHEAP else "", text)
    path = folder / "cheap_welding.toml"
    path.write_text(cheap, encoding="utf-8")
    shutil.copy(PROFILES / "beam_welding.csv", folder)
    return path


def train_cheaply(folder: Path, profile: Path | None = None) -> PredictingHome:
    """Train on the shipped set in a new folder; with a profile of the test's own, where it gives one."""
    profile, home = profile or cheap_profile(folder), folder / "예측 home"
    config = load_config(home=home, profile=str(profile))
    version, _ = train_predictor(config, console=Console(quiet=True), example=True, jobs=1)
    return PredictingHome(home, profile, version)
