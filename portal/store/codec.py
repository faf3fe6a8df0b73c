"""Turns the small values of `rules.terms` into JSON columns and back."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from portal.rules.terms import Authentication, Category, Strength

FLAGS = ("phishing_resistant", "multi_factor", "device_bound", "restricted", "look_up_secret")


def strength_to_json(strength: Strength) -> dict[str, Any]:
    """A strength as its category and the list of flags that are set."""
    return {
        "category": str(strength.category),
        "flags": [flag for flag in FLAGS if getattr(strength, flag)],
    }


def strength_from_json(value: dict[str, Any]) -> Strength:
    return _strength(value["category"], tuple(value["flags"]))


@functools.lru_cache(256)
def _strength(category: str, flags: tuple[str, ...]) -> Strength:
    # Every page reads the same few: one for each kind of factor.
    return Strength(Category(category), **dict.fromkeys(flags, True))


def authentications_to_json(proofs: Iterable[Authentication]) -> list[list[Any]]:
    return [
        [proof.kind, strength_to_json(proof.strength), proof.at.isoformat(), proof.authenticator_id]
        for proof in proofs
    ]


def authentications_from_json(rows: list[list[Any]]) -> tuple[Authentication, ...]:
    return tuple(
        Authentication(kind, strength_from_json(strength), datetime.fromisoformat(at), identity)
        for kind, strength, at, identity in rows
    )
