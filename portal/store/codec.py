"""Turns the small values of `rules.terms` into JSON columns and back.

What comes back may be text too, as SQLite keeps it: a prepared statement leaves it so, and a text
that was read before is not read again. The values are frozen, so that they can be shared.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from portal.rules.terms import Authentication, Category, Strength

KEPT_MAX = 1024  # Texts of a few hundred bytes each.
FLAGS = ("phishing_resistant", "multi_factor", "device_bound", "restricted", "look_up_secret")
# Flags apart: a release that does not know one does without it.
MORE_FLAGS = ("hardware_protected", "issued")


def strength_to_json(strength: Strength) -> dict[str, Any]:
    """A strength as its category and the list of flags that are set."""
    value: dict[str, Any] = {
        "category": str(strength.category),
        "flags": [flag for flag in FLAGS if getattr(strength, flag)],
    }
    if more := [flag for flag in MORE_FLAGS if getattr(strength, flag)]:
        value["more"] = more
    return value


def strength_from_json(value: dict[str, Any] | str) -> Strength:
    if isinstance(value, str):
        return _strength_in(value)
    return _strength(value["category"], tuple(value["flags"]), tuple(value.get("more", ())))


@functools.lru_cache(256)
def _strength_in(text: str) -> Strength:
    return strength_from_json(json.loads(text))


@functools.lru_cache(256)
def _strength(category: str, flags: tuple[str, ...], more: tuple[str, ...]) -> Strength:
    # Every page reads the same few: one for each kind of factor.
    known = [flag for flag in more if flag in MORE_FLAGS]
    return Strength(Category(category), **dict.fromkeys((*flags, *known), True))


def authentications_to_json(proofs: Iterable[Authentication]) -> list[list[Any]]:
    return [
        [proof.kind, strength_to_json(proof.strength), proof.at.isoformat(), proof.authenticator_id]
        for proof in proofs
    ]


def authentications_from_json(rows: list[list[Any]] | str) -> tuple[Authentication, ...]:
    if isinstance(rows, str):
        return _authentications_in(rows)
    return tuple(
        Authentication(kind, strength_from_json(strength), datetime.fromisoformat(at), identity)
        for kind, strength, at, identity in rows
    )


@functools.lru_cache(KEPT_MAX)
def _authentications_in(text: str) -> tuple[Authentication, ...]:
    return authentications_from_json(json.loads(text))
