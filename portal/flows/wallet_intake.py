"""Cards and passengers as the platform sends them, for travelers of one organisation.

A card's number is nowhere welcome: a field that could hold one is refused, and no reason repeats
what it refuses.
"""

from __future__ import annotations

import re
from typing import Any

from portal.edge import Edge
from portal.flows import phones, tokens
from portal.flows.addresses import normalise
from portal.flows.wallet import CARDS_MAX, PASSENGERS_MAX, fingerprint
from portal.store import users, wallet
from portal.store.organisations import Organisation
from portal.store.users import User
from portal.store.wallet import Card, Profile

CARD_FIELDS = frozenset({"email", "brand", "last_four", "expires", "token"})
PASSENGER_FIELDS = frozenset({"email", "name", "phone", "needs"})
PASSENGER_OPTIONAL = frozenset({"phone", "needs"})
BRAND_MAX = 20
TOKEN_MAX = 200
NAME_MAX = 120
NEEDS_MAX = 400
# Twelve digits are the shortest card number (ISO/IEC 7812): in a row, or in groups and nothing
# else. Groups inside other text are left alone, for tokens of the payment service look like that.
_NUMBER = re.compile(r"\d{12,}")
_GROUPS = re.compile(r"(?:\d[ .-]*){12,}")
_LAST_FOUR = re.compile(r"[0-9]{4}", re.ASCII)
PHONE_PROBLEMS = {
    phones.Refused.UNREADABLE: "a number with its country code, like +31612345678, is needed",
    phones.Refused.UNKNOWN: "no telephone has this number",
    phones.Refused.UNREACHABLE: "nobody is reached on a premium-rate, pager or voicemail number",
}
_EXPIRES = re.compile(r"20[0-9]{2}-(?:0[1-9]|1[0-2])", re.ASCII)
_TOKEN = re.compile(r"[!-~]{1,200}", re.ASCII)


def take_card(edge: Edge, organisation: Organisation, record: dict[str, Any]) -> str | None:
    """Take one card; why not, or None. The same token again is the same card."""
    if problem := _shape(record, CARD_FIELDS, CARD_FIELDS):
        return problem
    if any(_NUMBER.search(text) or _GROUPS.fullmatch(text.strip()) for text in record.values()):
        return "a field holds 12 or more digits: card numbers are not taken, only the last four"
    if problem := _problem_with_card(record):
        return problem
    owner = _owner(edge, organisation, record["email"])
    if owner is None:
        return "email: no traveler of this organisation has this address"
    return _save_card(edge, owner, record)


def _problem_with_card(record: dict[str, str]) -> str | None:
    if not _is_text(record["brand"], BRAND_MAX):
        return f"brand: 1 to {BRAND_MAX} letters are needed"
    if not _LAST_FOUR.fullmatch(record["last_four"]):
        return "last_four: four digits are needed"
    if not _EXPIRES.fullmatch(record["expires"]):
        return 'expires: a month like "2029-04" is needed'
    if not _TOKEN.fullmatch(record["token"]):
        return f"token: 1 to {TOKEN_MAX} characters without spaces are needed"
    return None


def _save_card(edge: Edge, owner: User, record: dict[str, str]) -> str | None:
    digest = tokens.digest(record["token"]).hex()
    known = wallet.known_cards(edge, owner.id)
    brand, last_four, expires = record["brand"], record["last_four"], record["expires"]
    for card in known:
        if card.digest != digest:
            continue
        if not card.removed:  # Its owner's removal stands, however often the card is sent.
            wallet.renew_card(edge, card.id, brand=brand, last_four=last_four, expires=expires)
        return None
    if sum(not card.removed for card in known) >= CARDS_MAX:
        return f"email: this traveler has {CARDS_MAX} cards already"
    card = Card(edge.new_id(), brand, last_four, expires, edge.now)
    wallet.add_card(edge, owner.id, card, token=record["token"], digest=digest)
    return None


def take_passenger(edge: Edge, organisation: Organisation, record: dict[str, Any]) -> str | None:
    """Take one passenger; why not, or None.

    The same name and phone again is the same passenger, whatever their traveler has made of it
    since: what a person wrote or removed is not undone by a file.
    """
    if problem := _shape(record, PASSENGER_FIELDS, PASSENGER_FIELDS - PASSENGER_OPTIONAL):
        return problem
    phone = record.get("phone", "")
    number = phones.read(phone) if phone else ""
    if isinstance(number, phones.Refused):
        return f"phone: {PHONE_PROBLEMS[number]}"
    if not _is_text(record["name"].strip(), NAME_MAX):
        return f"name: 1 to {NAME_MAX} printable characters are needed"
    needs = record.get("needs", "").strip()
    if needs and not _is_text(needs, NEEDS_MAX):
        return f"needs: at most {NEEDS_MAX} printable characters"
    owner = _owner(edge, organisation, record["email"])
    if owner is None:
        return "email: no traveler of this organisation has this address"
    return _save_passenger(edge, owner, Profile(record["name"].strip(), number, "", needs))


def _save_passenger(edge: Edge, owner: User, profile: Profile) -> str | None:
    source = fingerprint(profile)
    known = wallet.known_passengers(edge, owner.id)
    for passenger in known:
        own = fingerprint(passenger.profile) if passenger.profile else ""
        if source in {passenger.source, own}:
            return None
    if sum(passenger.profile is not None for passenger in known) >= PASSENGERS_MAX:
        return f"email: this traveler has {PASSENGERS_MAX} passengers already"
    wallet.add_passenger(edge, owner.id, profile, source)
    return None


def _shape(record: dict[str, Any], allowed: frozenset[str], needed: frozenset[str]) -> str | None:
    """What is wrong with the fields as such; None when each is a known one and holds text."""
    if unknown := sorted(record.keys() - allowed):
        # A misplaced value may stand where a name was meant: only plain names are repeated.
        plain = [name for name in unknown if re.fullmatch(r"[a-z_]{1,40}", name)]
        return f"unknown field: {', '.join(plain) or 'one that is not named here'}"
    if missing := sorted(needed - record.keys()):
        return f"missing field: {', '.join(missing)}"
    if wrong := sorted(name for name, value in record.items() if not isinstance(value, str)):
        return f"text is needed: {', '.join(wrong)}"
    return None


def _is_text(value: str, longest: int) -> bool:
    return 0 < len(value) <= longest and value.isprintable()


def _owner(edge: Edge, organisation: Organisation, email: str) -> User | None:
    """The person whose home is the organisation, their row held: imports for one go in turn."""
    found = users.by_email(edge, normalise(email) or "")
    if found is None or found.home_organisation_id != organisation.id:
        return None
    return users.lock(edge, found.id)
