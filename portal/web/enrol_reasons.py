"""Why somebody is led to enrol, in words; and what the action that led them there still lacks."""

from __future__ import annotations

from flask import request

from portal.rules.access import Enrol
from portal.rules.facts import Facts
from portal.rules.terms import Action
from portal.web import announcement_words
from portal.web.gate import decision_for
from portal.web.words import Phrase, lazy_gettext

REASONS: dict[str, Phrase] = {
    "policy_requires_second_factor": lazy_gettext(
        "Your role can do much, so your organisation asks for two factors."
    ),
    "policy_requires_phishing_resistant": lazy_gettext(
        "Your organisation asks everybody in your role for a passkey or a security key: no false "
        "page can take it from you."
    ),
    "policy_requires_hardware": lazy_gettext(
        "Your organisation asks everybody in your role for a certified key: one whose maker "
        "vouches for its hardware, and that checks your fingerprint, face or PIN."
    ),
    "activation": lazy_gettext("Setting up a second factor is the last step to your new account."),
    "reset": lazy_gettext("Your authenticators were reset, so you set up a new one."),
    "action_needs_second_factor": lazy_gettext(
        "What you are opening is worth protecting, so it asks for two factors."
    ),
    "action_needs_phishing_resistant": lazy_gettext(
        "Your organisation asks for a passkey or a security key here: no false page can take it "
        "from you."
    ),
    "action_needs_hardware": lazy_gettext(
        "Your organisation asks for a certified key here: one whose maker vouches for its "
        "hardware, and that checks your fingerprint, face or PIN. A synced passkey is not enough."
    ),
}


def sentence(why: str, facts: Facts) -> str:
    """Why somebody is led to enrol; where a method is forbidden, which one."""
    if why == "method_forbidden":
        return announcement_words.gate(held.kind for held in facts.forbidden)
    return str(REASONS[why])


def by_action() -> Enrol | None:
    """What the action that somebody was led here from still lacks; None when nothing."""
    named = request.args.get("action", "")
    if named not in set(map(str, Action)):
        return None
    decision = decision_for(Action(named))
    return decision if isinstance(decision, Enrol) else None
