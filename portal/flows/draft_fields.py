"""The fields of a draft's form, and what they say: text to a document and back.

A form says less than a document may: it is read into one here, and a document is written into it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.rules.actions import RAISABLE
from portal.rules.policy import Policy, Stance, demand, stance
from portal.rules.policy_values import Demand
from portal.rules.terms import AAL, Action, Role
from portal.store import policy_codec
from portal.store.policy_codec import NotAPolicy

ANY, THESE = "any", "these"
TICKED = "y"
MODELS_LENGTH_MAX = 6000  # Of a list as it is typed; longer ones come by the API.
MINUTES_MAX = 24 * 60
# What a role can be asked for, from the least on; "" says nothing about it.
CHOICES = ("", "off", "optional", "required", "passkey", "hardware")
DATES = ("monitored", "enforced", "grace_days", "message")


def role_field(role: Role) -> str:
    return f"role-{role}"


def method_field(kind: str) -> str:
    return f"method-{kind}"


def raised_fields(action: Action) -> tuple[str, str, str]:
    """The fields of an action: its level, its resistance, and its minutes."""
    return f"level-{action}", f"resistant-{action}", f"minutes-{action}"


# All but the methods, which are known to whoever has the registry.
FIELDS: tuple[str, ...] = (
    "draft",
    "methods",
    "attested",
    "device_bound",
    "certification",
    "allowed",
    "denied",
    "reset_approvals",
    *DATES,
    *map(role_field, Role),
    *(name for action in sorted(RAISABLE) for name in raised_fields(action)),
)


def choice(policy: Policy, role: Role) -> str:
    """What a policy says of a role, as one of `CHOICES`."""
    asked = demand(policy, [role])
    if asked is not None and asked.level is AAL.AAL3:
        return "hardware"
    if asked is not None:
        return "passkey" if asked.phishing_resistant else "required"
    if stance(policy, [role]) is Stance.OFF:
        return "off"
    return "optional" if role in policy.optional_roles else ""


def fill(policy: Policy) -> dict[str, str]:
    """What a form says that says what a policy does."""
    made = policy.restrictions
    filled = {role_field(role): choice(policy, role) for role in Role}
    filled |= {
        "methods": ANY if policy.methods is None else THESE,
        "attested": TICKED if made.attested else "",
        "device_bound": TICKED if made.device_bound else "",
        "certification": str(made.certification),
        "allowed": "\n".join(sorted(made.allowed or ())),
        "denied": "\n".join(sorted(made.denied)),
        "reset_approvals": str(policy.reset_approvals),
    }
    filled |= {method_field(kind): TICKED for kind in policy.methods or ()}
    for action, more in policy.raised.items():
        level, resistant, minutes = raised_fields(action)
        filled[level] = "" if more.level is None else str(int(more.level))
        filled[resistant] = TICKED if more.phishing_resistant else ""
        age = more.age_max
        filled[minutes] = "" if age is None else str(max(1, int(age.total_seconds()) // 60))
    return filled


def document(
    typed: Mapping[str, str], kinds: tuple[str, ...]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The document that a form says, and what is wrong: the field, and a reason."""
    wrong: dict[str, str] = {}
    chosen = {role: typed.get(role_field(role), "") for role in Role}
    wrong |= {role_field(role): "choice" for role, one in chosen.items() if one not in CHOICES}
    made: dict[str, Any] = {
        "required_roles": _roles(chosen, "required"),
        "optional_roles": _roles(chosen, "optional"),
        "off_roles": _roles(chosen, "off"),
        "demands": {
            str(role): {"level": int(more.level), "phishing_resistant": more.phishing_resistant}
            for role, one in chosen.items()
            if (more := _DEMANDS.get(one))
        },
        "restrictions": _restrictions(typed, wrong),
        "raised": _raised(typed, wrong),
        "reset_approvals": _number(typed, "reset_approvals", 1, 2, wrong, usual=1),
    }
    if typed.get("methods") == THESE:
        made["methods"] = [kind for kind in kinds if typed.get(method_field(kind))]
    return made, wrong


_DEMANDS = {
    "passkey": Demand(phishing_resistant=True),
    "hardware": Demand(AAL.AAL3, phishing_resistant=True),
}


def _roles(chosen: Mapping[Role, str], wanted: str) -> list[str]:
    return [str(role) for role, one in chosen.items() if one == wanted]


def _restrictions(typed: Mapping[str, str], wrong: dict[str, str]) -> dict[str, Any]:
    most = policy_codec.CERTIFICATION_MAX
    return {
        "attested": bool(typed.get("attested")),
        "device_bound": bool(typed.get("device_bound")),
        "certification": _number(typed, "certification", 0, most, wrong, usual=0),
        "allowed": _models(typed, "allowed", wrong) or None,
        "denied": _models(typed, "denied", wrong),
    }


def _raised(typed: Mapping[str, str], wrong: dict[str, str]) -> dict[str, Any]:
    found = {}
    for action in sorted(RAISABLE):
        level, resistant, minutes = raised_fields(action)
        asked = _number(typed, level, AAL.AAL2, AAL.AAL3, wrong, usual=None)
        age = _number(typed, minutes, 1, MINUTES_MAX, wrong, usual=None)
        resists = bool(typed.get(resistant))
        if asked or resists or age:
            found[str(action)] = {
                "level": asked,
                "phishing_resistant": resists,
                "age_max_s": age * 60 if age else None,
            }
    return found


def _models(typed: Mapping[str, str], name: str, wrong: dict[str, str]) -> list[str]:
    text = typed.get(name, "")
    if len(text) > MODELS_LENGTH_MAX:
        wrong[name] = "models_too_many"
        return []
    try:
        return [policy_codec.model(one) for one in text.replace(",", " ").split()]
    except NotAPolicy:
        wrong[name] = "no_model"
        return []


def _number(
    typed: Mapping[str, str], name: str, least: int, most: int, wrong: dict[str, str], *, usual: Any
) -> Any:
    text = typed.get(name, "").strip()
    if not text:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) < 6 and least <= int(text) <= most):
        wrong[name] = "number"
        return usual
    return int(text)
