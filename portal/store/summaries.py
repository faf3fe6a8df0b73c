"""What a person holds, kept in the user's row so that one read tells it."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from portal.rules.terms import Strength
from portal.store.codec import KEPT_MAX, strength_from_json, strength_to_json


@dataclass(frozen=True, slots=True)
class Summary:
    """`held`: kind → strength; `counts`: kind → how many.

    `copies`: the held kinds of which nothing opens anything any more, being taken for copies.
    """

    held: Mapping[str, Strength] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    copies: frozenset[str] = frozenset()


def summary_to_json(summary: Summary) -> dict[str, Any]:
    value: dict[str, Any] = {
        "held": {kind: strength_to_json(value) for kind, value in summary.held.items()},
        "counts": dict(summary.counts),
    }
    if summary.copies:
        # Apart: a release that does not know it reads the rest.
        value["copies"] = sorted(summary.copies)
    return value


def summary_from_json(value: dict[str, Any] | str) -> Summary:
    """A summary that nobody can change: people who hold the same things may share it."""
    if isinstance(value, str):
        return _summary_in(value)
    held = {kind: strength_from_json(worth) for kind, worth in value["held"].items()}
    copies = frozenset(value.get("copies", ()))
    return Summary(MappingProxyType(held), MappingProxyType(value["counts"]), copies)


@functools.lru_cache(KEPT_MAX)
def _summary_in(text: str) -> Summary:
    return summary_from_json(json.loads(text))
