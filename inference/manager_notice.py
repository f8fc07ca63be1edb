"""Telling systemd how the service is (``Type=notify``): one datagram to ``NOTIFY_SOCKET``."""

from __future__ import annotations

import os
import socket

READY, ALIVE, STOPPING = "READY=1", "WATCHDOG=1", "STOPPING=1"


def tell_manager(notice: str) -> bool:
    """Send a notice; whether there was somebody to tell.

    Without systemd, and where the socket is gone, nothing happens: a service runs without
    a manager, too.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")) or not hasattr(socket, "AF_UNIX"):
        return False
    if address.startswith("@"):  # a name in the abstract space
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.setblocking(False)
            channel.sendto(notice.encode(), address)
    except OSError:
        return False
    return True
