"""The rules of templates: they parse, and a strict content security policy can hold them.

Under `script-src 'self'; style-src 'self'` an inline script or style is dead in the browser, and
so is every piece of script that htmx takes from an attribute. Better red here than silent there.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jinja2 import Environment

ROOT = Path(__file__).resolve().parents[2]

# Mail is read by programs that know no style sheet, so its HTML carries styles inline.
PAGES = sorted(
    file
    for folder in (ROOT / "templates", ROOT / "portal" / "factors")
    for file in folder.rglob("*.html")
    if "mail" not in file.relative_to(ROOT).parts
)
ALL = sorted({*PAGES, *(ROOT / "templates").rglob("*.html"), *(ROOT / "templates").rglob("*.txt")})

BANNED = {
    "inline style sheet": r"<style\b",
    "inline style": r"\sstyle\s*=",
    "inline script": r"<script\b(?![^>]*\ssrc\s*=)",
    "inline handler": r"\son[a-z]+\s*=",
    "htmx handler": r"\s(data-)?hx-on\b",
    "script address": r"javascript\s*:",
    "script in htmx values": r"hx-(vals|headers|vars|confirm)[^=]*=\s*[\"']?\s*(js|javascript)\s*:",
    "htmx event filter": r"hx-trigger[^=]*=\s*(\"[^\"]*\[|'[^']*\[)",
    "foreign address": r"\s(src|srcset|action|hx-(get|post|put|delete))\s*=\s*[\"']?(https?:)?//",
    "escaping switched off": r"\|\s*safe\b|\{%-?\s*autoescape\s+false",
    "legacy htmx attribute": r"\s(hx-disabled-elt|hx-ext)\b",
}


def faults(source: str) -> list[str]:
    """Names of the rules that a template breaks; comments of the template language are left out."""
    visible = re.sub(r"\{#.*?#\}", "", source, flags=re.DOTALL)
    return [name for name, pattern in BANNED.items() if re.search(pattern, visible, re.IGNORECASE)]


def name_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("file", ALL, ids=name_of)
def test_a_template_parses(file: Path) -> None:
    Environment(autoescape=True, extensions=["jinja2.ext.i18n"]).parse(file.read_text())


@pytest.mark.parametrize("file", PAGES, ids=name_of)
def test_a_page_keeps_to_the_content_security_policy(file: Path) -> None:
    assert faults(file.read_text()) == []


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("<style>p {}</style>", "inline style sheet"),
        ('<p\n style="color: red">', "inline style"),
        ("<script>go()</script>", "inline script"),
        ('<script type="module">go()</script>', "inline script"),
        ('<a onclick="go()">', "inline handler"),
        ('<a hx-on:click="go()">', "htmx handler"),
        ('<a data-hx-on--click="go()">', "htmx handler"),
        ('<a href="javascript:go()">', "script address"),
        ("<a hx-vals='js:{a: 1}'>", "script in htmx values"),
        ('<a hx-vals:inherited="js:{a: 1}">', "script in htmx values"),
        ('<a hx-trigger="click[ctrlKey]">', "htmx event filter"),
        ('<img src="//cdn.example/x.png">', "foreign address"),
        ("{{ name | safe }}", "escaping switched off"),
    ],
)
def test_a_broken_rule_is_seen(source: str, fault: str) -> None:
    assert fault in faults(source)


@pytest.mark.parametrize(
    "source",
    [
        '<script src="/static/htmx.js" defer></script>',
        '<p class="style" data-on="x">once = 1</p>',
        "{# <style> is explained here #}",
        '<a hx-vals=\'{"a": "js"}\' hx-trigger="click delay:1s">',
        '<a href="https://example.org/">',
    ],
)
def test_an_innocent_page_is_left_alone(source: str) -> None:
    assert faults(source) == []
