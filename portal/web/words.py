"""The pages' translations: each phrase is looked up once per language, not once per page.

Flask-Babel finds the catalogue anew for every phrase, and a page has forty of them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from gettext import NullTranslations

from flask_babel import get_translations
from markupsafe import Markup

PHRASES_MAX = 4096  # Of templates, in every language together; nothing that people type.


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
