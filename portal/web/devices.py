"""A browser's name for people: display only, since anybody can send any user agent."""

from __future__ import annotations

from functools import lru_cache

from portal.web.words import gettext


@lru_cache(maxsize=1024)
def _named(user_agent: str) -> tuple[str, str]:
    # Imported on first use: its tables take longer to load than the whole portal.
    from ua_parser import parse

    result = parse(user_agent)
    browser = result.user_agent.family if result.user_agent else ""
    system = result.os.family if result.os else ""
    return browser, system


def browser_name(user_agent: str) -> str:
    """ "Chrome on Windows", as far as the user agent says."""
    browser, system = _named(user_agent)
    if browser and system:
        return gettext("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or gettext("An unknown browser")
