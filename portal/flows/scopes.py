"""What a machine's token may be good for: the one list of scopes.

Pages show them in the words of `web.scope_words`; a route of machines names the one that it needs.
"""

from __future__ import annotations

from portal.flows import intake

# Data of the platform: what comes in is money and bank accounts that count at once. So the
# operators give these by command, and no administrator gives them to a machine of their own.
IMPORTS: tuple[str, ...] = tuple(f"import:{kind}" for kind in intake.KINDS)
# What an administrator may let a machine do in their organisation.
MANAGEMENT: tuple[str, ...] = (
    "policy:read",
    "policy:write",
    "members:read",
    "resets:read",
    "resets:request",
    "announcements:read",
    "announcements:write",
    "audit:read",
)
SCOPES: tuple[str, ...] = (*IMPORTS, *MANAGEMENT)


def scope_field(scope: str) -> str:
    """The field of a form that gives a scope: a tick is a field of its own."""
    return f"scope_{scope.replace(':', '_')}"
