"""What tests of a partner's integrations share."""

from __future__ import annotations

import re
from typing import Any

from tests.support.house import Visitor

URL = "https://hooks.partner.example/livery?key=hidden"
TICKS: dict[str, Any] = {"on_payout_approved": "y", "on_export_made": "y"}
SECRET = re.compile(r"whsec_[A-Za-z0-9_-]{43}")
BILLING: dict[str, Any] = {
    "company": "Test Cars B.V.",
    "address": "Kade 1\r\n1011 AB Amsterdam",
    "tax_id": "NL001234567B01",
    "email": "Invoices@Partner.Example",
}


def version_in(page: str) -> str:
    """The version that a form of the page carries."""
    found = re.search(r'name="version"[^>]*value="(\d+)"', page)
    assert found
    return found.group(1)


def added(pam: Visitor, url: str = URL) -> str:
    """The secret of a webhook that was just added."""
    pam.get("/partner/webhooks")
    answer = pam.post("/partner/webhooks", url=url, **TICKS)
    assert answer.status_code == 200, answer.text
    found = SECRET.search(answer.text)
    assert found
    return found.group(0)


def saved(visitor: Visitor, **changed: Any) -> Any:
    """The answer to billing details that were just saved over what the page showed."""
    page = visitor.get("/partner/billing").text
    form: dict[str, Any] = {**BILLING, **changed, "version": version_in(page)}
    return visitor.post("/partner/billing", **form)
