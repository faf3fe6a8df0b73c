"""Templates compiled for one language: what is known becomes text, what was typed stays escaped."""

from __future__ import annotations

from gettext import NullTranslations

import pytest
from flask import Flask
from jinja2 import DictLoader, Environment, TemplateNotFound
from markupsafe import Markup, escape

from portal.web.compiled import PageEnvironment, text
from portal.web.folding import Known
from portal.web.words import Language, Phrase


class German(NullTranslations):
    WORDS = {  # noqa: RUF012
        "Hello": "Hallo <b>Welt</b>",
        "For %(who)s": "Für %(who)s, 100 %%",
        "%(num)d codes": "%(num)d Codes",
    }

    def gettext(self, message: str) -> str:
        return self.WORDS.get(message, message)


def rendered(
    source: str, others: dict[str, str] | None = None, **values: object
) -> tuple[str, str]:
    """A page as it is, and compiled for the language."""
    language = Language("de", German())
    app = Flask("compiled")
    app.__dict__["jinja_environment"] = PageEnvironment
    plain = app.jinja_env
    assert isinstance(plain, PageEnvironment)
    plain.loader = DictLoader({"page.html": source, **(others or {})})
    links = {"home": "/start?a=1&b=2"}
    functions = {"icon": lambda name, label=None: Markup("<svg {} {}>").format(name, label)}
    app.add_template_global(functions["icon"], "icon")
    values |= {"_": language.translate, "links": links, "locale": "de"}
    known = Known(language, functions, {"links": links}, {"locale": "de"}, frozenset({"icon"}))
    compiled = plain.for_language(known)
    return (
        plain.get_template("page.html").render(values),
        compiled.get_template("page.html").render(values),
    )


@pytest.mark.parametrize(
    "source",
    [
        "{{ _('Hello') }}, {{ _('Other') }}",
        "{{ _('For %(who)s', who=who) }}",
        "{{ _('For %(who)s', who=who | upper) }}{{ _('For %(who)s', who=icon('x')) }}",
        "{{ _('%(num)d codes', num=3) }}",
        "{{ _('100 %% sure') }}",
        "{{ icon('info') }}{{ icon('info', _('Hello')) }}{{ icon(who) }}",
        "<a href='{{ links.home }}' lang='{{ locale }}'>{{ links.other }}</a>",
        "{% if _('Hello') == 'x' %}a{% else %}{{ who if who else _('Hello') }}{% endif %}",
        "{% for locale in ['a', 'b'] %}{{ locale }}{% endfor %}{{ locale }}",
        "{% set icon = who %}{{ icon }}",
        "{% macro m(links) %}{{ links.home }}{% endmacro %}{{ m({'home': who}) }}",
        "{% for who in ['<1>'] %}{% include 'part.html' %}{% endfor %}{{ own }}{{ who }}",
        "{% include 'heir.html' %}",
        "{% extends 'frame.html' %}{% from 'm.html' import m %}x"
        "{% block inner %}{{ m(who) }}{% endblock %}",
        "{% extends 'heir.html' %}{% block more %}{{ who }}{% endblock %}",
        "{% extends 'heir.html' %}{% block inner %}{{ super() }}!{% endblock %}",
        "{% extends 'frame.html' %}{% if who %}{% block inner %}{{ who }}{% endblock %}{% endif %}",
        "{% extends which %}{% block inner %}{{ who }}{% endblock %}",
        "{% extends 'frame.html' %}{% block other %}{{ who }}{% endblock %}",
        "{% for kind in ['a', 'b', 'plain'] %}{% include 'row/' ~ kind ~ '.html' %}{% endfor %}",
        "{% set row = {'kind': 'b'} %}{% include 'row/' ~ row.kind ~ '.html' %}{{ row.kind }}",
        "{% set kind = 'a' %}{% include 'row/' ~ kind ~ '.html' %}{% include 'heir.html' %}",
        "{% from 'm.html' import m %}{{ m(what=who) }}{{ m(icon(who, label=who)) }}{{ m(1) }}",
        "{% from 'm.html' import m as icon %}{{ icon(who) }}",
        "{{ 'a' ~ '<b>' }}{{ 'a' ~ who }}{{ _('Hello') ~ '<b>' }}{{ icon('x' ~ who) }}",
        "{{ phrase }}{{ phrase ~ who }}{{ none }}{{ 7 }}{{ undefined }}{{ [who] }}",
    ],
)
def test_a_compiled_page_says_what_the_plain_one_says(source: str) -> None:
    others = {
        "part.html": "{% set own = 1 %}[{{ who }} {{ _('For %(who)s', who=who) }}]",
        "heir.html": "{% extends 'frame.html' %}{% block inner %}{{ who }}{% endblock %}",
        "frame.html": "<{% block inner %}{% endblock %}{% block more %}{{ who }}{% endblock %}"
        "{{ self.inner() }}>",
        "m.html": "{% macro m(what) %}({{ what }}){% endmacro %}",
        "row/a.html": "{% extends 'row/plain.html' %}{% block inner %}A{{ kind }}{% endblock %}",
        "row/b.html": "{% for kind in ['c'] %}{{ kind }}{{ row.kind }}{% endfor %}{{ icon(kind) }}",
        "row/plain.html": "<{% block inner %}{{ who }}{% endblock %}>{{ icon('k' ~ kind) }}",
    }
    phrase, row = Phrase("Other"), {"kind": "<r>"}
    plain, compiled = rendered(
        source, others, who="<i>&", which="frame.html", phrase=phrase, row=row
    )
    assert compiled == plain
    assert "<i>" not in compiled


MACRO = "{% macro m(a, b='<d>', c=a) %}({{ a }}|{{ b }}|{{ c }}){% endmacro %}"


@pytest.mark.parametrize(
    "call",
    ["m(who)", "m(who, c=1)", "m(b=who, a=2)", "m()", "m(1, 2, who)", "m(who) ~ who", "m(m(who))"],
)
def test_a_macro_takes_what_jinja_s_own_takes(call: str) -> None:
    source = f"{MACRO}{{{{ {call} }}}}"
    own = Environment(autoescape=True).from_string(source).render(who="<i>&")
    assert rendered(source, who="<i>&") == (own, own)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("m(1, 2, 3, 4)", "3"),
        ("m(z=1)", ": z$"),
        ("m(1, a=2)", ": a$"),
        ("m(1, 2, 3, b=4)", ": b$"),
    ],
)
def test_a_macro_refuses_what_jinja_s_own_refuses(call: str, said: str) -> None:
    source = f"{MACRO}{{{{ {call} }}}}"
    with pytest.raises(TypeError):
        Environment(autoescape=True).from_string(source).render()
    with pytest.raises(TypeError, match=said):
        rendered(source)


def test_what_no_template_is_there_for_is_not_found_in_both() -> None:
    for kind in ("none", "../page"):
        with pytest.raises(TemplateNotFound):
            rendered("{% include 'row/' ~ kind ~ '.html' %}", {"row/a.html": "a"}, kind=kind)


@pytest.mark.parametrize("value", ["<&>'\"", "ä", Markup("<b>"), 7, None, True, ["<"], Phrase("x")])
def test_a_page_s_text_is_what_escaping_gives(value: object) -> None:
    assert text(value) == escape(value)


def test_a_phrase_that_lacks_a_value_fails_in_both() -> None:
    with pytest.raises(KeyError):
        rendered("{{ _('For %(who)s', whom=1) }}")


def test_text_without_escaping_takes_no_part() -> None:
    plain, compiled = rendered(
        "{% include 'mail.txt' %}", {"mail.txt": "{{ _('Hello') }}{{ who }}"}, who="<i>"
    )
    assert compiled == plain
