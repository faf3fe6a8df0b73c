"""Mailed links: made with their mail, opened by a button, used once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from portal.edge import Edge
from portal.flows import tokens
from portal.store import links
from portal.store.links import Link, LinkKind


def make(
    edge: Edge, kind: LinkKind, *, user_id: str | None, lifetime: timedelta, **data: Any
) -> str:
    """Store a link and return its token, which goes into the mail and nowhere else."""
    token = tokens.make(edge)
    links.add(
        edge,
        kind=kind,
        token_hash=tokens.digest(token),
        user_id=user_id,
        data=data,
        lifetime=lifetime,
    )
    return token


def find(edge: Edge, kind: LinkKind, token: str) -> Link | None:
    return links.find(edge, kind, tokens.digest(token)) if token else None
