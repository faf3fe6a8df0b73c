"""What an operation is about, in words: the lines of a step-up page and of its confirmation.

A grant's lines are exactly what it is bound to; nothing is looked up again to show them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from babel.numbers import format_currency

from portal.flows.webhook_events import field_of
from portal.rules.money import Money, digits
from portal.rules.terms import Role
from portal.web import messages, moments, reset_words, webhook_words
from portal.web.words import Phrase, gettext, language, lazy_gettext, number

# The keys that flows use in `permission.Subject.shown`, in words.
SHOWN: dict[str, Phrase] = {
    "account": lazy_gettext("Account"),
    "address": lazy_gettext("Address"),
    "amount": lazy_gettext("Amount"),
    "card": lazy_gettext("Card"),
    "change": lazy_gettext("Change"),
    "currency": lazy_gettext("Currency"),
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
    "name": lazy_gettext("Name"),
    "needs": lazy_gettext("Needs"),
    "note": lazy_gettext("Note"),
    "phone": lazy_gettext("Phone"),
    "reason": lazy_gettext("Reason"),
    "reference": lazy_gettext("Reference"),
    "role": lazy_gettext("Role"),
    "tax_id": lazy_gettext("Tax number"),
    "time_zone": lazy_gettext("Time zone"),
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
}
TICKS = {field_of(event): words for event, words in webhook_words.EVENTS.items()}
CHANGES = {
    "add": lazy_gettext("Give the role"),
    "remove": lazy_gettext("Take the role away"),
}
# Kept for the program and told by nothing on the page.
SILENT = frozenset({"hash", "id", "preview", "users", "version"})


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
    ticked = [str(words) for name, words in TICKS.items() if form.get(name)]
    return [*lines, (gettext("Events"), ", ".join(ticked))] if ticked else lines


def _typed(name: str, value: str) -> str:
    """A field as it was typed; a role that there is by its name."""
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
    if key in {"role", "roles"}:
        return messages.role(value)
    if key == "change" and value in CHANGES:
        return str(CHANGES[value])
    if key == "period":
        return moments.month(value)
    if key == "verification":
        return reset_words.verification(value)
    if key == "lost":
        return reset_words.factor(value)
    return str(value)


def _locale() -> str:
    return language().code
