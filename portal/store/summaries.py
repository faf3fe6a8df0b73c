"""What a person holds, kept in the user's row so that one read tells it."""

from __future__ import annotations

import functools
import json
from datetime import datetime
from types import MappingProxyType
from typing import Any

from portal.rules.terms import Holdings, Make, Traits
from portal.store.codec import KEPT_MAX, strength_from_json, strength_to_json

TRAITS = tuple(Traits.__dataclass_fields__)


def summary_to_json(summary: Holdings) -> dict[str, Any]:
    value: dict[str, Any] = {
        "held": {kind: strength_to_json(value) for kind, value in summary.held.items()},
        "counts": dict(summary.counts),
    }
    # Apart: a release that does not know them reads the rest.
    if summary.copies:
        value["copies"] = sorted(summary.copies)
    if summary.makes:
        value["makes"] = {
            identity: {
                "kind": make.kind,
                "strength": strength_to_json(make.strength),
                "traits": {name: getattr(make.traits, name) for name in TRAITS},
            }
            for identity, make in summary.makes.items()
        }
    if summary.until:
        value["until"] = {kind: end.isoformat() for kind, end in summary.until.items()}
    return value


def summary_from_json(value: dict[str, Any] | str) -> Holdings:
    """A summary that nobody can change: people who hold the same things may share it."""
    if isinstance(value, str):
        return _summary_in(value)
    held = {kind: strength_from_json(worth) for kind, worth in value["held"].items()}
    makes = {identity: _make(make) for identity, make in value.get("makes", {}).items()}
    until = {kind: datetime.fromisoformat(end) for kind, end in value.get("until", {}).items()}
    return Holdings(
        MappingProxyType(held),
        MappingProxyType(value["counts"]),
        frozenset(value.get("copies", ())),
        MappingProxyType(makes),
        MappingProxyType(until),
    )


def _make(value: dict[str, Any]) -> Make:
    known = {name: value["traits"][name] for name in TRAITS if name in value["traits"]}
    return Make(value["kind"], strength_from_json(value["strength"]), Traits(**known))


@functools.lru_cache(KEPT_MAX)
def _summary_in(text: str) -> Holdings:
    return summary_from_json(json.loads(text))
