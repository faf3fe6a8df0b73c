"""Who passkeys are made for: the settings of it, read from the environment and checked.

Browsers refuse a passkey for a domain that is not theirs, so a mistake here is found at the start
and not by the people who cannot sign in.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import field
from urllib.parse import SplitResult, urlsplit

from portal.values import frozen

LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN = re.compile(rf"{LABEL}(?:\.{LABEL})*", re.ASCII)
PACKAGE = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)+", re.ASCII)
FINGERPRINT = re.compile(r"[0-9A-F]{2}(?::[0-9A-F]{2}){31}", re.ASCII)
APPLE_APP = re.compile(r"[A-Z0-9]{10}(?:\.[A-Za-z0-9-]+)+", re.ASCII)

Text = Callable[[str, str], str]


@frozen
class RelyingParty:
    """Who passkeys are made for (WebAuthn Level 3, section 5.4.2).

    `id`: a domain, by default the host of the base URL; passkeys made for another do not work.
    `related`: further origins whose pages may use them. `android`: fingerprints (SHA-256, hex with
    colons) of the certificates that the platform's apps are signed with, by package name.
    `apple`: the apps' identifiers, team and bundle. `post_quantum`: offer ML-DSA keys too.
    """

    id: str = ""
    related: tuple[str, ...] = ()
    android: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    apple: tuple[str, ...] = ()
    post_quantum: bool = False


def domain(party: RelyingParty, base_url: str) -> str:
    """The domain that passkeys are made for: the one that was named, else the base URL's host."""
    return party.id or urlsplit(base_url).hostname or ""


def read(text: Text, base_url: str, problems: list[str]) -> RelyingParty:
    """Read the PORTAL_… variables by `text(name, default)`; `problems` gets what is wrong."""
    post_quantum = text("PORTAL_PASSKEY_POST_QUANTUM", "0") or "0"
    if post_quantum not in {"0", "1"}:
        problems.append("PORTAL_PASSKEY_POST_QUANTUM: one of 0, 1")
    return RelyingParty(
        id=_id(text("PORTAL_RP_ID", ""), _parts(base_url), problems),
        related=_related(_listed(text("PORTAL_RELATED_ORIGINS", "")), problems),
        android=_android(_listed(text("PORTAL_ANDROID_APPS", "")), problems),
        apple=_apple(_listed(text("PORTAL_APPLE_APPS", "")), problems),
        post_quantum=post_quantum == "1",
    )


def _id(domain: str, base: SplitResult | None, problems: list[str]) -> str:
    """The domain, if the portal's pages may use it: their own host or one above, no top level.

    Whether a domain above is one that people register ("co.uk") only a browser's list knows.
    """
    host = (base.hostname if base is not None else None) or ""
    ours = host == domain or (host.endswith(f".{domain}") and "." in domain)
    if domain and not (ours and DOMAIN.fullmatch(domain) and not _is_address(host)):
        problems.append(
            "PORTAL_RP_ID: the host of PORTAL_BASE_URL or a domain above it, in small letters"
        )
    return domain


def _related(origins: list[str], problems: list[str]) -> tuple[str, ...]:
    if not all(map(_is_origin, origins)):
        problems.append("PORTAL_RELATED_ORIGINS: each is written https://host or https://host:port")
    return tuple(dict.fromkeys(origins))


def _is_origin(text: str) -> bool:
    """Whether a browser would send it like this: written otherwise, it would never be equal."""
    parts = _parts(text)
    if parts is None or not DOMAIN.fullmatch(parts.hostname or ""):
        return False
    port = f":{parts.port}" if parts.port not in {None, 443} else ""
    return text == f"https://{parts.hostname}{port}"


def _android(apps: list[str], problems: list[str]) -> dict[str, tuple[str, ...]]:
    """Fingerprints by package; one that is signed with several keys is named several times."""
    found: dict[str, tuple[str, ...]] = {}
    for app in apps:
        before, _, after = app.partition("=")
        package, fingerprint = before.strip(), after.strip().upper()
        found[package] = tuple(dict.fromkeys((*found.get(package, ()), fingerprint)))
    prints = [one for held in found.values() for one in held]
    if not (all(map(PACKAGE.fullmatch, found)) and all(map(FINGERPRINT.fullmatch, prints))):
        problems.append(
            "PORTAL_ANDROID_APPS: each is written package=FINGERPRINT, the SHA-256 of its "
            "certificate as 32 pairs of hex digits with colons"
        )
    return found


def _apple(apps: list[str], problems: list[str]) -> tuple[str, ...]:
    if not all(APPLE_APP.fullmatch(app) for app in apps):
        problems.append("PORTAL_APPLE_APPS: each is written TEAM.bundle, the team in 10 characters")
    return tuple(dict.fromkeys(apps))


def _listed(raw: str) -> list[str]:
    return [part.strip() for part in raw.split(",") if part.strip()]


def _parts(url: str) -> SplitResult | None:
    """The parts of an address; None for one that is none, a port of letters among others."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
