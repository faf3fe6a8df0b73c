"""The catalogs: every sentence of the code and the templates is there, in every language, whole.

What the text says is for people to judge; that a placeholder is lost, a plural form is missing or
a sentence never reached the translators is for this file.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from gettext import c2py
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from portal.settings import LOCALES

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "portal" / "translations"
README = FOLDER / "README.md"
UPDATE = "run the two commands of portal/translations/README.md, then fill in what is empty"
LANGUAGES = sorted(set(LOCALES) - {"en"})
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[^(]")
WORD = re.compile(r"[^\W\d_]{2,}")
ORDER = ("zero", "one", "two", "few", "many", "other")
NUMBERS = range(1000)  # As many as a page ever counts; every rule of CLDR repeats by then.

TEMPLATES = sorted(
    file
    for folder, pattern in (
        ("templates", "*.html"),
        ("templates", "*.txt"),
        ("portal/factors", "*.html"),
    )
    for file in (ROOT / folder).rglob(pattern)
)
SPOKEN = {"alt", "title", "placeholder", "aria-label", "aria-description", "summary"}
# A block that fills a class attribute stands outside every tag in the child's source.
CLASSES = re.compile(r"{%-? block page_class -?%}.*?{%-? endblock -?%}", re.S)


def catalog(language: str) -> Catalog:
    with (FOLDER / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """What the first command of the README finds, by that very command."""
    found = re.search(r"^\.venv/bin/pybabel (extract .*)$", README.read_text(), re.M)
    assert found, "the README no longer says how to extract"
    arguments = shlex.split(found.group(1))
    target = tmp_path_factory.mktemp("extracted") / "messages.pot"
    arguments[arguments.index("--output-file") + 1] = str(target)
    command = [sys.executable, "-m", "babel.messages.frontend", "--quiet", *arguments]
    subprocess.run(command, cwd=ROOT, check=True, stdin=subprocess.DEVNULL)
    with target.open("rb") as file:
        return read_po(file)


def messages(source: Catalog) -> list[Message]:
    return [message for message in source if message.id]


def forms(message: Message) -> list[str]:
    """The translation's forms: one for each plural, or the one that there is."""
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def placeholders(text: str) -> Counter[str]:
    return Counter(PLACEHOLDER.findall(text))


def plural(source: Catalog) -> Callable[[int], int]:
    return c2py(source.plural_expr)


def numbers_of(source: Catalog) -> dict[int, set[int]]:
    """Which numbers each plural form stands for."""
    standing: dict[int, set[int]] = defaultdict(set)
    for number in NUMBERS:
        standing[plural(source)(number)].add(number)
    return standing


def lost(source: Catalog, message: Message) -> list[str]:
    """The forms whose placeholders are not the original's."""
    if isinstance(message.id, str):
        wanted = placeholders(message.id)
        return [form for form in forms(message) if placeholders(form) != wanted]
    wanted = placeholders(message.id[1])
    without_number = wanted - placeholders("%(num)s %(num)d")
    standing = numbers_of(source)
    # "One code is left": a form for one number alone may leave the number out.
    return [
        form
        for index, form in enumerate(forms(message))
        if placeholders(form) != wanted
        and not (len(standing[index]) == 1 and placeholders(form) == without_number)
    ]


def test_every_language_that_a_person_can_choose_has_a_catalog() -> None:
    assert sorted(folder.parent.name for folder in FOLDER.glob("*/LC_MESSAGES")) == LANGUAGES


def test_extraction_finds_code_templates_factors_mail_and_lazy_words(template: Catalog) -> None:
    """One sentence of each kind of place, so that a broken mapping cannot pass as "no strings"."""
    for known in (
        "just now",
        "You are signed out.",
        "Sign in",
        "Scan this picture with the app",
        "Activate my account:",
    ):
        assert known in template, known


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalog_has_exactly_the_sentences_of_the_code(
    language: str, template: Catalog
) -> None:
    found = {message.id for message in messages(template)}
    held = {message.id for message in messages(catalog(language))}
    assert found - held == set(), UPDATE
    assert held - found == set(), UPDATE


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_empty_unsure_or_left_in_english(language: str) -> None:
    for message in messages(catalog(language)):
        assert all(form.strip() for form in forms(message)), f"empty: {message.id}"
        assert not message.fuzzy, f"fuzzy: {message.id}"
        if len(WORD.findall(PLACEHOLDER.sub("", str(message.id)))) > 3:
            assert message.string != message.id, f"not translated: {message.id}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_kept(language: str) -> None:
    source = catalog(language)
    for message in messages(source):
        assert lost(source, message) == [], message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_plural_rule_is_the_one_of_the_language(language: str) -> None:
    """One form for each of CLDR's categories, in CLDR's order, which translators count on."""
    source = catalog(language)
    category = Locale.parse(language).plural_form
    pairs = {(ORDER.index(category(number)), plural(source)(number)) for number in NUMBERS}
    assert [form for _, form in sorted(pairs)] == list(range(source.num_plurals))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_plural_has_all_its_forms(language: str) -> None:
    source = catalog(language)
    for message in messages(source):
        wanted = source.num_plurals if isinstance(message.id, tuple) else 1
        assert len(forms(message)) == wanted, message.id


@pytest.mark.parametrize(
    ("original", "translation", "kept"),
    [
        ("Hello, %(name)s", "Hola, %(name)s", True),
        ("Hello, %(name)s", "Hola, %(nombre)s", False),
        ("Hello, %(name)s", "Hola", False),
        (("%(num)d hour", "%(num)d hours"), ("una hora", "%(num)d horas"), True),
        (("%(num)d hour", "%(num)d hours"), ("%(num)s hora", "%(num)d horas"), False),
        (("%(num)d hour", "%(num)d hours"), ("%(num)d hora", "horas"), False),
    ],
)
def test_a_lost_placeholder_is_seen(
    original: str | tuple[str, str], translation: str | tuple[str, str], kept: bool
) -> None:
    source = Catalog(locale="es")
    assert (lost(source, source.add(original, translation)) == []) is kept


class Visible(HTMLParser):
    """The words that stand in a page outside every tag, or in an attribute that is read out."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words += WORD.findall(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in SPOKEN:
                self.words += WORD.findall(value or "")


def literals(tree: nodes.Node) -> Iterator[str]:
    """Strings that an expression may print: not a call's arguments, a test, a key or a name."""
    if isinstance(tree, nodes.Const):
        yield tree.value if isinstance(tree.value, str) else ""
    elif isinstance(tree, nodes.CondExpr):
        yield from literals(tree.expr1)
        if tree.expr2 is not None:
            yield from literals(tree.expr2)
    elif isinstance(tree, nodes.Concat | nodes.Or | nodes.And | nodes.Output):
        for child in tree.iter_child_nodes():
            yield from literals(child)


def untranslated(source: str, *, html: bool = True) -> list[str]:
    """Words that a reader would see in English whatever the language is."""
    environment = Environment(trim_blocks=True, lstrip_blocks=True)
    source = CLASSES.sub("", source)
    plain = "".join(text for _, kind, text in environment.lex(source) if kind == "data")
    if not html:
        return WORD.findall(plain)
    visible = Visible()
    visible.feed(plain)
    visible.close()
    for printed in environment.parse(source).find_all(nodes.Output):
        expressions = [n for n in printed.nodes if not isinstance(n, nodes.TemplateData)]
        # Class names have no capitals and sentences do.
        words = [word for each in expressions for word in literals(each)]
        visible.words += [word for word in words if re.match(r"\s*[A-Z]", word)]
    return visible.words


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_visible_word_can_be_translated(file: Path) -> None:
    assert untranslated(file.read_text(), html=file.suffix == ".html") == []


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<p>Good morning</p>", ["Good", "morning"]),
        ('<img alt="A lamp">', ["lamp"]),
        ('<p>{{ _("Good") }} morning</p>', ["morning"]),
        ('{% if x %}<p title="Why">{{ x }}</p>{% endif %}', ["Why"]),
        ('<p>{{ "Good morning" if x else _("Good") }}</p>', ["Good morning"]),
        ('<p class="row">{{ _("Good") }} · {{ name }} – 1</p>', []),
        ('<p class="row{{ " wide" if x }}">{{ icon("lamp") }}</p>', []),
        ("{% block page_class %}page page-narrow{% endblock %}", []),
        ("{# The lamp #}<!-- of the pier -->", []),
    ],
)
def test_a_bare_word_is_seen(source: str, words: list[str]) -> None:
    assert untranslated(source) == words
