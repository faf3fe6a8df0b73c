"""The pages' translations: each phrase is looked up once per language, not once per page.

Flask-Babel finds the catalogue anew for every phrase, and a page has forty of them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from gettext import NullTranslations

from babel import Locale
from flask_babel import Domain, get_locale, get_translations
from markupsafe import Markup

PHRASES_MAX = 4096  # Of templates, in every language together; nothing that people type.


class Catalogues(Domain):
    """Flask-Babel's catalogues, found by locale: its own cache spells the locale out each time."""

    def __init__(self) -> None:
        super().__init__()
        self._by_locale: dict[Locale, NullTranslations] = {}

    def get_translations(self) -> NullTranslations:
        locale = get_locale()
        if locale is None:
            return super().get_translations()
        if locale not in self._by_locale:
            self._by_locale[locale] = super().get_translations()
        return self._by_locale[locale]


def translator() -> Callable[..., Markup]:
    """What `_` is in an HTML page: a phrase in this request's language, its values escaped."""
    catalogue = get_translations()

    def translate(phrase: str, **values: object) -> Markup:
        if not values:
            return _translated(catalogue, phrase)
        # A phrase is a template's literal or its translation; what was typed is in `values`.
        return Markup(catalogue.gettext(phrase)) % values  # noqa: S704

    return translate


@functools.lru_cache(maxsize=PHRASES_MAX)
def _translated(catalogue: NullTranslations, phrase: str) -> Markup:
    # Formatted even without values, as Jinja's own `_` does: "%%" is one sign in both.
    return Markup(catalogue.gettext(phrase)) % {}  # noqa: S704
