"""Settings: readable, spelled as meant, fit together."""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from dotenv import dotenv_values

from api.security import check_binding
from core.config import Config, load_config
from core.errors import ConfigError
from core.profile_file import load_profile
from scripts.diagnosis.environment import PREFIX, file_text, names, settings
from scripts.diagnosis.examination import attempt
from scripts.diagnosis.finding import Finding, ok, problem, said_by
from scripts.diagnosis.installation import Installation

ENV_FILE = Path(".env")


def examine(installation: Installation) -> Iterator[Finding]:
    """``.env``, names, values, profile, binding."""
    text, about = file_text(ENV_FILE, installation.root)
    yield about
    in_file = dotenv_values(stream=StringIO(text or ""), interpolate=False)
    yield from names(in_file, list(os.environ), settings())
    try:
        config = load_config(**installation.flags)
    except ConfigError as error:
        if about.level == "problem":  # the file; it is said
            return
        for line in str(error).split("; SPRUE_"):
            said = line if line.startswith((PREFIX, ".env")) else f"{PREFIX}{line}"
            yield problem("values", expected="values that fit", found=said, advice="correct it in .env")
        return
    yield ok("values", "readable, each within its bounds")
    yield ok("home", str(config.home.absolute()))
    yield from attempt("profile", lambda: [profile(config)])
    yield binding(config)


def profile(config: Config) -> Finding:
    """Whether the process is described."""
    try:
        read = load_profile(config.profile)
    except OSError as error:
        return problem(
            "profile",
            expected="a file this user may read",
            found=f"{config.profile!r}: {error.strerror or error}",
            advice="correct SPRUE_PROFILE or the file's permissions",
        )
    return ok("profile", f"{read.name}: {len(read.settings)} set and {len(read.production)} measured values")


def binding(config: Config) -> Finding:
    """Whether the API may listen where it is told to."""
    try:
        check_binding(config)
    except ConfigError as error:
        return said_by("binding", error)
    reach = "other machines, with a key" if config.exposed else "this machine only"
    return ok("binding", f"{config.host}: {reach}")
