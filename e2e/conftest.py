"""What browser tests share: Chromium, pages that notice every fault, axe, screenshots.

A page fails its test on a script error, a broken security policy or an answer of 500 and above,
whether or not the test looked for it. Servers come from tests/support/plugin.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Response, sync_playwright

from tests.support.browser import find_or_fail

ROOT = Path(__file__).resolve().parents[1]
AXE = Path(__file__).parent / "vendor" / "axe-4.14.1.min.js"
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

# Chromium writes this line for every refused form too; answers from 500 on are seen as answers.
_REFUSAL = re.compile(r"^Failed to load resource: the server responded with a status of 4\d\d")

_outcome = pytest.StashKey[bool]()


class Faults:
    """What went wrong in the pages of one test, less what the test said it expects."""

    def __init__(self) -> None:
        self._seen: list[str] = []
        self._expected: list[re.Pattern[str]] = []

    def expect(self, pattern: str) -> None:
        """Faults that match this pattern are the point of the test."""
        self._expected.append(re.compile(pattern))

    def unexpected(self) -> list[str]:
        """Every fault that no pattern allows."""
        return [
            fault
            for fault in self._seen
            if not any(pattern.search(fault) for pattern in self._expected)
        ]

    def watch(self, page: Page) -> None:
        """Record the faults of this page from now on."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self._seen.append(f"script error: {error}"))
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        is_fault = message.type == "error" or "Content Security Policy" in message.text
        if is_fault and not _REFUSAL.match(message.text):
            self._seen.append(f"console: {message.text}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            request = response.request
            self._seen.append(f"status {response.status}: {request.method} {response.url}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Remember whether the test itself failed, for the screenshot that is taken afterwards."""
    report: Any = yield
    if report.when == "call":
        item.stash[_outcome] = report.failed
    return report


@pytest.fixture(scope="session")
def _playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(_playwright: Playwright) -> Iterator[Browser]:
    """One Chromium for the whole run."""
    path = find_or_fail(_playwright.chromium.executable_path)
    chromium = _playwright.chromium.launch(executable_path=path)
    yield chromium
    chromium.close()


@pytest.fixture
def faults() -> Iterator[Faults]:
    """The record of this test's faults; whatever is left unexpected fails it."""
    record = Faults()
    yield record
    left = record.unexpected()
    assert not left, "faults in the browser:\n" + "\n".join(left)


@pytest.fixture
def new_page(
    browser: Browser, faults: Faults, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Page]]:
    """`new_page(**options)` opens a page in a browser profile of its own.

    Options are Playwright's: base_url, locale, timezone_id, color_scheme, viewport,
    java_script_enabled … Times out after ten seconds, not thirty.
    """
    pages: list[Page] = []

    def new(**options: Any) -> Page:
        options.setdefault("locale", "en-GB")
        context = browser.new_context(**options)
        context.set_default_timeout(10_000)
        page = context.new_page()
        # A window that the page opens belongs to the same person and is watched too.
        context.on("page", faults.watch)
        faults.watch(page)
        pages.append(page)
        return page

    yield new
    failed = request.node.stash.get(_outcome, True)
    for number, page in enumerate(pages):
        if failed and not page.is_closed():
            name = re.sub(r"[^\w.-]+", "-", request.node.nodeid)
            page.screenshot(path=_results("failures") / f"{name}-{number}.png", full_page=True)
        page.context.close()


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """One page with nothing special; use new_page for a second person or another device."""
    return new_page()


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], None]:
    """`axe(page)` fails on any violation of WCAG 2.2 A and AA or of axe's best practice."""
    source = AXE.read_text(encoding="utf-8")

    def check(page: Page) -> None:
        # evaluate() goes round the page's own policy, which rightly refuses a foreign script tag.
        page.evaluate(source)
        found = page.evaluate("tags => axe.run({runOnly: tags})", AXE_TAGS)
        violations = [
            f"{rule['id']}: {rule['help']}\n  {node['html']}"
            for rule in found["violations"]
            for node in rule["nodes"]
        ]
        assert found["passes"], "axe found nothing to judge; is the page empty?"
        assert not violations, f"{page.url} is not accessible:\n" + "\n".join(violations)

    return check


@pytest.fixture(scope="session")
def screenshot(pytestconfig: pytest.Config) -> Callable[..., Path]:
    """`screenshot(page, "security")` writes a picture and returns its file.

    Into test-results/screenshots/, or with --docs-screenshots into docs/screenshots/.
    """
    for_docs = pytestconfig.getoption("--docs-screenshots")
    folder = ROOT / "docs" / "screenshots" if for_docs else _results("screenshots")
    folder.mkdir(parents=True, exist_ok=True)

    def take(page: Page, name: str, *, full_page: bool = True) -> Path:
        file = folder / f"{name}.png"
        # A blinking caret or a running transition would make two runs differ.
        page.screenshot(path=file, full_page=full_page, animations="disabled", caret="hide")
        return file

    return take


def _results(name: str) -> Path:
    folder = ROOT / "test-results" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder
