"""Turns policies into JSON and back, and says what is wrong with a document that is none.

An unknown field is refused wherever it is met: at publishing it is a mistake, in the database a
newer release's, and a release that does not know what a policy asks must not act as if it asked
nothing.
"""

from __future__ import annotations

import functools
import json
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from portal.edge import Unavailable
from portal.rules.policy_values import (
    Asked,
    Demand,
    Line,
    Policy,
    Raised,
    Restrictions,
    Step,
)
from portal.rules.terms import AAL, Action, Role

MODELS_MAX = 500  # Of a list of models; FIDO's metadata knows fewer.
CERTIFICATION_MAX = 3
AGE_MAX = timedelta(hours=24)
METHODS_MAX = 20
GRACE_MAX_S = 366 * 24 * 60 * 60
INSTANT_MAX = 2**33
KIND = re.compile("[a-z_]{1,32}")
FIELDS = (
    "version required_roles restrictions raised"
    " demands optional_roles off_roles methods reset_approvals"
)


class NotAPolicy(ValueError):
    """The document does not say what a policy can say; the message names the field."""


def to_json(asked: Policy) -> dict[str, Any]:
    """A policy, always in the same order: equal policies are equal texts."""
    restrictions = asked.restrictions
    allowed = restrictions.allowed
    return _newer_fields(asked) | {
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


def _newer_fields(asked: Policy) -> dict[str, Any]:
    """What the release before does not know: written only where it says something."""
    found = {
        "demands": {
            str(role): {"level": int(more.level), "phishing_resistant": more.phishing_resistant}
            for role, more in sorted(asked.demands.items())
        },
        "optional_roles": sorted(str(role) for role in asked.optional_roles),
        "off_roles": sorted(str(role) for role in asked.off_roles),
        "reset_approvals": asked.reset_approvals if asked.reset_approvals > 1 else None,
    }
    said: dict[str, Any] = {name: value for name, value in found.items() if value}
    if asked.methods is not None:
        said["methods"] = sorted(asked.methods)
    return said


def from_json(document: object) -> Policy:
    """The policy that a document says. Raises NotAPolicy."""
    fields = _fields(document, "policy", FIELDS)
    restrictions = _fields(
        fields.get("restrictions", {}),
        "restrictions",
        "attested device_bound certification allowed denied",
    )
    allowed = restrictions.get("allowed")
    raised, demands = _object(fields, "raised"), _object(fields, "demands")
    methods = fields.get("methods")
    return Policy(
        version=_text(fields.get("version", ""), "version"),
        required_roles=_roles(fields, "required_roles"),
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
        demands={_member(Role, name, "demands"): _demand(more) for name, more in demands.items()},
        optional_roles=_roles(fields, "optional_roles"),
        off_roles=_roles(fields, "off_roles"),
        methods=None if methods is None else _methods(methods),
        reset_approvals=_number(fields.get("reset_approvals", 1), "reset_approvals", 1, 2),
    )


def model(text: str) -> str:
    """An AAGUID as it is written here. Raises NotAPolicy."""
    try:
        return str(uuid.UUID(text))
    except ValueError as error:
        raise NotAPolicy(f"no model: {text[:40]}") from error


def asked_to_json(asked: Asked) -> dict[str, Any]:
    """What is asked of an organisation's people; without steps it is as a policy alone."""
    if not asked.lines:
        return to_json(asked.policy)
    return {**to_json(asked.policy), "lines": [line_to_json(line) for line in asked.lines]}


def asked_from_json(document: dict[str, Any]) -> Asked:
    """Raises NotAPolicy."""
    own = {name: value for name, value in document.items() if name != "lines"}
    lines = _list(document.get("lines", []), "lines")
    return Asked(from_json(own), tuple(line_from_json(line) for line in lines))


def line_to_json(line: Line) -> dict[str, Any]:
    return {"base": to_json(line.base), "steps": [step_to_json(step) for step in line.steps]}


def line_from_json(document: object) -> Line:
    """Raises NotAPolicy."""
    fields = _fields(document, "line", "base steps")
    steps = tuple(step_from_json(step) for step in _list(fields.get("steps"), "steps"))
    return Line(from_json(fields.get("base")), steps)


def step_to_json(step: Step) -> dict[str, Any]:
    return {
        "policy": to_json(step.policy),
        "announced_at": to_seconds(step.announced_at),
        "monitored_at": to_seconds(step.monitored_at),
        "enforced_at": to_seconds(step.enforced_at),
        "grace_s": int(step.grace.total_seconds()),
    }


def step_from_json(document: object) -> Step:
    """Raises NotAPolicy."""
    fields = _fields(document, "step", "policy announced_at monitored_at enforced_at grace_s")
    return Step(
        from_json(fields.get("policy")),
        announced_at=_instant(fields, "announced_at"),
        monitored_at=_instant(fields, "monitored_at"),
        enforced_at=_instant(fields, "enforced_at"),
        grace=timedelta(seconds=_number(fields.get("grace_s"), "grace_s", 0, GRACE_MAX_S)),
    )


def to_seconds(instant: datetime) -> int:
    """Whole seconds: a step begins with one, and both databases write it alike."""
    return int(instant.timestamp())


@functools.lru_cache(512)
def effective(text: str | None) -> Asked | None:
    """What is asked of an organisation's people, from its column; None for the built-in policy.

    Each request reads it; of a text the value is made once. Raises Unavailable for what this
    release cannot read: refusing to serve is all that it can rightly do.
    """
    stored = json.loads(text) if text is not None else None
    if stored is None:
        return None
    try:
        return asked_from_json(stored)
    except NotAPolicy as error:
        raise Unavailable(f"a policy of another release: {error}") from error


def _demand(value: object) -> Demand:
    fields = _fields(value, "demands", "level phishing_resistant")
    level = _number(fields.get("level", int(AAL.AAL2)), "level", AAL.AAL2, AAL.AAL3)
    return Demand(AAL(level), _flag(fields, "phishing_resistant"))


def _methods(value: object) -> frozenset[str]:
    """Kinds of second factors; which of them exist the flow knows, for it has the registry."""
    listed = [_text(kind, "methods") for kind in _list(value, "methods")]
    if len(listed) > METHODS_MAX or any(not KIND.fullmatch(kind) for kind in listed):
        raise NotAPolicy("methods")
    return frozenset(listed)


def _roles(fields: Mapping[str, Any], name: str) -> frozenset[Role]:
    return frozenset(_member(Role, role, name) for role in _list(fields.get(name, []), name))


def _object(fields: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = fields.get(name, {})
    if not isinstance(value, dict):
        raise NotAPolicy(name)
    return value


def _instant(fields: Mapping[str, Any], name: str) -> datetime:
    return datetime.fromtimestamp(_number(fields.get(name), name, 0, INSTANT_MAX), UTC)


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
