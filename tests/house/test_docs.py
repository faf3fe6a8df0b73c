"""The documents that are written from the code: they fail here when the code has moved on.

As a program, `python -m tests.house.test_docs --write`, it writes them anew.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

from portal.rules import actions, policy
from portal.rules.actions import ACTIONS, Entry, Level, Requirement, Subjects
from portal.rules.assurance import LIFETIMES
from portal.rules.terms import Action, Standing

ROOT = Path(__file__).resolve().parents[2]
DECISIONS = ROOT / "docs" / "decisions.md"
COMMAND = ".venv/bin/python -m tests.house.test_docs --write"

LEVELS = {
    Level.BASE: "what policy and the person's own factors ask of every session",
    Level.HELD: "the highest that the person can reach with what they hold, by a passkey or key "
    "where they hold one; a backup code may stand in",
    Level.ONE_FACTOR: "one factor",
    Level.TWO_FACTORS: "two factors",
}
ENTRIES = {
    Entry.SIGNED_IN: "whole sign-ins",
    Entry.GATE: "also a session that may do nothing but enrol",
    Entry.LAPSED: "also one that has idled out, or must enrol",
    Entry.ANY: "also half signed in",
}


STANDINGS = {
    Standing.ANY: "of any organisation",
    Standing.OWN: "of the organisation acted for",
    Standing.BELOW: "of the organisation acted for, and of those below it",
    Standing.SERVED: "of the organisation acted for, and of children it manages",
    Standing.SERVED_OR_ANY: "of the organisation acted for, and of children it manages; "
    "at HQ of any organisation",
    Standing.SERVED_OR_UNATTENDED: "of the organisation acted for, and of children it manages; "
    "at HQ also of one that looks after itself and has no administrator yet",
}
SUBJECTS = {
    Subjects.ANYBODY: "",
    Subjects.OTHERS: "never about oneself",
    Subjects.MEMBERS: "never about oneself or an administrator",
    Subjects.ADMINISTRATORS: "about administrators alone, never oneself",
}


def in_words(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"


def row(action: Action, requirement: Requirement) -> str:
    age = "any live session"
    if requirement.age_max is not None:
        age = f"within {in_words(requirement.age_max)}"
    if requirement.grant:
        age = "for exactly this, once"
    level = "none" if requirement.entry in {Entry.ANY, Entry.LAPSED} else LEVELS[requirement.level]
    return f"| `{action}` | {level} | {age} | {_open_to(requirement)} |"


def _open_to(requirement: Requirement) -> str:
    if requirement.roles is None:
        return ENTRIES[requirement.entry]
    said = [
        ", ".join(f"`{role}`" for role in sorted(requirement.roles)),
        STANDINGS[requirement.standing] if requirement.standing else "",
        SUBJECTS[requirement.subjects],
        "by a second person" if requirement.second_person else "",
        "a super-admin's by a super-admin" if requirement.within_rank else "",
    ]
    return "; ".join(part for part in said if part)


def decisions() -> str:
    """The decision table as a page."""
    rows = "\n".join(row(action, ACTIONS[action]) for action in Action)
    spared = ", ".join(f"`{action}`" for action in Action if action not in actions.RAISABLE)
    required = ", ".join(f"`{role}`" for role in sorted(policy.DEFAULT.required_roles))
    return f"""# What each action needs

Written from `ACTIONS` in `portal/rules/actions.py`; do not edit it here. To write it anew:

    {COMMAND}

| action | level | proof given | open to |
|---|---|---|---|
{rows}

The questions, in this order; the first that fails answers:

1. No session, an ended one, or an account that is not active: **sign in**.
2. The factors were reset: **enrol**, with the mailed ticket and the password; without the ticket
   nothing is open.
3. The base level is two factors and the person holds no second factor: **enrol**. Such a session
   finishes its enrolment and begins one with a proof of the last
   {in_words(actions.GATE_AGE_MAX)}; nothing else is open.
4. Below the base level: **step up**. A sign-in that was never finished is a stranger to everything
   but its own challenge and ends after {in_words(actions.PENDING_MAX)}; one that has idled out
   takes any one factor. Where people share their computers everything idles out, after
   {in_words(LIFETIMES.shared_desk_idle)}: a single factor's session and the gate of 2 and 3 too.
5. The password must be renewed: **renew**; nothing but that is open.
6. The object belongs where the person does not reach: **not found**, like what does not exist.
7. Not in one of the roles, in the organisation that the session acts for; or about somebody that
   this person may not act on; or by somebody who had a part in it already: **denied**, in words.
8. The action's level or the age of the proof is missing: **step up**. From two factors on, only a
   possession or a multi-factor proof is fresh, never a password typed again. Where the proof is
   asked for exactly this, a **grant** is bound to the object and to what was shown of it, used
   once, within 5 minutes, and no backup code gives one; whoever holds a phishing-resistant factor
   gives it with that. Who holds nothing that could do is led to **enrol** it, never waved through.
9. Otherwise: **allowed**. Before its object is known an action is let in provisionally, and
   nothing is committed or shown until the flow has asked again with it.

The base level is two factors for whoever holds a second factor, and for these roles in any
organisation: {required}. Backup codes complete a sign-in; they are not a second
factor to hold, and raise no level that is asked for.

**Three levels.** Two factors are two categories, or one authenticator that is both. AAL3 is one
proof: phishing-resistant, with the person checked, by a key bound to its device and attested as
hardware. It lapses to two factors after 15 minutes without use and 12 hours after the proof, and
only the key brings it back; the session itself goes on as long as one of two factors. Where the
highest level that a person holds is AAL3, a backup code with the password stands in for the key, as
it does for a lost app: somebody who lost it must be able to remove it. It does not where policy
asks for AAL3.

**Policies.** An organisation may ask more for an action: a level, a phishing-resistant factor, a
shorter time since the proof. It never asks less than the table, nor less than an organisation above
it; a person obeys the strictest of all their organisations. It cannot ask more for what shows what
is wrong, stops it, or gets help: {spared}.
"""


def test_the_decision_table_says_what_the_code_does() -> None:
    found = DECISIONS.read_text() if DECISIONS.is_file() else ""
    assert found == decisions(), f"docs/decisions.md is stale. Run:\n\n    {COMMAND}\n"


def test_every_action_has_a_row() -> None:
    assert set(ACTIONS) == set(Action)
    assert all(f"| `{action}` |" in DECISIONS.read_text() for action in Action)


if __name__ == "__main__" and sys.argv[1:] == ["--write"]:
    DECISIONS.write_text(decisions())
