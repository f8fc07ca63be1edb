"""Runs one server for as long as whoever started it lives; a script of its own, standard library only.

The parent keeps the write end of this process's standard input. When the parent ends,
however it ends (kill -9 too), the system closes that pipe: the guardian reads the end
of file and stops the server. Should the guardian itself be killed, Linux ends the
server through its parent-death signal.

Run as ``python -I guardian.py JSON`` where the JSON object holds

``command``
    Program and arguments. Without ``stop`` it is the server itself.
``stop``
    Command that stops what ``command`` left in the background (Windows services style),
    or null.
``signal``
    Signal that asks the server to end; after ``grace_s`` seconds it is killed.
``user``
    ``"namespace"``: a user namespace in which root has another number (PostgreSQL
    refuses to run as root); a number: change to that user; null: stay who we are.

The first line of standard output is the server's process id.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable

UNPRIVILEGED = 65534
"""Number root goes by inside the namespace ("nobody" everywhere)."""
_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1


def enter_user_namespace() -> None:
    """Become number `UNPRIVILEGED` in a new user namespace while owning the same files as before.

    Raises
    ------
    OSError
        The kernel or a container's rules do not allow it.
    """
    uid, gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWUSER) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    maps = {"setgroups": "deny", "uid_map": f"{UNPRIVILEGED} {uid} 1", "gid_map": f"{UNPRIVILEGED} {gid} 1"}
    for name, text in maps.items():
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


def _prepare(user: str | int | None) -> Callable[[], None] | None:
    """What the child does between fork and exec. This process has one thread: that is safe here."""
    if os.name == "nt":
        return None

    def in_child() -> None:
        if user == "namespace":
            enter_user_namespace()
        elif isinstance(user, int):
            os.setgroups([])
            os.setgid(user)
            os.setuid(user)
        # After the change of user, which would clear it.
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    return in_child


def main(order: dict[str, object]) -> int:
    """Start the server, wait for its end or the parent's; the server's exit status."""
    command, stop = order["command"], order.get("stop")
    user = order.get("user")
    assert isinstance(command, list)
    assert user is None or isinstance(user, str | int)
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, preexec_fn=_prepare(user))
    print(server.pid, flush=True)

    def end_with_parent() -> None:
        # Below Python's buffers: a lock held there by this thread would break the exit.
        while os.read(0, 1):
            pass
        if stop is not None:
            assert isinstance(stop, list)
            subprocess.run(stop, stdin=subprocess.DEVNULL, check=False)
            return
        with contextlib.suppress(ProcessLookupError):
            server.send_signal(int(str(order["signal"])))
        try:
            server.wait(float(str(order["grace_s"])))
        except subprocess.TimeoutExpired:
            server.kill()

    watcher = threading.Thread(target=end_with_parent, daemon=True)
    watcher.start()
    status = server.wait()
    if stop is not None and status == 0:
        watcher.join()
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
