"""Plans and add-ons in words: what they are called, and why something is not in one."""

from __future__ import annotations

from collections.abc import Iterable

from portal.flows.session import Visit
from portal.rules import plans
from portal.rules.access import is_open_to
from portal.rules.actions import ACTIONS
from portal.rules.terms import Action
from portal.web import messages
from portal.web.addresses import address
from portal.web.words import Phrase, gettext, lazy_gettext

PLANS: dict[str, Phrase] = {
    plans.PROFESSIONAL: lazy_gettext("Professional"),
    plans.ENTERPRISE: lazy_gettext("Enterprise"),
}
ADD_ONS: dict[str, Phrase] = {
    "passkeys": lazy_gettext("Passkeys and security keys"),
}
# The field of each add-on in a form: a tick is a field of its own.
FIELDS: dict[str, str] = {one: plans.field_of(one) for one in plans.ADD_ONS}
# Why a kind may not be enrolled, for whoever asked for it by its address or was at it.
REFUSED: dict[str, Phrase] = {
    "not_in_plan": lazy_gettext(
        "Your organisation’s plan does not include this. Nothing was changed, and what you use "
        "already goes on. Choose another way."
    ),
    "method_forbidden": lazy_gettext(
        "Your organisation does not accept this any more. Nothing was changed. Choose another way."
    ),
}
PROBLEMS: dict[str, Phrase] = {
    "no_such_plan": lazy_gettext("Choose a plan from the list."),
    "plan_changed": lazy_gettext(
        "Somebody changed this plan meanwhile. Look at what it is now, then choose again."
    ),
}


def plan(name: str) -> str:
    """A plan by its name; one that a later release wrote, as it is written."""
    return str(PLANS.get(name, name))


def add_on(name: str) -> str:
    return str(ADD_ONS.get(name, name))


def add_ons(names: Iterable[str]) -> list[str]:
    return [add_on(name) for name in sorted(names)]


def needed(kind: str) -> str:
    """What would bring a kind that is not in a plan."""
    having, added = plans.sources(kind)
    names = ", ".join(map(plan, having))
    if added:
        extra = ", ".join(add_ons(added))
        return gettext(
            "It comes with the plan %(plans)s, or with the add-on “%(add_ons)s”.",
            plans=names,
            add_ons=extra,
        )
    return gettext("It comes with the plan %(plans)s.", plans=names)


def missing_for(visit: Visit, kinds: Iterable[str]) -> list[tuple[str, str]]:
    """To whoever may see the plan: what they cannot enrol for lack of one, and what brings it."""
    if not is_open_to(ACTIONS[Action.VIEW_PLAN], visit.facts.acting_roles):
        return []
    return [(messages.label(kind) or kind, needed(kind)) for kind in kinds]


def page_for(visit: Visit) -> str | None:
    """Where the plan of the acting organisation stands, for whoever may see it."""
    seen = is_open_to(ACTIONS[Action.VIEW_PLAN], visit.facts.acting_roles)
    return address("plans.index") if seen else None
