"""What an operation is about, in words: the lines of a step-up page and of its confirmation.

A grant's lines are exactly what it is bound to; nothing is looked up again to show them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from babel.numbers import format_currency

from portal.flows.webhook_events import field_of
from portal.rules.money import Money, digits
from portal.rules.terms import Role
from portal.web import messages, moments, plan_words, reset_words, scope_words, webhook_words
from portal.web.words import Phrase, language, lazy_gettext, number

# The keys that flows use in `permission.Subject.shown`, in words.
SHOWN: dict[str, Phrase] = {
    "account": lazy_gettext("Account"),
    "add_ons": lazy_gettext("Add-ons"),
    "address": lazy_gettext("Address"),
    "amount": lazy_gettext("Amount"),
    "approved_by": lazy_gettext("First approved by"),
    "card": lazy_gettext("Card"),
    "change": lazy_gettext("Change"),
    "currency": lazy_gettext("Currency"),
    "exempt_until": lazy_gettext("Exempt until"),
    "hash": lazy_gettext("Fingerprint"),
    "holder": lazy_gettext("Account holder"),
    "lost": lazy_gettext("What will be lost"),
    "note": lazy_gettext("Note"),
    "organisation": lazy_gettext("Organisation"),
    "partner": lazy_gettext("Partner"),
    "payee": lazy_gettext("Payee"),
    "people": lazy_gettext("People"),
    "period": lazy_gettext("Period"),
    "person": lazy_gettext("Person"),
    "plan": lazy_gettext("Plan"),
    "prepared_by": lazy_gettext("Prepared by"),
    "proof": lazy_gettext("Proof of identity"),
    "reason": lazy_gettext("Reason"),
    "receipt": lazy_gettext("Receipt"),
    "reference": lazy_gettext("Reference"),
    "requested_by": lazy_gettext("Requested by"),
    "role": lazy_gettext("Role"),
    "roles": lazy_gettext("Roles now"),
    "rows": lazy_gettext("Rows"),
    "total": lazy_gettext("Total"),
    "verification": lazy_gettext("How the caller was verified"),
}
# The fields of kept forms, in words; what a person confirms is all there.
FIELDS: dict[str, Phrase] = {
    "address": lazy_gettext("Address"),
    "amount": lazy_gettext("Amount"),
    "card": lazy_gettext("Card"),
    "company": lazy_gettext("Company"),
    "currency": lazy_gettext("Currency"),
    "email": lazy_gettext("Email address"),
    "locale": lazy_gettext("Language"),
    "message": lazy_gettext("Message"),
    "name": lazy_gettext("Name"),
    "needs": lazy_gettext("Needs"),
    "note": lazy_gettext("Note"),
    "days": lazy_gettext("Good for so many days"),
    "phone": lazy_gettext("Phone"),
    "plan": lazy_gettext("Plan"),
    "reason": lazy_gettext("Reason"),
    "reference": lazy_gettext("Reference"),
    "role": lazy_gettext("Role"),
    "tax_id": lazy_gettext("Tax number"),
    "time_zone": lazy_gettext("Time zone"),
    "until": lazy_gettext("Last day"),
    "url": lazy_gettext("Address of the endpoint"),
    "bic": lazy_gettext("BIC"),
    "change": lazy_gettext("Change"),
    "holder": lazy_gettext("Account holder"),
    "iban": lazy_gettext("IBAN"),
    "organisation": lazy_gettext("Organisation"),
    "payee": lazy_gettext("Payee"),
    "period": lazy_gettext("Period"),
    "proof": lazy_gettext("Proof of identity"),
    "verification": lazy_gettext("How the caller was verified"),
    "monitored": lazy_gettext("Watched from"),
    "enforced": lazy_gettext("Holds from"),
    "how": lazy_gettext("What happens"),
}
# Fields that are ticked, by what they have in common.
TICKS: tuple[tuple[Phrase, dict[str, Phrase]], ...] = (
    (
        lazy_gettext("Events"),
        {field_of(event): words for event, words in webhook_words.EVENTS.items()},
    ),
    (
        lazy_gettext("Add-ons"),
        {field: plan_words.ADD_ONS[one] for one, field in plan_words.FIELDS.items()},
    ),
    (
        lazy_gettext("It may"),
        {field: scope_words.SCOPES[one] for one, field in scope_words.FIELDS.items()},
    ),
)
CHANGES = {
    "add": lazy_gettext("Give the role"),
    "remove": lazy_gettext("Take the role away"),
}
# How a policy is published.
PUBLISHED = {
    "announce": lazy_gettext("It is announced, and holds from its date on"),
    "now": lazy_gettext("It is enforced at once"),
}
# What stands in `shown` by a name of the program, in words.
WORDED: dict[str, Callable[[Any], object]] = {
    "add_ons": plan_words.add_on,
    "change": lambda value: CHANGES.get(value, value),
    "exempt_until": lambda value: moments.when(datetime.fromisoformat(value)),
    "lost": reset_words.factor,
    "period": moments.month,
    "plan": plan_words.plan,
    "role": messages.role,
    "roles": messages.role,
    "verification": reset_words.verification,
}
# Kept for the program and told by nothing on the page.
SILENT = frozenset(
    {"audience", "draft", "hash", "id", "number", "preview", "users", "version", "was"}
)


def money(amount: Money) -> str:
    """An amount as the reader's language writes it, exact to the last minor unit."""
    exact = Decimal(amount.minor).scaleb(-digits(amount.currency))
    return format_currency(exact, amount.currency, locale=_locale(), decimal_quantization=False)


def of_grant(shown: Iterable[Sequence[Any]]) -> list[tuple[str, str]]:
    """Label and value of everything that a grant is bound to."""
    return [
        (str(SHOWN.get(key, key)), _value(key, value))
        for key, value in shown
        if key not in SILENT and value not in ("", None, [])
    ]


def of_form(form: Mapping[str, str]) -> list[tuple[str, str]]:
    """Label and value of the fields of a kept form that have words; what is ticked in one line."""
    lines = [
        (str(FIELDS[name]), _typed(name, value))
        for name, value in form.items()
        if name in FIELDS and value
    ]
    for label, ticks in TICKS:
        if ticked := [str(words) for name, words in ticks.items() if form.get(name)]:
            lines.append((str(label), ", ".join(ticked)))
    return lines


def _typed(name: str, value: str) -> str:
    """A field as it was typed; a role that there is by its name, a plan too."""
    if name == "plan":
        return plan_words.plan(value)
    if name == "how":
        return str(PUBLISHED.get(value, ""))
    if name in {"monitored", "enforced"}:
        return value.replace("T", " ")
    known = name == "role" and value in list(Role)
    return messages.role(Role(value)) if known else value


def _value(key: str, value: Any) -> str:
    match value:
        case {"minor": int(minor), "currency": str(currency)}:
            return money(Money(minor, currency))
        case list():
            return ", ".join(_value(key, one) for one in value)
        case int():
            return number(value)
    worded = WORDED.get(key)
    return str(worded(value)) if worded is not None else str(value)


def _locale() -> str:
    return language().code
