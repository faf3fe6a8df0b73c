"""Names of places for network addresses: from an MMDB file, or a small table of our own.

The table knows the documentation networks (RFC 5737, RFC 3849) and this machine, so that
development and tests have places without any data. An address that nobody knows has none.
"""

from __future__ import annotations

import ipaddress
from typing import Any

OWN = (
    ("127.0.0.0/8", "This computer"),
    ("::1/128", "This computer"),
    ("192.0.2.0/24", "Spain"),
    ("198.51.100.0/24", "Germany"),
    ("203.0.113.0/24", "Japan"),
    ("2001:db8::/32", "France"),
)


class Places:
    """Looks addresses up. `path`: an MMDB file with country records, or empty."""

    def __init__(self, path: str = "") -> None:
        self.own = [(ipaddress.ip_network(network), name) for network, name in OWN]
        self.reader: Any = None
        if path:
            # Imported on use: most installations run without a file.
            import maxminddb

            self.reader = maxminddb.open_database(path)

    def place_of(self, address: str) -> str | None:
        """The country (or "This computer"); None when it is not known."""
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return None
        for network, name in self.own:
            if parsed in network:
                return name
        record = self.reader.get(parsed) if self.reader is not None else None
        return _country(record)


def _country(record: Any) -> str | None:
    """The country of a flat or a nested record, as the free files have them."""
    if not isinstance(record, dict):
        return None
    nested = record.get("country")
    if isinstance(nested, dict):
        names = nested.get("names") or {}
        return names.get("en") or nested.get("iso_code")
    return record.get("country_code")
