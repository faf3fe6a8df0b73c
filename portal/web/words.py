"""The languages of the pages: each phrase is looked up once per language, not once per page.

Flask-Babel finds the locale and its catalogue anew for every phrase, and a page has forty of them.
Here a request finds its language once. It does not choose it: `render.current_locale` does.
"""

from __future__ import annotations

import functools
from collections.abc import Generator
from contextlib import contextmanager
from gettext import NullTranslations
from typing import Any

from babel.numbers import format_decimal
from flask import g
from flask_babel import force_locale, get_translations
from markupsafe import Markup

from portal.web import here

NUMBERS_MAX = 2048  # Kept as they are written: the small ones come on every page.


class Language:
    """One language of the portal. `code` is one of `settings.LOCALES`."""

    def __init__(self, code: str, catalogue: NullTranslations) -> None:
        self.code = code
        self.catalogue = catalogue
        self._said: dict[str, str] = {}
        self._marked: dict[str, Markup] = {}

    def say(self, phrase: str) -> str:
        """A phrase of the code in this language; never one that somebody typed: it is kept."""
        if phrase not in self._said:
            self._said[phrase] = self.catalogue.gettext(phrase)
        return self._said[phrase]

    def mark(self, phrase: str) -> Markup:
        """A template's phrase, whose values are escaped when they are put in."""
        return Markup(self.say(phrase))  # noqa: S704

    def translate(self, phrase: str, **values: object) -> Markup:
        """What `_` is in an HTML page."""
        if values:
            return self.mark(phrase) % values
        if phrase not in self._marked:
            # Formatted even without values, as Jinja's own `_` does: "%%" is one sign in both.
            self._marked[phrase] = self.mark(phrase) % {}
        return self._marked[phrase]


class Phrase:
    """A phrase of a module's table, which becomes text in the language of whoever reads it."""

    __slots__ = ("source",)

    def __init__(self, source: str) -> None:
        self.source = source

    def __str__(self) -> str:
        return gettext(self.source)

    __html__ = __str__

    def __mod__(self, values: Any) -> str:
        return str(self) % values


class Count(int):
    """A number that `%s` writes as the reader's language does, and `%d` bare."""

    def __str__(self) -> str:
        return number(self)


_STRANGERS = Language("en", NullTranslations())
_languages: dict[str, Language] = {}


def language() -> Language:
    """The language of this request; the source's own where there is none."""
    try:
        kept = here.values()
    except LookupError:
        return _STRANGERS  # No request and no command: a test that reads a table.
    found: Language | None = kept.get("language")
    if found is None:
        found = kept.language = _current()
    return found


def _current() -> Language:
    """As Flask-Babel would find it, without making a `Locale` for every request."""
    select = here.app().extensions["babel"].locale_selector
    assert select is not None
    return _of(select())


def _of(code: str) -> Language:
    if code not in _languages:
        with force_locale(code):
            _languages[code] = Language(code, get_translations())
    return _languages[code]


@contextmanager
def speaking(code: str) -> Generator[None]:
    """Another language for a while: a mail speaks its reader's, not the sender's."""
    before, g.language = g.get("language"), _of(code)
    try:
        with force_locale(code):
            yield
    finally:
        g.language = before


def gettext(phrase: str, **values: Any) -> str:
    """A phrase in this request's language, its values filled in."""
    text = language().say(phrase)
    return text % values if values else text


def ngettext(one: str, many: str, num: int, **values: Any) -> str:
    """A phrase in the form that a number asks for."""
    return _form(language(), one, many, num) % {"num": Count(num), **values}


@functools.lru_cache(NUMBERS_MAX)
def _form(spoken: Language, one: str, many: str, num: int) -> str:
    return spoken.catalogue.ngettext(one, many, num)


def number(value: int) -> str:
    """A whole number as this request's language writes it: "50,000", "50.000"."""
    return _number(int(value), language().code)


@functools.lru_cache(NUMBERS_MAX)
def _number(value: int, code: str) -> str:
    return format_decimal(value, locale=code)


def lazy_gettext(phrase: str) -> Phrase:
    """A phrase for a table that is made before anybody asks."""
    return Phrase(phrase)
