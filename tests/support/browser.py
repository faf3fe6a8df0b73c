"""Finds the Chromium that browser tests drive, or says the one line that brings it.

Never a reason to skip: a browser test that did not run proves nothing. As a program
(`python -m tests.support.browser`) it also tries to download one, and prints which it found.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

VARIABLE = "PORTAL_TEST_BROWSER"

# Playwright's "channels" look in fixed places and do not find a distribution's browser.
_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
)
_DOWNLOAD_SECONDS = 600


class BrowserMissing(Exception):
    """There is no browser; the message holds the line that repairs it."""


def find(downloaded: str) -> str | None:
    """The browser to drive: the one asked for, Playwright's own at `downloaded`, one on PATH."""
    asked = os.environ.get(VARIABLE)
    if asked:
        return shutil.which(asked)
    if Path(downloaded).exists():
        return downloaded
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


def find_or_fail(downloaded: str) -> str:
    """Like `find`; raises BrowserMissing with the line to run."""
    found = find(downloaded)
    if found is None:
        raise BrowserMissing(f"No browser for the tests. Run this line:\n\n    {repair_line()}\n")
    return found


def repair_line() -> str:
    """The one command that brings a browser to this machine."""
    if os.environ.get(VARIABLE):
        return f"unset {VARIABLE}  # it names no program on this machine"
    # Ubuntu's package of that name is a snap, which Playwright cannot drive everywhere.
    if shutil.which("apt-get") and _distribution() == "debian":
        return "sudo apt install chromium"
    return ".venv/bin/python -m playwright install --with-deps chromium"


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release().get("ID", "")
    except OSError:
        return ""


def _download() -> None:
    """Let Playwright fetch its own; without the open internet this fails, which is no error yet."""
    sys.stderr.write("dev: no browser found, trying to download one\n")
    try:
        subprocess.run(
            [sys.executable, "-m", "playwright", "install", "chromium"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_DOWNLOAD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        sys.stderr.write("dev: the download took too long\n")


def _main() -> int:
    with sync_playwright() as playwright:
        downloaded = playwright.chromium.executable_path
    if find(downloaded) is None and not os.environ.get(VARIABLE):
        _download()
    try:
        sys.stdout.write(find_or_fail(downloaded) + "\n")
    except BrowserMissing as missing:
        sys.stderr.write(f"{missing}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
