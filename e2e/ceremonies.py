"""Steps with passkeys and security keys, taken as a person takes them; `keys` holds the devices."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from e2e import walk
from e2e.keys import Device
from e2e.portals import Person, Portal

MAKE, USE, ALONE = "Make a passkey", "Use your passkey or security key", "Sign in with a passkey"
KEY, USE_KEY = "Security key", "Use a security key"


def traveler(page: Page, portal: Portal) -> Person:
    """Signed in with an app."""
    tara = portal.person("Tara Winter", app=True)
    walk.sign_in(page, portal, tara)
    return tara


def enrol(page: Page, portal: Portal, what: str = "Passkey", button: str = MAKE) -> None:
    """From the security page to a finished enrolment."""
    page.goto(portal.url + "/security")
    page.get_by_role("button", name=f"Enrol – {what}").click()
    make(page, what, button)


def make(page: Page, what: str = "Passkey", button: str = MAKE) -> None:
    """On the page of a begun enrolment: press the button, and the device does the rest."""
    walk.heading(page, f"Enrol: {what}")
    page.get_by_role("button", name=button).click()
    walk.notice(page, "Your authenticator is enrolled.")


def prove(page: Page) -> None:
    page.get_by_role("button", name=USE).click()


def prove_in_vain(page: Page, words: str) -> None:
    """The server refuses what the device says, and the page says why."""
    with page.expect_response(lambda answer: "/passkey?" in f"{answer.url}?") as refused:
        prove(page)
    assert refused.value.status == 422
    expect(page.locator("#problems")).to_contain_text(words)


def give_password_then_key(page: Page, person: Person) -> None:
    walk.give_password(page, person.email)
    walk.heading(page, "One more proof")
    # The app was used last, so it comes first.
    page.get_by_role("link", name="Passkey").click()
    page.get_by_role("button", name=USE).wait_for()


def leave(page: Page, device: Device) -> None:
    """Sign out, with nobody there to answer the autofill of the sign-in page."""
    device.touch(False)
    walk.sign_out(page)


def be_filled_in(page: Page, device: Device, url: str) -> None:
    """Open the sign-in page with somebody there, who may answer before the page is whole.

    From an empty page, for one that waits already would answer in its place; and the page goes
    there by itself, for a `goto` that is overtaken by the answer counts as aborted.
    """
    page.goto("about:blank")
    device.touch(True)
    page.evaluate("url => setTimeout(() => location.assign(url))", url)


def is_forgotten(page: Page, device: Device) -> None:
    """The page's signal is on its way: it is asked for until it has arrived."""
    for _ in range(100):
        if not device.credentials():
            return
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => done()))")
    assert not device.credentials()


def said(page: Page, words: str) -> None:
    """What the page says of a dialog that came to nothing, with the button ready again."""
    expect(page.locator(".ceremony-said")).to_contain_text(words)
    expect(page.locator(".ceremony-start")).to_be_enabled()
