"""Compiles the C sources beside this file with whatever compiler the machine has.

No compiler is needed to run sprue: without the library the numpy code does the same work,
slower. Standard library only, since it runs right after the packages are installed::

    python -m native.compiler

The library stands in ``native`` inside the environment, its name holding the sources'
digest, so that a library of other sources is never loaded.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCES = Path(__file__).parent / "source"
FLAGS = (
    "-std=c11",
    "-O3",
    "-shared",
    "-fvisibility=hidden",
    "-ffp-contract=off",  # a fused multiply-add rounds once where numpy rounds twice
    "-fno-math-errno",
    "-Wall",
    "-Wextra",
)
SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")


class CannotCompile(Exception):
    """There is no library; the message says why."""


def library_path(prefix: str = sys.prefix) -> Path:
    """Where the library of the present sources stands, whether it exists or not."""
    return Path(prefix) / "native" / f"sprue-{platform.machine().lower()}-{digest()}{SUFFIX}"


def digest() -> str:
    """Changes with any source, header or flag."""
    whole = hashlib.sha256(" ".join(FLAGS).encode())
    for path in sorted(SOURCES.glob("*.[ch]")):
        whole.update(path.name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n"))
    return whole.hexdigest()[:16]


def find_compiler() -> list[str] | None:
    """The command of a C compiler: ``CC``, one on the path, or the one from the wheel ziglang."""
    chosen = os.environ.get("CC")
    if chosen:
        return shlex.split(chosen, posix=os.name != "nt")
    for name in ("cc", "gcc", "clang"):
        found = shutil.which(name)
        if found:
            return [found]
    if importlib.util.find_spec("ziglang") is not None:
        return [sys.executable, "-m", "ziglang", "cc", "-fno-sanitize=undefined"]
    return None


def compile_library(target: Path | None = None) -> Path:
    """Compile, unless the library is there; whoever else is compiling it at the same time.

    Raises
    ------
    CannotCompile
        No compiler, or it failed.
    """
    target = target or library_path()
    if is_whole(target):
        return target
    compiler = find_compiler()
    if compiler is None:
        raise CannotCompile("no C compiler (cc, gcc, clang, or the package ziglang)")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        made = Path(folder) / f"made{SUFFIX}"
        command = [*compiler, *FLAGS, "-o", str(made), *map(str, sorted(SOURCES.glob("*.c")))]
        if os.name != "nt":
            command += ["-fPIC", "-lm"]
        try:
            done = subprocess.run(command, capture_output=True, check=False, timeout=300)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise CannotCompile(f"{compiler[0]}: {error}") from error
        if done.returncode or not made.exists():
            said = (done.stderr or done.stdout).decode("utf-8", "replace").strip()
            raise CannotCompile(f"{compiler[0]} ended with {done.returncode}: {said[-2000:]}")
        with made.open("rb+") as whole:
            os.fsync(whole.fileno())
        _seal(target).write_text(_sha256(made), encoding="ascii")
        os.replace(made, target)
    return target


def is_whole(library: Path) -> bool:
    """Whether it is there as it was compiled: loading one cut short would end the process."""
    try:
        return _seal(library).read_text(encoding="ascii") == _sha256(library)
    except (OSError, ValueError):
        return False


def _seal(library: Path) -> Path:
    return library.with_name(library.name + ".sha256")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> int:
    """Compile and say so in one line; a machine without a compiler is no error."""
    try:
        path = compile_library()
    except (CannotCompile, OSError) as error:
        print(f"sprue: inner loops not compiled, numpy does their work: {error}", file=sys.stderr)
        return 0
    for other in path.parent.glob(f"sprue-*{SUFFIX}"):
        if other != path:
            with contextlib.suppress(OSError):  # a running sprue on Windows still holds it
                other.unlink()
                _seal(other).unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
