"""Addresses that an organisation may have events sent to: what can be told from the text alone.

Names are not looked up here: what a name leads to can change at any moment, so whoever sends must
look again then.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

LENGTH_MAX = 500
NAME_MAX = 253
# A last part that begins with a letter: an address written in numbers, in whatever base, has none
# (WHATWG URL, "ends in a number").
_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
# Names that mean something inside a network only (RFC 6761, 6762, 7686, 8375, 9476).
PRIVATE = frozenset(
    {"localhost", "local", "internal", "intranet", "private", "corp", "home", "lan", "onion", "alt"}
    | {"localdomain", "arpa", "test", "invalid"}
)


def problem_with(address: str) -> str | None:
    """Why nothing may be sent to an address; None when its text allows it.

    The reasons: `shape`, `https`, `credentials`, `fragment`, `port`, `number`, `private`, `long`.
    """
    if len(address) > LENGTH_MAX:
        return "long"
    if not address.isascii() or not address.isprintable() or set(address) & set(' \\"<>^`{|}'):
        return "shape"
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "shape"
    if parts.scheme != "https":
        return "https"
    if "@" in parts.netloc:
        return "credentials"
    if "#" in address:
        return "fragment"
    if port not in {None, 443} or parts.netloc.endswith(":"):
        return "port"
    return _problem_with_host(host)


def host_of(address: str) -> str:
    """The name in an address: what logs and mail may say of it, for its path can hold a secret."""
    return urlsplit(address).hostname or ""


def _problem_with_host(host: str) -> str | None:
    if _is_number(host):
        return "number"
    labels = host.rstrip(".").split(".")
    if len(labels) == 1 or labels[-1] in PRIVATE:
        return "private" if host else "shape"
    if len(host) > NAME_MAX or not _NAME.fullmatch(host):
        return "shape"
    return None


def _is_number(host: str) -> bool:
    """Whether a host is an address written in numbers rather than a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        last = host.rstrip(".").rpartition(".")[2]
        return ":" in host or bool(re.fullmatch(r"\d+|0x[0-9a-f]*", last))
    return True
