"""Payees that the platform sends: taken once with their account, never changed, and told of.

Their account is in use at once, so whoever answers for the partner's money hears of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from portal.edge import Edge
from portal.flows import payee_accounts
from portal.flows.events import Event
from portal.flows.notices import Notice, tell
from portal.flows.outcomes import Taken
from portal.flows.payees import NAME_MAX
from portal.rules.bank import Account, read_bic, read_iban
from portal.rules.money import CURRENCIES
from portal.store import audit, organisations, payees
from portal.store.organisations import Organisation

RECORD = frozenset({"name", "currency", "holder", "iban", "bic"})
NAMED_MAX = 10  # So many stand in the mail; of the others their number.


def take(edge: Edge, organisation: Organisation, record: dict[str, Any]) -> str | Taken | None:
    """Take in a payee that the platform sends; why not, or None where it was there already.

    `record` holds texts: name, currency, holder, iban, bic (may be empty). The account is in force
    at once. The same again is nothing new; another account for a name that is known is refused,
    because changing one takes two people.
    """
    if not isinstance(record, dict) or set(record) != RECORD:
        return f"record: exactly these fields are needed: {', '.join(sorted(RECORD))}"
    if wrong := next((name for name, value in record.items() if not _is_text(value)), None):
        return f"{wrong}: at most {NAME_MAX} printable characters"
    name, holder = record["name"].strip(), record["holder"].strip()
    if not name or not holder:
        return "name: this may not be empty" if not name else "holder: this may not be empty"
    if record["currency"] not in CURRENCIES:
        return "currency: an ISO 4217 code like EUR is needed"
    iban, bic = read_iban(record["iban"]), read_bic(record["bic"])
    if iban is None or bic is None:
        return "iban: its length or its check digits are wrong" if iban is None else "bic: not one"
    account = Account(holder, iban, bic)
    organisations.lock(edge, organisation.id)
    known = payees.by_name(edge, organisation.id, name)
    if known is None:
        payee_id = payees.add(edge, organisation.id, name, record["currency"])
        payees.set_account(edge, payee_id, account)
        audit.add(edge, Event.PAYEE_IMPORTED, detail={"payee": payee_id})
        return Taken(payee_id)
    same = known.currency == record["currency"]
    if same and payee_accounts.in_force(edge, known) == account:
        return None
    return "name: this payee is known with another account or currency"


def tell_brought_in(edge: Edge, organisation: Organisation, payee_ids: Sequence[str]) -> None:
    """Tell the partner's admins and controllers, in one mail however many there are."""
    named = [payee for one in payee_ids[:NAMED_MAX] if (payee := payees.find(edge, one))]
    for user in payee_accounts.concerned(edge, organisation.id):
        tell(
            edge,
            Notice.PAYEES_BROUGHT_IN,
            user,
            organisation=organisation.name,
            count=len(payee_ids),
            added=[[payee.name, payee_accounts.shown(edge, payee)] for payee in named],
        )


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= NAME_MAX and value.isprintable()
