"""Turns policies into JSON and back, and says what is wrong with a document that is none.

An unknown field is refused wherever it is met: at publishing it is a mistake, in the database a
newer release's, and a release that does not know what a policy asks must not act as if it asked
nothing.
"""

from __future__ import annotations

import functools
import json
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from portal.edge import Unavailable
from portal.rules.policy_values import Policy, Raised, Restrictions
from portal.rules.terms import AAL, Action, Role

MODELS_MAX = 500  # Of a list of models; FIDO's metadata knows fewer.
CERTIFICATION_MAX = 3
AGE_MAX = timedelta(hours=24)


class NotAPolicy(ValueError):
    """The document does not say what a policy can say; the message names the field."""


def to_json(asked: Policy) -> dict[str, Any]:
    """A policy, always in the same order: equal policies are equal texts."""
    restrictions = asked.restrictions
    allowed = restrictions.allowed
    return {
        "version": asked.version,
        "required_roles": sorted(str(role) for role in asked.required_roles),
        "restrictions": {
            "attested": restrictions.attested,
            "device_bound": restrictions.device_bound,
            "certification": restrictions.certification,
            "allowed": None if allowed is None else sorted(allowed),
            "denied": sorted(restrictions.denied),
        },
        "raised": {
            str(action): {
                "level": None if more.level is None else int(more.level),
                "phishing_resistant": more.phishing_resistant,
                "age_max_s": None if more.age_max is None else int(more.age_max.total_seconds()),
            }
            for action, more in sorted(asked.raised.items())
        },
    }


def from_json(document: object) -> Policy:
    """The policy that a document says. Raises NotAPolicy."""
    fields = _fields(document, "policy", "version required_roles restrictions raised")
    restrictions = _fields(
        fields.get("restrictions", {}),
        "restrictions",
        "attested device_bound certification allowed denied",
    )
    allowed = restrictions.get("allowed")
    raised = fields.get("raised", {})
    if not isinstance(raised, dict):
        raise NotAPolicy("raised")
    return Policy(
        version=_text(fields.get("version", ""), "version"),
        required_roles=frozenset(
            _member(Role, role, "required_roles")
            for role in _list(fields.get("required_roles", []), "required_roles")
        ),
        restrictions=Restrictions(
            attested=_flag(restrictions, "attested"),
            device_bound=_flag(restrictions, "device_bound"),
            certification=_number(
                restrictions.get("certification", 0), "certification", 0, CERTIFICATION_MAX
            ),
            allowed=None if allowed is None else _models(allowed, "allowed"),
            denied=_models(restrictions.get("denied", []), "denied"),
        ),
        raised={_member(Action, name, "raised"): _raised(more) for name, more in raised.items()},
    )


def model(text: str) -> str:
    """An AAGUID as it is written here. Raises NotAPolicy."""
    try:
        return str(uuid.UUID(text))
    except ValueError as error:
        raise NotAPolicy(f"no model: {text[:40]}") from error


@functools.lru_cache(512)
def effective(text: str | None) -> Policy | None:
    """An organisation's effective policy from its column; None for the built-in one.

    Each request reads it; of a text the policy is made once. Raises Unavailable for what this
    release cannot read: refusing to serve is all that it can rightly do.
    """
    stored = json.loads(text) if text is not None else None
    if stored is None:
        return None
    try:
        return from_json(stored)
    except NotAPolicy as error:
        raise Unavailable(f"a policy of another release: {error}") from error


def _raised(value: object) -> Raised:
    fields = _fields(value, "raised", "level phishing_resistant age_max_s")
    level, age = fields.get("level"), fields.get("age_max_s")
    longest = int(AGE_MAX.total_seconds())
    return Raised(
        level=None if level is None else AAL(_number(level, "level", AAL.AAL2, AAL.AAL3)),
        phishing_resistant=_flag(fields, "phishing_resistant"),
        age_max=None if age is None else timedelta(seconds=_number(age, "age", 60, longest)),
    )


def _fields(value: object, name: str, known: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise NotAPolicy(name)
    unknown = sorted(set(value) - set(known.split()))
    if unknown:
        raise NotAPolicy(f"unknown field: {str(unknown[0])[:40]}")
    return value


def _flag(fields: Mapping[str, Any], name: str) -> bool:
    value = fields.get(name, False)
    if not isinstance(value, bool):
        raise NotAPolicy(name)
    return value


def _number(value: object, name: str, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise NotAPolicy(name)
    return value


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise NotAPolicy(name)
    return value


def _list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise NotAPolicy(name)
    return value


def _models(value: object, name: str) -> frozenset[str]:
    listed = frozenset(model(_text(one, name)) for one in _list(value, name))
    if len(listed) > MODELS_MAX:
        raise NotAPolicy(f"{name}: {MODELS_MAX} models at most")
    return listed


def _member(kind: Any, value: object, name: str) -> Any:
    try:
        return kind(value)
    except ValueError as error:
        raise NotAPolicy(f"{name}: {str(value)[:40]}") from error
