"""What a trained version says about itself, and its files checked against that."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from core.errors import ModelCorrupt
from core.profile import Profile
from models.golden import Golden
from models.npz import read_npz

SCHEMA = 1
MANIFEST = "manifest.json"
MOST_MANIFEST_BYTES = 256 * 2**20
_FILE = re.compile(r"[a-z0-9_]+\.npz")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a version says about itself.

    Attributes
    ----------
    version : str
        Its name: time of training (UTC) and a hash of its files; sorts by time.
    created : datetime
        UTC.
    profile_name, profile_sha256 : str
        The profile it was trained under.
    libraries : mapping of str to str
        Versions of the libraries that trained it.
    notes : mapping
        Whatever training noted.
    golden : Golden
        Inputs and scores that judging must reproduce.
    """

    version: str
    created: datetime
    profile_name: str
    profile_sha256: str
    libraries: Mapping[str, str]
    notes: Mapping[str, Any]
    golden: Golden

    def differs_from(self, profile: Profile) -> str | None:
        """How the profile in use differs from the one trained under, None when it does not.

        Thresholds may change without training; variables may not, and the plan checks those.
        """
        if self.profile_sha256 == profile.sha256:
            return None
        return (
            f"version {self.version} was trained under profile {self.profile_name!r} "
            f"({self.profile_sha256[:12]}), now in use: {profile.name!r} ({profile.sha256[:12]}); "
            "train again if more than thresholds changed"
        )


def read_manifest(path: Path) -> dict[str, Any]:
    """What a manifest says, as it stands there.

    Raises
    ------
    ModelCorrupt
        It is none, or of a newer release.
    """
    try:
        if path.stat().st_size > MOST_MANIFEST_BYTES:
            msg = f"{path}: expected at most {MOST_MANIFEST_BYTES} bytes, got {path.stat().st_size}"
            raise ModelCorrupt(msg)
        about = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        msg = f"{path}: expected a readable manifest, got {type(error).__name__}: {error}; train again"
        raise ModelCorrupt(msg) from error
    schema = about.get("schema") if isinstance(about, dict) else None
    if schema != SCHEMA:
        msg = (
            f"{path}: expected schema {SCHEMA}, got {schema!r}; a newer number needs a newer release of sprue"
        )
        raise ModelCorrupt(msg)
    return dict(about)


def read_file(folder: Path, file: str, entry: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """Arrays of one of a version's files, which must be what the manifest's `entry` says.

    Raises
    ------
    ModelCorrupt
        It is absent, or another one; names the file.
    """
    path = folder / file
    if not _FILE.fullmatch(file):
        msg = f"{folder / MANIFEST}: expected names of .npz files, got {file!r}"
        raise ModelCorrupt(msg)
    try:
        size = path.stat().st_size
        if size != entry["bytes"]:
            msg = f"{path}: expected {entry['bytes']} bytes, got {size}; restore the file or train again"
            raise ModelCorrupt(msg)
        content = path.read_bytes()
    except OSError as error:
        msg = f"{path}: expected a readable file, got {type(error).__name__}: {error}; restore it"
        raise ModelCorrupt(msg) from error
    # What was hashed is what is parsed: the file is read once.
    if sha256(content) != entry["sha256"]:
        msg = f"{path}: expected SHA-256 {entry['sha256']!r}, got another; restore the file or train again"
        raise ModelCorrupt(msg)
    return read_npz(content, str(path), hashed=True)


def hash_of(files: Mapping[str, Any], profile_sha256: str) -> str:
    """Eight hex digits that stand for all files of a version and its profile."""
    return sha256(json.dumps([files, profile_sha256], sort_keys=True).encode())[:8]


def sha256(content: bytes) -> str:
    """As in manifests."""
    return hashlib.sha256(content).hexdigest()
