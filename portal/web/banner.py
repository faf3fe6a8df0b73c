"""The banners above a page: what policy will ask of this person, what they are told."""

from __future__ import annotations

from flask import request

from portal.flows import banners
from portal.flows.banners import Banner
from portal.rules.access import Allow
from portal.rules.terms import Action
from portal.values import frozen
from portal.web import announcement_words, here, moments
from portal.web.addresses import address, current_page
from portal.web.csrf import SAFE_METHODS
from portal.web.gate import decision_for
from portal.web.run import read, run

# Pages of one task, where nothing is to stand between a person and it.
TASKS = ("login/", "step_up/", "errors/", "security/enrol", "tickets/", "link/")


@frozen
class BannerView:
    """A banner in words. `urgent`: it is about what will stop the person.

    `last`: the last days, in which it stays and says whom to ask. `dismiss_url`: None where it
    cannot be put away.
    """

    title: str
    message: str
    organisation: str
    days_left: int | None
    last: bool
    setup_url: str | None
    how_url: str | None
    dismiss_url: str | None
    next: str


def find_banners(template: str, status: int, *, shown: bool) -> None:
    """Put what stands above this page into the frame, before the page's transaction ends.

    `shown`: a part of a page has no frame. That somebody has seen it is written once, in a
    transaction of its own.
    """
    kept = here.values()
    if not shown or kept.get("visit") is None or template.startswith(TASKS):
        return
    if not isinstance(decision_for(Action.HOME), Allow):
        return
    if not banners.concern(kept.edge, kept.visit):
        return  # Nothing is asked of the database for somebody who is not concerned.
    found: list[Banner] = read(banners.look, kept.visit)
    unseen = banners.unseen(found)
    if unseen and status == 200 and request.method in SAFE_METHODS:
        run(banners.note_seen, kept.visit, unseen)
    kept.banners = [_view(one) for one in found]


def _view(banner: Banner) -> BannerView:
    told, coming = banner.told, banner.coming
    dismissable = banner.dismissable and told is not None
    title = ""
    if coming is not None:
        day = moments.day(coming.at)
        title = announcement_words.needed(coming.why, day, coming.forbidden)
    return BannerView(
        title=title,
        message=told.announcement.message if told else "",
        organisation=told.organisation if told else "",
        days_left=banner.days_left if coming is not None else None,
        last=coming is not None and not banner.dismissable,
        setup_url=address("security.index") if coming is not None else None,
        how_url=address("security.how_it_works") if coming is not None else None,
        dismiss_url=address("announcements.dismiss", announcement_id=told.announcement.id)
        if told is not None and dismissable
        else None,
        next=current_page(),
    )
