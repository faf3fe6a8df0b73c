"""What a person's organisations ask, in words, and the steps of each way to have it."""

from __future__ import annotations

from datetime import datetime

from portal.edge import Edge
from portal.flows import asked
from portal.flows.session import Visit
from portal.values import frozen
from portal.web import announcement_words, messages
from portal.web.words import Phrase, lazy_gettext

NEEDS: dict[str, Phrase] = {
    "nothing": lazy_gettext("No second factor is asked of you. You may set one up all the same."),
    "second_factor": lazy_gettext("A second factor is asked of you."),
    "phishing_resistant": lazy_gettext("A passkey or a security key is asked of you."),
    "hardware": lazy_gettext(
        "A certified security key is asked of you: one whose maker vouches for its hardware."
    ),
}
# What to do, one after the other, after the choice on the security page.
STEPS: dict[str, tuple[Phrase, ...]] = {
    "passkey": (
        lazy_gettext("Open your security page on the device that you sign in with."),
        lazy_gettext("Choose “Passkey”, or “Security key” for a key that you plug in."),
        lazy_gettext(
            "Your device asks for your fingerprint, your face or its PIN. Confirm, and it is done."
        ),
    ),
    "totp": (
        lazy_gettext("Install an authenticator app on your phone; any will do."),
        lazy_gettext("Choose “Authenticator app” on your security page."),
        lazy_gettext("Scan the picture with the app, then type the six digits that it shows."),
    ),
    "sms": (
        lazy_gettext("Choose the text message on your security page, and type your number."),
        lazy_gettext("Type the code that we send there."),
    ),
}


@frozen
class AskView:
    """What is asked from a day on; `at` None: today. `missing`: it would stop the person."""

    at: datetime | None
    sentence: str
    methods: str
    forbidden: str
    missing: bool


@frozen
class WayView:
    """A way to have what is asked, with its steps."""

    kind: str
    label: messages.Words
    steps: list[str]


@frozen
class AskedView:
    """`organisations`: whose rules these are; the strictest of each counts."""

    organisations: list[str]
    asks: list[AskView]
    ways: list[WayView]


def of_person(edge: Edge, visit: Visit) -> AskedView:
    found = asked.of_person(edge, visit)
    kinds = dict.fromkeys(kind for ask in found for kind in ask.kinds)
    names = dict.fromkeys(one.organisation_name for one in visit.live.memberships)
    return AskedView(
        organisations=list(names),
        asks=[
            AskView(
                at=ask.at,
                sentence=str(NEEDS[ask.need]),
                methods=announcement_words.methods(ask.kinds),
                forbidden=announcement_words.methods(ask.forbidden),
                missing=ask.lacking,
            )
            for ask in found
        ],
        ways=[
            WayView(kind, messages.factor(kind).label, [str(step) for step in STEPS[kind]])
            for kind in kinds
            if kind in STEPS
        ],
    )
