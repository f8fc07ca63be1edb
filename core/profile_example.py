"""The synthetic set that lies beside a profile, to try a process with before there is any data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from core.errors import ConfigError
from core.profile import Profile


@contextmanager
def example_file(source: str | Path, profile: Profile) -> Iterator[Path]:
    """The file that ``[process] example`` names, beside the profile that was read from `source`.

    Parameters
    ----------
    source : str or Path
        As for `core.profile_file.load_profile`.
    profile : Profile

    Raises
    ------
    ConfigError
        The profile names none, or there is no such file beside it.
    """
    name = profile.example
    if not name:
        msg = f"profile {str(source)!r}: expected `example` under [process], found none; give --history FILE"
        raise ConfigError(msg)
    if str(source).endswith(".toml"):
        yield _there(Path(source).parent / name, source)
    else:
        with resources.as_file(resources.files("core") / "profiles" / name) as path:
            yield _there(path, source)


def _there(path: Path, source: str | Path) -> Path:
    if not path.is_file():
        msg = f"profile {str(source)!r}: process.example: expected a file beside the profile, found no {path}"
        raise ConfigError(msg)
    return path
