"""Which addresses a test may reach: this machine, nothing else.

It is an audit hook of the interpreter, so it patches nothing and no library can go round it from
Python. It does not see what C libraries or child processes do.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from typing import Any

# Event names and arguments: the table of audit events in the library reference.
_ADDRESS_EVENTS = {"socket.connect", "socket.sendto", "socket.bind"}
_NAME_EVENTS = {"socket.getaddrinfo", "socket.gethostbyname"}
_OWN_NAME = socket.gethostname()  # smtplib looks itself up to say who it is.


class NetworkForbidden(AssertionError):
    """A test tried to reach another machine. Not an OSError: no retry may swallow it."""


def allow_loopback_only() -> None:
    """Refuse other machines for the life of this process: a hook cannot be removed."""
    sys.addaudithook(_refuse_other_machines)


def is_loopback(host: str | bytes | None) -> bool:
    """True for this machine by name or number; an empty host means it too."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if not name or name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _refuse_other_machines(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _ADDRESS_EVENTS:
        address = arguments[1]
        # A Unix socket's address is a path, not a pair.
        host = address[0] if isinstance(address, tuple) else None
    elif event in _NAME_EVENTS:
        host = None if arguments[0] == _OWN_NAME else arguments[0]
    else:
        return
    if not is_loopback(host):
        raise NetworkForbidden(f"{event} to {host!r}: tests reach this machine only")
