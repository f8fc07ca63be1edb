"""Make ``.venv`` hold what a verb needs. Standard library only: nothing is installed yet.

``./sprue`` and ``predictionAPI.bat`` call this file before every verb::

    bootstrap.py check VERB      0 when .venv has all the verb needs, 3 when not
    bootstrap.py install VERB    makes it so; 0, 1 when it cannot, 130 on Ctrl-C

Requirement groups contain one another (serve < train < demo < dev < peers) and agree on every
version, so the group that is installed serves every smaller one. Markers say what is there:
``.venv/installed-<group>.txt`` is a copy of the requirement file, written after the last
package; empty, it says that an installation of this group began and never ended.

The project itself is not built: its packages are found in the checkout through a ``.pth``
line *relative* to site-packages. An editable install would write the absolute path as UTF-8,
which Python 3.11 and 3.12 on Windows read in the local code page, so that a folder with
Korean letters would not be found; and every group would need a build tool. The relative line
is plain ASCII and survives moving the folder. What is installed is recorded as the packaging
standard asks (``sprue-<version>.dist-info``), so version and owned packages can be queried.
"""

from __future__ import annotations

import os
import sys

# check runs before every verb: whatever only install needs is imported there.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OLDEST, NEWEST = (3, 11), (3, 13)  # what tensorflow supports
GROUPS = ("serve", "train", "demo", "dev", "peers")  # each contains the ones before it
GROUP_OF_VERB = {
    "serve": "serve",
    "init": "serve",
    "judge": "serve",
    "predict": "serve",
    "advise": "serve",
    "replay": "serve",
    "key": "serve",
    "letters": "serve",
    "feedback": "serve",
    "doctor": "serve",
    "model": "serve",
    "threshold": "serve",
    "coverage": "serve",
    "train": "train",
    "evaluate": "train",
    "demo": "demo",
    "simulate": "demo",
    "databases": "demo",
    "test": "dev",
    "check": "dev",
    "lock": "dev",
    "bench": "peers",
}
READY, FAILED, NOT_READY, INTERRUPTED = 0, 1, 3, 130


def group_of(verb: str) -> str:
    """The group a verb needs; no verb, ``--help`` and unknown words need the smallest.

    >>> group_of("train"), group_of("--help"), group_of("")
    ('train', 'serve', 'serve')
    """
    return GROUP_OF_VERB.get(verb, "serve")


def venv_python() -> str:
    """The interpreter inside ``.venv``, whether it exists or not."""
    tail = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    return os.path.join(ROOT, ".venv", *tail)


def is_ready(group: str) -> bool:
    """Whether ``.venv`` holds this group or a larger one, and points at this checkout."""
    if not os.path.exists(venv_python()) or not _same(_marker("pyproject"), _project_file()):
        return False
    if _contents(_marker("native")) != _native_sources():
        return False
    return any(_same(_marker(g), _lock_file(g)) for g in GROUPS[GROUPS.index(group) :])


def _marker(name: str) -> str:
    return os.path.join(ROOT, ".venv", f"installed-{name}.txt")


def _lock_file(group: str) -> str:
    return os.path.join(ROOT, "requirements", f"{group}.txt")


def _project_file() -> str:
    return os.path.join(ROOT, "pyproject.toml")


def _same(one: str, other: str) -> bool:
    try:
        with open(one, "rb") as a, open(other, "rb") as b:
            return a.read() == b.read()
    except OSError:
        return False


class BootstrapError(Exception):
    """The environment cannot be made; the message says what to do."""


def install(group: str) -> None:
    """Bring ``.venv`` to hold `group`, once, whoever else is starting at the same time."""
    with _OneAtATime():
        if is_ready(group):
            return
        wanted = max(group, _largest_begun(), key=GROUPS.index)
        if any(_begun_not_ended(g) for g in GROUPS) or not _fits(venv_python()):
            _remove_venv()
        before = {g: _contents(_marker(g)) for g in GROUPS}
        for g in GROUPS:
            if not _same(_marker(g), _lock_file(g)) and (g == wanted or before[g] is not None):
                _write(_marker(g), b"")
        if not _same(_marker(wanted), _lock_file(wanted)):
            _install_packages(wanted, before)
        _point_at_checkout()
        _compile()
        _write(_marker("pyproject"), _read(_project_file()))
        _write(_marker(wanted), _read(_lock_file(wanted)))
        for g in GROUPS[: GROUPS.index(wanted)]:
            if _contents(_marker(g)) is not None:
                os.remove(_marker(g))


def _install_packages(group: str, before: dict[str, bytes | None]) -> None:
    if not os.path.exists(venv_python()):
        _say(f"first start: making .venv with Python {sys.version.split()[0]}")
        _run([sys.executable, "-m", "venv", "--without-pip", os.path.join(ROOT, ".venv")], "venv")
    with open(_lock_file(group), encoding="utf-8") as lines:
        count = sum("==" in line for line in lines)
    _say(f"installing the packages for `{group}` (about {count}, this once)")
    there = _installed()
    try:
        _run_installer(group)
    except (BootstrapError, KeyboardInterrupt):
        if _installed() == there:  # nothing was touched (no network, say): what was complete still is
            for g, content in before.items():
                _restore(_marker(g), content)
        raise
    _say("installed")


def _run_installer(group: str) -> None:
    import shutil
    import subprocess

    quiet = [] if sys.stderr.isatty() else ["--quiet"]
    what = ["--require-hashes", "-r", _lock_file(group)]
    uv = shutil.which("uv")
    if uv:
        # Trust what the machine trusts: a company's proxy signs with a certificate of its own.
        environment = {"UV_SYSTEM_CERTS": "1", **os.environ}
        command = [uv, "pip", "install", "--compile-bytecode", "--python", venv_python(), *quiet, *what]
        done = subprocess.run(command, stdout=sys.stderr, env=environment, close_fds=False, check=False)
        if done.returncode == 0:
            return
        # uv does not read pip's configuration: a plant's mirror may be known to pip alone.
        _say("uv could not install them, trying pip")
    python = [venv_python(), "-m"]
    if subprocess.run([*python, "pip", "--version"], capture_output=True, check=False).returncode:
        _run([*python, "ensurepip", "--default-pip"], "ensurepip")
    _run([*python, "pip", "install", "--disable-pip-version-check", "--no-input", *quiet, *what], "pip")


ADVICE = {
    "venv": "Is the folder writable and the disk not full?",
    "ensurepip": "This Python has no pip; on Debian and Ubuntu: apt install python3-venv",
    "pip": "The Python package registry (or the mirror in pip's configuration) must be reachable "
    "and the disk not full; on Windows stop a running sprue first. Then start again.",
}


def _run(command: list[str], step: str) -> None:
    import subprocess

    # PIP_USER in the environment would send the packages elsewhere. Standard output is the verb's.
    environment = {**os.environ, "PIP_USER": "0"}
    environment.pop("PYTHONHOME", None)
    code = subprocess.run(
        command, stdout=sys.stderr, env=environment, close_fds=False, check=False
    ).returncode
    if code != 0:
        msg = f"{step} ended with {code}. {ADVICE[step]}"
        raise BootstrapError(msg)


def _point_at_checkout() -> None:
    import tomllib

    site = _site_packages()
    with open(_project_file(), "rb") as stream:
        project = tomllib.load(stream)
    version = project["project"]["version"]
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    for old in site.glob("sprue-*.dist-info"):
        _remove_tree(str(old))
    info = f"sprue-{version}.dist-info"
    files = {
        "sprue.pth": os.path.relpath(ROOT, site) + "\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: sprue\nVersion: {version}\n",
        f"{info}/INSTALLER": "sprue\n",
        f"{info}/top_level.txt": "".join(f"{p}\n" for p in packages),
    }
    files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    (site / info).mkdir()
    for name, text in files.items():
        (site / name).write_text(text, encoding="utf-8")
    (site / "_sprue.pth").unlink(missing_ok=True)  # an editable install by another tool


def _native_sources() -> bytes:
    """What the compiled library is made of, names and contents; empty in a copy without sources."""
    folder = os.path.join(ROOT, "native", "source")
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    return b"".join(name.encode() + b"\n" + _read(os.path.join(folder, name)) for name in names)


def _compile() -> None:
    """Compile the inner loops where a compiler is found; without one numpy does their work."""
    import subprocess

    sources = _native_sources()
    if sources:
        command = [venv_python(), "-m", "native.compiler"]
        subprocess.run(command, cwd=ROOT, stdout=sys.stderr, check=False)
    _write(_marker("native"), sources)


def _site_packages() -> Path:
    import subprocess
    from pathlib import Path

    ask = "import sysconfig, sys; sys.stdout.buffer.write(sysconfig.get_path('purelib').encode())"
    answer = subprocess.run([venv_python(), "-I", "-c", ask], capture_output=True, check=True)
    return Path(answer.stdout.decode())


def _installed() -> set[str]:
    names = {p.name for p in _site_packages().glob("*.dist-info")}
    return {name for name in names if not name.startswith(("pip-", "setuptools-"))}


def _fits(python: str) -> bool:
    import subprocess

    if not os.path.exists(python):
        return False
    ask = f"import sys; sys.exit(not {OLDEST} <= sys.version_info[:2] <= {NEWEST})"
    try:
        return subprocess.run([python, "-I", "-c", ask], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _largest_begun() -> str:
    begun = [g for g in GROUPS if _contents(_marker(g)) is not None]
    return begun[-1] if begun else GROUPS[0]


def _begun_not_ended(group: str) -> bool:
    return _contents(_marker(group)) == b""


def _remove_venv() -> None:
    if os.path.lexists(os.path.join(ROOT, ".venv")):
        _say("removing an unfinished or unusable .venv")
        _remove_tree(os.path.join(ROOT, ".venv"))


def _remove_tree(path: str) -> None:
    import shutil

    try:
        shutil.rmtree(path)
    except OSError as error:
        msg = f"cannot remove {path!r}: {error}. Stop whatever runs from it, delete it, and start again."
        raise BootstrapError(msg) from None


def _contents(path: str) -> bytes | None:
    try:
        return _read(path)
    except FileNotFoundError:
        return None


def _read(path: str) -> bytes:
    with open(path, "rb") as stream:
        return stream.read()


def _write(path: str, content: bytes) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".new", "wb") as stream:
        stream.write(content)
    os.replace(path + ".new", path)


def _restore(path: str, content: bytes | None) -> None:
    if content is None:
        if os.path.exists(path):
            os.remove(path)
    else:
        _write(path, content)


class _OneAtATime:
    """A lock on ``.venv.lock``, beside ``.venv`` because ``.venv`` may be removed under it."""

    def __enter__(self) -> None:
        self.stream = open(os.path.join(ROOT, ".venv.lock"), "ab")  # __exit__ closes it
        if self._try():
            return
        _say("another start is installing, waiting for it")
        while not self._try(wait=True):
            pass

    def __exit__(self, *_: object) -> None:
        self.stream.close()

    def _try(self, wait: bool = False) -> bool:
        import errno

        try:
            if sys.platform == "win32":
                import msvcrt

                # LK_LOCK itself gives up after ten seconds.
                msvcrt.locking(self.stream.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(self.stream, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
                # The installer inherits the lock: it may outlive a killed parent.
                os.set_inheritable(self.stream.fileno(), True)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EACCES, errno.EDEADLK):
                return False
            raise
        return True


def _say(text: str) -> None:
    print(f"sprue: {text}", file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    """``check VERB`` or ``install VERB``; the exit status says how it ended."""
    action, group = arguments[0], group_of(arguments[1] if len(arguments) > 1 else "")
    if action == "check":
        fits = OLDEST <= sys.version_info[:2] <= NEWEST
        return READY if fits and is_ready(group) else NOT_READY
    try:
        install(group)
    except (BootstrapError, OSError) as error:
        _say(str(error))
        return FAILED
    except KeyboardInterrupt:
        _say("installation stopped; the next start begins it again")
        return INTERRUPTED
    return READY


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
