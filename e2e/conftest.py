"""What browser tests share: Chromium, pages that notice every fault, axe, screenshots.

A page fails its test on a script error, a broken security policy or an answer of 500 and above,
whether or not the test looked for it. Servers come from tests/support/plugin.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Response, sync_playwright

from e2e.portals import Portal, running_portal
from tests.support import services
from tests.support.browser import find_or_fail
from tests.support.databases import KINDS, Databases
from tests.support.smtp import MailServer

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
            place = message.location
            self._seen.append(f"console: {message.text} ({place['url']}:{place['lineNumber']})")

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
def _portals(
    tmp_path_factory: pytest.TempPathFactory,
    databases: Databases,
    _mail_server: MailServer,
) -> Iterator[Callable[[str], Portal]]:
    """Starts a portal on a kind of database when first asked, and keeps it for the run."""
    started: dict[str, Portal] = {}
    with ExitStack() as stack:

        def start(kind: str) -> Portal:
            if kind not in started:
                limiter = stack.enter_context(services.valkey()) if kind == "postgresql" else ""
                folder = tmp_path_factory.mktemp(kind)
                running = running_portal(
                    folder, databases.fresh(kind), _mail_server, limiter_url=limiter
                )
                started[kind] = stack.enter_context(running)
            return started[kind]

        yield start


@pytest.fixture(params=KINDS)
def portal(request: pytest.FixtureRequest, _portals: Callable[[str], Portal]) -> Portal:
    """A running portal; a test runs on SQLite, and on PostgreSQL with Valkey and two processes.

    For pages that no database changes: `@pytest.mark.parametrize("portal", ["sqlite"],
    indirect=True)`. Its people and mails are of earlier tests too: make your own people.
    """
    return _portals(request.param)


@pytest.fixture(scope="session")
def axe() -> Callable[..., None]:
    """`axe(page)` fails on any violation of WCAG 2.2 A and AA or of axe's best practice.

    `axe(page, rules=["color-contrast"])` looks at these alone, for a page that was seen whole.
    """
    source = AXE.read_text(encoding="utf-8")

    def check(page: Page, rules: list[str] | None = None) -> None:
        # evaluate() goes round the page's own policy, which rightly refuses a foreign script tag.
        if page.evaluate("typeof axe") == "undefined":
            page.evaluate(source)
        options = {"resultTypes": ["violations"], "runOnly": rules or AXE_TAGS}
        found = page.evaluate("options => axe.run(options)", options)
        violations = [
            f"{rule['id']}: {rule['help']}\n  {node['html']}"
            for rule in found["violations"]
            for node in rule["nodes"]
        ]
        assert found["passes"], "axe found nothing to judge; is the page empty?"
        assert not violations, f"{page.url} is not accessible:\n" + "\n".join(violations)

    return check


@pytest.fixture(scope="session")
def screenshot(pytestconfig: pytest.Config) -> Callable[[Page, str], None]:
    """`screenshot(page, "security")` writes a picture, where --screenshots asks for pictures.

    Nobody looks at those of every run, and drawing them takes as long as all the rest of a tour.
    """
    folder = _results("screenshots")
    wanted = pytestconfig.getoption("--screenshots")

    def take(page: Page, name: str) -> None:
        if wanted:
            _picture(page, folder / f"{name}.png", full_page=True)

    return take


@pytest.fixture(scope="session")
def docs_screenshot(pytestconfig: pytest.Config) -> Callable[..., Path]:
    """`docs_screenshot(page, "sign-in")` writes a picture that README shows, in few bytes.

    Into docs/screenshots/ with --docs-screenshots, else beside the other pictures: a run of the
    tests changes no file of the repository.
    """
    for_docs = pytestconfig.getoption("--docs-screenshots")
    folder = ROOT / "docs" / "screenshots" if for_docs else _results("docs")
    folder.mkdir(parents=True, exist_ok=True)

    def take(page: Page, name: str, *, full_page: bool = False) -> Path:
        file = _picture(page, folder / f"{name}.png", full_page=full_page)
        with Image.open(file) as picture:
            # These pages have few colours: a palette makes a third of the bytes.
            small = picture.convert("RGB").quantize(128, dither=Image.Dither.NONE)
        small.save(file, optimize=True)
        return file

    return take


def _picture(page: Page, file: Path, *, full_page: bool) -> Path:
    # A blinking caret or a running transition would make two runs differ.
    page.screenshot(path=file, full_page=full_page, animations="disabled", caret="hide")
    # Hiding the caret leaves style="" on fields, which htmx would copy against the policy.
    page.evaluate("document.querySelectorAll('[style]').forEach(e => e.removeAttribute('style'))")
    return file


def _results(name: str) -> Path:
    folder = ROOT / "test-results" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder
