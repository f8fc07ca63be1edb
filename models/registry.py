"""The registry: one folder a trained version, written whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from core.errors import ModelCorrupt, ModelNotFound
from models.artifact import TrainedPlant
from models.checkpoint import library_versions
from models.examples import EXAMPLES, Examples
from models.golden import Golden, no_golden
from models.npz import write_npz
from models.plant_files import REFERENCE, from_files, to_files
from models.predictor_files import predictor_from_files
from models.reference import Reference
from models.registry_challenger import Appointed, ChallengerFile
from models.registry_current import VERSION, CurrentVersion, Stamp, sync_folder, write_synced
from models.registry_manifest import MANIFEST, SCHEMA, Manifest, hash_of, read_file, read_manifest, sha256

_SAVING = ".saving-"

Names = list[str]
"""Within the class `list` is one of its methods."""


class Registry:
    """Trained versions in a folder.

    Each version is a folder with ``manifest.json`` and ``.npz`` files of plain arrays,
    every file's SHA-256 in the manifest; nothing that can run code is ever loaded. The
    file ``current`` names the version that judges, ``history`` those that did before,
    ``challenger`` the one that judges in the shadow.

    Parameters
    ----------
    folder : Path
        Made when the first version is saved.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._current = CurrentVersion(folder)
        self._challenger = ChallengerFile(folder)

    def save(
        self,
        plant: TrainedPlant,
        *,
        now: datetime,
        golden: Golden | None = None,
        examples: Examples | None = None,
        activate: bool = True,
    ) -> str:
        """Write a new version and, unless told otherwise, make it the current one.

        Everything is written and forced to disk beside the registry's versions and
        appears under its name in one step: a crash leaves the old current version.

        Parameters
        ----------
        now : datetime
            With time zone.

        Returns
        -------
        str
            The version's name.
        """
        if now.tzinfo is None:
            msg = f"now: expected a time with time zone, got {now!r}"
            raise ValueError(msg)
        utc = now.astimezone(UTC)
        golden = golden or no_golden(len(plant.setting_names), len(plant.production_names))
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / ".lock"):
            for left in self.folder.glob(f"{_SAVING}*"):
                shutil.rmtree(left)
            temporary = self.folder / f"{_SAVING}{utc:%Y%m%dT%H%M%S}"
            temporary.mkdir()
            files: dict[str, dict[str, object]] = {}
            kept = {} if examples is None else {EXAMPLES: examples.arrays}
            for name, arrays in (to_files(plant, golden) | kept).items():
                path = temporary / f"{name}.npz"
                write_npz(path, arrays)
                files[path.name] = {"sha256": sha256(path.read_bytes()), "bytes": path.stat().st_size}
            stamp = f"{utc:%Y%m%dT%H%M%S}{utc.microsecond // 1000:03d}Z"
            version = f"{stamp}-{hash_of(files, plant.profile_sha256)}"
            manifest = {
                "schema": SCHEMA,
                "version": version,
                "created": utc.isoformat(),
                "profile": {"name": plant.profile_name, "sha256": plant.profile_sha256},
                "settings": plant.setting_names,
                "production": plant.production_names,
                "libraries": library_versions(),
                "groups": len(plant.models),
                "files": files,
                "notes": plant.notes,
            }
            write_synced(temporary / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False))
            sync_folder(temporary)
            os.replace(temporary, self.folder / version)
            sync_folder(self.folder)
        if activate:
            self.set_current(version)
        return version

    def load(self, version: str | None = None) -> tuple[TrainedPlant, Manifest]:
        """Read a version, by default the current one, checking every file against the manifest.

        Raises
        ------
        ModelNotFound
            No such version, or nothing trained yet.
        ModelCorrupt
            A file is absent or not what the manifest says, or of a newer release; names the file.
        """
        name = self.current() if version is None else version
        if name is None:
            msg = f"expected a current version in {self.folder}, found none; run `./sprue train` first"
            raise ModelNotFound(msg)
        if name not in self.list():
            msg = f"expected one of the versions {self.list()!r} in {self.folder}, got {name!r}"
            raise ModelNotFound(msg)
        folder = self.folder / name
        about = read_manifest(folder / MANIFEST)
        try:
            if not name.endswith(hash_of(about["files"], about["profile"]["sha256"])):
                msg = f"{folder / MANIFEST}: expected the hashes that {name} was named after, got others"
                raise ModelCorrupt(msg)
            files = {
                file.removesuffix(".npz"): read_file(folder, file, entry)
                for file, entry in about["files"].items()
                if file != f"{EXAMPLES}.npz"  # read where they are asked for
            }
            models, spaces, fills, coverage, golden = from_files(files)
            plant = TrainedPlant(
                profile_name=about["profile"]["name"],
                profile_sha256=about["profile"]["sha256"],
                setting_names=tuple(about["settings"]),
                production_names=tuple(about["production"]),
                spaces=spaces,
                models=models,
                fills=fills,
                coverage=coverage,
                notes=about["notes"],
                reference=Reference.from_arrays(files[REFERENCE]) if REFERENCE in files else None,
                predictor=predictor_from_files(files),
            )
            created, libraries = datetime.fromisoformat(about["created"]), dict(about["libraries"])
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            msg = f"{folder}: expected a complete version, got {type(error).__name__}: {error}; train again"
            raise ModelCorrupt(msg) from error
        return plant, Manifest(
            name, created, plant.profile_name, plant.profile_sha256, libraries, plant.notes, golden
        )

    def examples(self, version: str) -> Examples | None:
        """Good shots that a version keeps; None where it was saved without.

        Raises
        ------
        ModelNotFound
            No such version.
        ModelCorrupt
            Their file is absent though the manifest names it, or is not what it says.
        """
        if version not in self.list():
            raise ModelNotFound(f"expected a version in {self.folder}, got {version!r}")
        folder, file = self.folder / version, f"{EXAMPLES}.npz"
        entry = read_manifest(folder / MANIFEST)["files"].get(file)
        return None if entry is None else Examples(read_file(folder, file, entry))

    def list(self) -> list[str]:
        """Names of all versions, oldest first."""
        if not self.folder.is_dir():
            return []
        return sorted(p.name for p in self.folder.iterdir() if VERSION.fullmatch(p.name) and p.is_dir())

    def current(self) -> str | None:
        """Name of the version that judges, None where nothing was trained yet.

        Raises
        ------
        ModelCorrupt
            The file ``current`` holds something else than a version's name.
        """
        return self._current.read()

    def current_stamp(self) -> Stamp:
        """Another one each time a version was made the current one, be it the same again."""
        return self._current.stamp()

    def earlier(self) -> Names:
        """Versions that judged before the current one and are still there, the latest first."""
        there = set(self.list())
        return [name for name in self._current.earlier() if name in there]

    def stamp(self, version: str) -> Stamp:
        """Name, size and times of each of a version's files; another one once any was exchanged."""
        folder = self.folder / version
        try:
            files = [(path.name, path.stat()) for path in sorted(folder.iterdir())]
        except OSError:
            return ()
        return tuple((name, about.st_size, about.st_mtime_ns, about.st_ctime_ns) for name, about in files)

    def set_current(self, version: str) -> None:
        """Make a version the one that judges, in one step.

        Raises
        ------
        ModelNotFound
            No such version.
        """
        if version not in self.list():
            msg = f"expected one of the versions {self.list()!r} in {self.folder}, got {version!r}"
            raise ModelNotFound(msg)
        with FileLock(self.folder / ".lock"):
            self._current.write(version)

    def challenger(self) -> Appointed | None:
        """The version that judges in the shadow, None where there is none."""
        return self._challenger.read()

    def challenge(self, version: str, *, since: int, who: str) -> None:
        """Let a version judge in the shadow; `since` in ms since 1970 UTC.

        Raises
        ------
        ModelNotFound
            No such version.
        """
        if version not in self.list():
            msg = f"expected one of the versions {self.list()!r} in {self.folder}, got {version!r}"
            raise ModelNotFound(msg)
        with FileLock(self.folder / ".lock"):
            self._challenger.write(Appointed(version, since, who))

    def unchallenge(self) -> None:
        """Let no version judge in the shadow."""
        if self.folder.is_dir():
            with FileLock(self.folder / ".lock"):
                self._challenger.remove()
