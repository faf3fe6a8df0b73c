"""Steps that several journeys share, taken as a person takes them: fields, buttons, links."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from e2e import phone
from e2e.portals import PASSWORD, Person, Portal

ENOUGH_TABS = 60
# What stands round the focused element: an outline, or nothing that anybody could see.
OUTLINE = """() => {
  const style = getComputedStyle(document.activeElement);
  return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
}"""
NAME = """() => {
  const element = document.activeElement;
  const label = element.labels?.[0]?.textContent ?? element.textContent;
  return element === document.body ? "" : label.trim().replace(/\\s+/g, " ");
}"""


def heading(page: Page, words: str) -> None:
    """Wait until the page with this heading is there."""
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def notice(page: Page, words: str) -> None:
    """Wait until the page says this in its live region."""
    expect(page.locator("#notice")).to_contain_text(words)


def give_password(page: Page, email: str, password: str = PASSWORD) -> None:
    """The first step, on the sign-in page."""
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def give_code(page: Page, code: str, button: str = "Continue") -> None:
    page.get_by_label("Code", exact=True).fill(code)
    page.get_by_role("button", name=button, exact=True).click()


def app_code(portal: Portal, key: str) -> str:
    """A code that was not used yet."""
    portal.next_step()
    return phone.code(key, portal.clock())


def sign_in(page: Page, portal: Portal, person: Person, path: str = "/") -> None:
    """Sign in wholly, heading for a path of the portal."""
    page.goto(portal.url + path)
    give_password(page, person.email)
    if person.key:
        heading(page, "One more proof")
        give_code(page, app_code(portal, person.key))
    page.wait_for_url(portal.url + path)


def sign_out(page: Page) -> None:
    page.locator("details.menu > summary").click()
    page.get_by_role("button", name="Sign out").click()
    notice(page, "You are signed out.")


def begin_app(page: Page) -> phone.Scanned:
    """On the page of a begun enrolment: photograph it and read the QR code."""
    heading(page, "Enrol: Authenticator app")
    # Hiding the caret would leave style attributes behind, which break the page's policy later.
    return phone.scan(page.screenshot(full_page=True, caret="initial"))


def enrol_app(page: Page, portal: Portal) -> str:
    """From the security page to a finished enrolment; the app's key."""
    page.goto(portal.url + "/security")
    page.get_by_role("button", name="Enrol – Authenticator app").click()
    key = begin_app(page).key
    give_code(page, app_code(portal, key), "Finish")
    notice(page, "Your authenticator is enrolled.")
    return key


def make_codes(page: Page, portal: Portal) -> list[str]:
    """Make backup codes and type one back; the ten codes."""
    page.goto(portal.url + "/security/backup-codes")
    page.get_by_role("button", name="Make backup codes").click()
    heading(page, "Enrol: Backup codes")
    codes = page.locator("ol.codes code").all_inner_texts()
    give_code(page, codes[0], "Finish")
    notice(page, "Your new backup codes are active.")
    return codes


def tab_to(page: Page, words: str) -> list[str]:
    """Press Tab until the element of this name has the focus; the names on the way."""
    passed: list[str] = []
    for _ in range(ENOUGH_TABS):
        page.keyboard.press("Tab")
        passed.append(page.evaluate(NAME))
        assert page.evaluate(OUTLINE), f"the focus on {passed[-1]!r} cannot be seen"
        if passed[-1] == words:
            return passed
    raise AssertionError(f"{words!r} was not reached: {passed}")
