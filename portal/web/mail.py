"""Writes mail: a notice's payload becomes subject, text and HTML in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from babel.dates import get_timezone
from flask import current_app, render_template, url_for

from portal.edge import Message
from portal.flows.notices import Notice
from portal.rules.money import Money
from portal.web import (
    announcement_words,
    details,
    exception_words,
    membership_words,
    messages,
    payment_words,
    plan_words,
    reset_words,
    scope_words,
)
from portal.web.devices import browser_name
from portal.web.moments import moment, month
from portal.web.render import RIGHT_TO_LEFT
from portal.web.run import runner
from portal.web.words import speaking

# Where the link of a mail leads; the token is its last part.
LINKS: dict[str, str] = {
    Notice.ACTIVATION: "register.open_activation",
    Notice.UNLOCK: "login.open_unlock",
    Notice.PASSWORD_RESET: "password_resets.open_link",
    Notice.INVITATION: "invitations.open_link",
    Notice.ROLE_OFFERED: "invitations.open_link",
    Notice.EMAIL_CHANGE_CONFIRM: "account.open_email_confirmation",
    Notice.EMAIL_CHANGE_NOTICE: "account.open_email_cancellation",
    Notice.RESET_APPROVED: "tickets.open_ticket",
}


def compose(entry_id: str, kind: str, payload: Mapping[str, Any]) -> Message:
    """The mail for a queued notice. Needs an application context, no request."""
    settings = runner().settings
    locale = payload["locale"]
    with current_app.test_request_context(base_url=settings.base_url), speaking(locale):
        values = _values(kind, payload)
        text = render_template(f"mail/{kind}.txt", **values)
        html = render_template(f"mail/{kind}.html", **values)
        subject = current_app.jinja_env.get_template(f"mail/{kind}.txt")
        context = subject.new_context({**current_app.jinja_env.globals, **values})
        title = "".join(subject.blocks["subject"](context)).strip()
    return Message(
        message_id=f"<{entry_id}@{settings.host.partition(':')[0]}>",
        recipient=payload["to"],
        subject=" ".join(title.split()),
        text=text.strip() + "\n",
        html=html,
        language=locale,
    )


def _values(kind: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """What a mail's template may show."""
    locale, zone = payload["locale"], payload.get("time_zone", "UTC")
    at = _moment(payload["at"], zone, locale)
    label = messages.label(payload.get("kind", ""), payload.get("variant", ""))
    name = payload.get("authenticator") or ""
    settings = runner().settings
    return {
        "name": payload.get("name", ""),
        "link": _link(kind, payload),
        "at": at,
        "browser": browser_name(payload["user_agent"]),
        "place": payload.get("place"),
        "authenticator": _called(label, name),
        "codes_left": payload.get("codes_left", 0),
        "new_email": payload.get("new_email", ""),
        "partner": payload.get("partner", ""),
        "month": month(payload["period"]) if "period" in payload else "",
        "receipt": payload.get("receipt", ""),
        "again": payload.get("again", False),
        "organisation": payload.get("organisation", ""),
        "actor": payload.get("actor", ""),
        "payee": payload.get("payee", ""),
        "account": payload.get("account", ""),
        "amount": details.money(Money(**payload["amount"])) if "amount" in payload else "",
        "reference": payload.get("reference", ""),
        "added": payload.get("added", ()),
        "closed_why": str(payment_words.CLOSED.get(payload.get("why", "requester"), "")),
        "host": payload.get("host", ""),
        "machine": payload.get("machine", ""),
        "scopes": scope_words.in_words(payload.get("scopes", ())),
        "plan": plan_words.plan(payload.get("plan", "")),
        "add_ons": ", ".join(plan_words.add_ons(payload.get("add_ons", ()))),
        "person": payload.get("person", ""),
        "requested_by": payload.get("requested_by", ""),
        "count": payload.get("count", 1),
        "outcome": str(reset_words.OUTCOMES.get(payload.get("outcome", ""), "")),
        **membership_words.of_mail(payload),
        **exception_words.of_mail(payload),
        "exempt_until": _moment(payload.get("ends"), zone, locale),
        **announcement_words.of_mail(payload),
        "note": payload.get("note", ""),
        "held": payload.get("held", False),
        "until": _moment(payload.get("until"), zone, locale),
        "password_reset_lifetime": settings.password_reset_lifetime,
        "bypass_code_lifetime": settings.bypass_code_lifetime,
        "support_contact": settings.support_contact,
        "portal_url": settings.base_url,
        "security_url": settings.base_url + url_for("security.index"),
        "locale": locale,
        "direction": "rtl" if locale in RIGHT_TO_LEFT else "ltr",
    }


def _called(label: str, name: str) -> str:
    """An authenticator by its owner's name for it, with what it is; by that alone without one."""
    if not name or name.isdigit():
        return f"{label} {name}".strip()
    return f"{name} ({label})" if label else name


def _moment(written: str | None, zone: str, locale: str) -> str:
    """A moment of the payload in the reader's zone and language; empty where there is none."""
    if not written:
        return ""
    return f"{moment(datetime.fromisoformat(written), get_timezone(zone), locale)} ({zone})"


def _link(kind: str, payload: Mapping[str, Any]) -> str | None:
    """The mail's one link, always on the configured address and never on a request's host."""
    base_url = runner().settings.base_url
    if kind in LINKS:
        return base_url + url_for(LINKS[kind], token=payload["token"])
    if payload.get("reset_id"):
        return base_url + url_for("resets.show", reset_id=payload["reset_id"])
    if payload.get("exception_id"):
        return base_url + url_for("exceptions.show", exception_id=payload["exception_id"])
    if payload.get("payee_id"):
        return base_url + url_for("payees.show", payee_id=payload["payee_id"])
    if payload.get("payout_id"):
        return base_url + url_for("payouts.show", payout_id=payload["payout_id"])
    if kind == Notice.ACCOUNT_DISABLED:
        return None
    pages = {
        Notice.ACCOUNT_UNLOCKED: "login.sign_in",
        Notice.ACCOUNT_ENABLED: "login.sign_in",
        Notice.PASSWORD_DUE: "account.password",
        Notice.ANNOUNCEMENT: "home.index",
        Notice.ROLE_REQUESTED: "memberships.index",
        Notice.ROLE_DECIDED: "memberships.index",
        Notice.ROLE_GIVEN: "account.index",
        Notice.ROLE_TAKEN: "account.index",
        Notice.HOME_CHANGED: "account.index",
        Notice.LEFT: "login.sign_in",
        Notice.RESETS_TO_DECIDE: "resets.index",
        Notice.NEW_BROWSER: "sessions.show_activity",
        Notice.BACKUP_CODE_USED: "security.backup_codes",
        Notice.LOCKOUT: "login.ask_unlock",
        Notice.ALREADY_REGISTERED: "login.sign_in",
        Notice.EXPORT_MADE: "partner.exports",
        Notice.PAYEES_BROUGHT_IN: "payees.index",
        Notice.PAYOUT_PREPARED: "payouts.index",
        Notice.WEBHOOK_ADDED: "integrations.webhooks",
        Notice.WEBHOOK_REMOVED: "integrations.webhooks",
        Notice.BILLING_CHANGED: "integrations.billing",
        Notice.PLAN_CHANGED: "plans.index",
        Notice.API_TOKEN_CREATED: "api_tokens.index",
        Notice.API_TOKEN_REVOKED: "api_tokens.index",
    }
    return base_url + url_for(pages.get(Notice(kind), "security.index"))
