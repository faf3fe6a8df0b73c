"""A traveler's wallet: saved cards, which can be removed, and passengers."""

from __future__ import annotations

from flask import Blueprint, Response, abort, g, url_for
from flask.typing import ResponseReturnValue

from portal.flows import phones, wallet
from portal.flows.addresses import normalise
from portal.flows.outcomes import Blocked, Done, Gone
from portal.flows.wallet import Card, Outdated, Passenger, Profile
from portal.rules.terms import Action
from portal.values import frozen
from portal.web import notice_words, render
from portal.web.gate import requires
from portal.web.notice_keys import NoticeKey
from portal.web.platform_forms import PassengerForm
from portal.web.run import run
from portal.web.words import gettext

blueprint = Blueprint("wallet", __name__)


@frozen
class CardView:
    """A card's row. `title`: what it is called wherever one card is meant."""

    title: str
    expires: str
    expired: bool
    remove_url: str


@blueprint.get("/wallet/cards")
@requires(Action.VIEW_CARDS)
def cards() -> ResponseReturnValue:
    return _cards_page()


@blueprint.post("/wallet/cards/<uuid:card_id>/removal")
@requires(Action.VIEW_CARDS)
def remove_card(card_id: object) -> ResponseReturnValue:
    """Remove a card. Whoever may see the cards may: it shows nothing new and spends nothing."""
    match run(wallet.remove_card, g.visit, str(card_id)):
        case Gone():
            abort(404)
    if render.wants_fragment():
        g.notice = notice_words.notice(NoticeKey.CARD_REMOVED)
        return _cards_page()
    return render.say(render.leave_for(url_for(".cards")), NoticeKey.CARD_REMOVED)


def _cards_page() -> Response:
    g.here = "cards"
    found = run(wallet.open_cards, g.visit)
    return render.page(
        "wallet/cards.html",
        fragment="wallet/_cards.html",
        cards=[_card(card) for card in found],
    )


def _card(card: Card) -> CardView:
    month = f"{g.edge.now:%Y-%m}"
    title = gettext("%(brand)s ending in %(digits)s", brand=card.brand, digits=card.last_four)
    return CardView(
        title=title,
        expires=f"{card.expires[5:]}/{card.expires[:4]}",
        expired=card.expires < month,
        remove_url=url_for(".remove_card", card_id=card.id),
    )


@blueprint.get("/passengers")
@requires(Action.VIEW_PASSENGERS)
def passengers() -> ResponseReturnValue:
    return _passengers_page(PassengerForm())


@blueprint.post("/passengers")
@requires(Action.CHANGE_PASSENGERS)
def add_passenger() -> ResponseReturnValue:
    form = PassengerForm()
    if not form.validate():
        return _passengers_page(form, status=422)
    match run(wallet.add_passenger, g.visit, _profile(form)):
        case Blocked():
            error = gettext(
                "You have %(count)s passengers, and more do not fit. Remove one first.",
                count=wallet.PASSENGERS_MAX,
            )
            return _passengers_page(form, status=409, error=error)
    return render.say(render.leave_for(url_for(".passengers")), NoticeKey.PASSENGER_ADDED)


def _profile(form: PassengerForm) -> Profile:
    return Profile(
        name=form.name.data or "",
        phone=phones.normalise(form.phone.data or "") or "",
        email=normalise(form.email.data or "") or "",
        needs=form.needs.data or "",
    )


def _passengers_page(
    form: PassengerForm, *, status: int = 200, error: str | None = None
) -> Response:
    g.here = "passengers"
    found = run(wallet.open_passengers, g.visit)
    return render.page(
        "wallet/passengers.html",
        fragment="wallet/_passengers.html",
        status=status,
        passengers=[
            {
                "profile": passenger.profile,
                "url": url_for(".passenger", passenger_id=passenger.id),
                "remove_url": url_for(".remove_passenger", passenger_id=passenger.id),
            }
            for passenger in found
        ],
        form=form,
        error=error,
    )


@blueprint.get("/passengers/<uuid:passenger_id>")
@requires(Action.VIEW_PASSENGERS)
def passenger(passenger_id: object) -> ResponseReturnValue:
    found = _found(passenger_id)
    profile = found.profile
    shown = {name: getattr(profile, name) for name in Profile.__dataclass_fields__}
    return _passenger_page(found, PassengerForm(data={**shown, "version": str(found.version)}))


@blueprint.post("/passengers/<uuid:passenger_id>")
@requires(Action.CHANGE_PASSENGERS)
def change_passenger(passenger_id: object) -> ResponseReturnValue:
    form = PassengerForm()
    if not form.validate():
        return _passenger_page(_found(passenger_id), form, status=422)
    identity, profile = str(passenger_id), _profile(form)
    match run(wallet.change_passenger, g.visit, identity, profile, form.seen()):
        case Done():
            return render.say(render.leave_for(url_for(".passengers")), NoticeKey.PASSENGER_SAVED)
        case Outdated(current):
            # What is saved now and what was typed stand side by side; saving again is a choice.
            form.version.data = str(current.version)
            return _passenger_page(current, form, status=409, outdated=True)
        case Gone():
            abort(404)
    raise AssertionError


@blueprint.post("/passengers/<uuid:passenger_id>/removal")
@requires(Action.CHANGE_PASSENGERS)
def remove_passenger(passenger_id: object) -> ResponseReturnValue:
    match run(wallet.remove_passenger, g.visit, str(passenger_id)):
        case Gone():
            abort(404)
    if render.wants_fragment():
        g.notice = notice_words.notice(NoticeKey.PASSENGER_REMOVED)
        return _passengers_page(PassengerForm(formdata=None))
    return render.say(render.leave_for(url_for(".passengers")), NoticeKey.PASSENGER_REMOVED)


def _found(passenger_id: object) -> Passenger:
    found = run(wallet.open_passenger, g.visit, str(passenger_id))
    if isinstance(found, Gone):
        abort(404)
    return found


def _passenger_page(
    found: Passenger, form: PassengerForm, *, status: int = 200, outdated: bool = False
) -> Response:
    g.here = "passengers"
    return render.page(
        "wallet/passenger.html",
        fragment="wallet/_passenger.html",
        status=status,
        form=form,
        error=None,
        saved=found.profile,
        outdated=outdated,
        save_url=url_for(".change_passenger", passenger_id=found.id),
        back_url=url_for(".passengers"),
        again_url=url_for(".passenger", passenger_id=found.id),
    )
