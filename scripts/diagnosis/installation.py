"""The installation that is looked at: its settings, its process, its clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import SprueError
from scripts.diagnosis.finding import NotExamined

if TYPE_CHECKING:  # a package that is missing is a finding, not an import error
    from core.config import Config
    from core.profile import Profile

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Installation:
    """One installation of sprue as the present folder and environment make it.

    Attributes
    ----------
    flags : mapping
        Settings of the command line, which win over environment and ``.env``; None is absent.
    now : callable
        Seconds since 1970 UTC, by this machine's clock.
    root : Path
        Folder of the program itself.
    """

    flags: Mapping[str, object] = field(default_factory=dict)
    now: Callable[[], float] = time.time
    root: Path = ROOT

    @cached_property
    def config(self) -> Config:
        """The settings.

        Raises
        ------
        NotExamined
            They cannot be read; the area of the configuration says why.
        """
        from core.config import load_config

        try:
            return load_config(**self.flags)
        except SprueError:
            raise NotExamined("the configuration cannot be read, see there") from None

    @cached_property
    def profile(self) -> Profile:
        """The process.

        Raises
        ------
        NotExamined
            It cannot be read; the area of the configuration says why.
        """
        from core.profile_file import load_profile

        try:
            return load_profile(self.config.profile)
        except (SprueError, OSError):
            raise NotExamined("the profile cannot be read, see the configuration") from None
