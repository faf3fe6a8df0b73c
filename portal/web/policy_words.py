"""What a policy says, in sentences; who would be stopped and why; what is wrong with a draft."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from portal.edge import Catalogue
from portal.flows import draft_fields
from portal.flows.policy_pages import Source
from portal.rules.policy import Policy
from portal.rules.policy_values import Raised, Restrictions
from portal.rules.terms import AAL, Action, Role
from portal.values import frozen
from portal.web import here, messages, tasks
from portal.web.words import Phrase, gettext, lazy_gettext, ngettext

# What a role can be asked for, from the least on; "" says nothing about it.
CHOICES: dict[str, Phrase] = {
    "": lazy_gettext("Nothing said here"),
    "off": lazy_gettext("Off: nobody is asked to enrol"),
    "optional": lazy_gettext("Optional: everybody may enrol"),
    "required": lazy_gettext("A second factor is required"),
    "passkey": lazy_gettext("A passkey or security key is required"),
    "hardware": lazy_gettext("A certified hardware key is required"),
}
_ROLE_RULES: dict[str, Phrase] = {
    "off": lazy_gettext("%(role)s: nobody is asked to enrol a second factor."),
    "optional": lazy_gettext("%(role)s: a second factor is optional."),
    "required": lazy_gettext("%(role)s: must have a second factor."),
    "passkey": lazy_gettext("%(role)s: must use a passkey or a security key."),
    "hardware": lazy_gettext("%(role)s: must use a certified hardware key."),
}
_BLOCKED: dict[str, Phrase] = {
    "no_such_method": lazy_gettext(
        "A method is allowed that this portal does not have. Choose from the list."
    ),
    "no_method": lazy_gettext("No method would be left that is allowed. Allow at least one."),
    "no_second_factor": lazy_gettext(
        "Nothing that is allowed can be a second factor. Allow at least one that is no backup code."
    ),
    "nobody_can_enrol": lazy_gettext(
        "Nothing that is allowed could ever do for what is asked. Allow a stronger method, or ask "
        "for less."
    ),
    "not_in_plan": lazy_gettext(
        "Your plan does not include what is asked for. Change the plan first, or ask for less."
    ),
    "nothing_allowed": lazy_gettext(
        "No make of passkey would be left that is allowed. Allow another one, or deny fewer."
    ),
    "not_raisable": lazy_gettext(
        "One of the operations stays open whatever a policy asks. Take it out."
    ),
    "dates_out_of_order": lazy_gettext(
        "The dates are in the past or out of order. Monitoring begins first, enforcing follows: "
        "change the dates."
    ),
    "dates_too_far": lazy_gettext(
        "This ends more than a year from now. Choose an earlier date or fewer days of grace."
    ),
    "dates_unreadable": lazy_gettext("Write each date as a day and a time."),
    "no_dates": lazy_gettext(
        "There is no date from which this holds. Choose one in the draft, or enforce it now."
    ),
    "on_its_way": lazy_gettext(
        "A version is on its way with its own dates. Change the draft and publish that."
    ),
    "nothing_published": lazy_gettext(
        "Nothing was published yet, so there is nothing to return to."
    ),
    "not_a_policy": lazy_gettext("This says something that no policy can say: %(where)s"),
}
_BLOCKED_BELOW = lazy_gettext("Together with the policy of %(where)s: %(why)s")


@frozen
class Rule:
    """A sentence of a policy, and who says it. An empty list: it is said here alone."""

    key: str
    text: str
    sources: tuple[str, ...] = ()


def sentences(policy: Policy) -> dict[str, str]:
    """Every rule of a policy by a key of its subject: two policies are compared by these."""
    found: dict[str, str] = {}
    for role in Role:
        if choice := draft_fields.choice(policy, role):
            found[f"role-{role}"] = _ROLE_RULES[choice] % {"role": messages.role(role)}
    if policy.methods is not None:
        found["methods"] = gettext("Second factors: only %(methods)s.", methods=methods(policy))
    found |= _makes(policy.restrictions)
    for action, more in sorted(policy.raised.items()):
        if text := _raised(action, more):
            found[f"raised-{action}"] = text
    if policy.reset_approvals > 1:
        found["reset_approvals"] = ngettext(
            "A reset takes the approval of %(num)s person.",
            "A reset takes the approval of %(num)s people.",
            policy.reset_approvals,
        )
    return found


def rules(policy: Policy, sources: Iterable[Source]) -> list[Rule]:
    """A policy's sentences, each with whose policies say exactly that."""
    said = [(one, sentences(one.policy)) for one in sources]
    return [
        Rule(key, text, tuple(_who(one) for one, own in said if own.get(key) == text))
        for key, text in sentences(policy).items()
    ]


def notes(sources: Iterable[Source]) -> dict[str, list[str]]:
    """What stands above an organisation, by the key of its subject: "Already asked by HQ: …"."""
    found: dict[str, list[str]] = {}
    for source in sources:
        for key, text in sentences(source.policy).items():
            if (
                not key.startswith("role-")
                or draft_fields.choice(source.policy, Role(key[5:])) != "off"
            ):
                line = gettext("Already asked by %(who)s: %(what)s", who=_who(source), what=text)
                found.setdefault(key, []).append(line)
    return found


def differences(old: Policy, new: Policy) -> list[tuple[str, str | None, str | None]]:
    """What two policies say otherwise: key, then what the old one says and the new one."""
    before, after = sentences(old), sentences(new)
    keys = dict.fromkeys((*before, *after))
    changed = (key for key in keys if before.get(key) != after.get(key))
    return [(key, before.get(key), after.get(key)) for key in changed]


def methods(policy: Policy) -> str:
    """The kinds that a policy allows, in words."""
    kinds = sorted(policy.methods or ())
    return ", ".join(method(kind) for kind in kinds) or gettext("none")


def method(kind: str) -> str:
    """A kind by its name; one that this release does not know, as it is written."""
    return messages.label(kind) or kind


def model(aaguid: str) -> str:
    """A make of authenticator: its name where the metadata has one, and its AAGUID."""
    catalogue: Catalogue = here.app().extensions["portal_catalogue"]
    name = catalogue.provider(aaguid)
    return f"{name} ({aaguid})" if name else aaguid


def operation(action: Action) -> str:
    return str(tasks.OPERATIONS[action])


def blocked(reason: str) -> str:
    """Why a policy is not published, and what to do; a reason may name an organisation."""
    code, _, where = reason.partition(": ")
    if code == "self_locking":
        return gettext(
            "This would lock out %(names)s, who could then undo nothing: they can enrol nothing "
            "that would do. Allow a method that they can enrol, or ask for less.",
            names=where,
        )
    words = _BLOCKED.get(code)
    if words is None or code == "not_a_policy":
        return _BLOCKED["not_a_policy"] % {"where": where or code}
    return _BLOCKED_BELOW % {"where": where, "why": words} if where else str(words)


def _who(source: Source) -> str:
    return source.name or gettext("the portal itself")


def _makes(asked: Restrictions) -> Mapping[str, str]:
    found = {}
    if asked.attested:
        found["attested"] = gettext("Passkeys and keys: the FIDO metadata must vouch for the make.")
    if asked.device_bound:
        found["device_bound"] = gettext("Passkeys: none that is copied to other devices.")
    if asked.certification:
        found["certification"] = gettext(
            "Passkeys and keys: certified by FIDO to level %(level)s or higher.",
            level=asked.certification,
        )
    if asked.allowed is not None:
        found["allowed"] = gettext(
            "Passkeys and keys: only %(models)s.", models=_models(asked.allowed)
        )
    if asked.denied:
        found["denied"] = gettext(
            "Passkeys and keys: never %(models)s.", models=_models(asked.denied)
        )
    return found


def _models(listed: Iterable[str]) -> str:
    return ", ".join(map(model, sorted(listed))) or gettext("none")


def _raised(action: Action, more: Raised) -> str:
    asked = []
    if more.level is AAL.AAL3:
        asked.append(gettext("a certified hardware key"))
    elif more.phishing_resistant:
        asked.append(gettext("a passkey or a security key"))
    elif more.level is not None:
        asked.append(gettext("two factors"))
    if more.age_max is not None:
        minutes = int(more.age_max.total_seconds()) // 60
        asked.append(
            ngettext(
                "a proof that is at most %(num)s minute old",
                "a proof that is at most %(num)s minutes old",
                minutes,
            )
        )
    if not asked:
        return ""
    return gettext(
        "To %(operation)s: %(asked)s.", operation=operation(action), asked=", ".join(asked)
    )
