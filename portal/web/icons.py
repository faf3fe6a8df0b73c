"""Static files by their content's version, and icons as drawings in the page."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from flask import current_app, url_for
from markupsafe import Markup

ICONS = Path(__file__).parents[2] / "static" / "icons"


@functools.cache
def _version(folder: str, name: str) -> str:
    return hashlib.sha256((Path(folder) / name).read_bytes()).hexdigest()[:12]


def asset(name: str) -> str:
    """The address of a static file, with its content's version: caches may keep it for ever."""
    return url_for("static", filename=name, v=_version(current_app.static_folder or "", name))


@functools.cache
def _svg(name: str) -> Markup:
    """The drawing without its opening `<svg`."""
    text = (ICONS / f"{name}.svg").read_text(encoding="utf-8")
    # A file of ours, named by a template: nothing that anybody typed is in it.
    return Markup(f" {text[text.index('<svg') + 4 :].strip()}")  # noqa: S704


@functools.cache
def _hidden_svg(name: str) -> Markup:
    return Markup('<svg aria-hidden="true" focusable="false"') + _svg(name)


def icon(name: str, label: str | None = None) -> Markup:
    """An inline icon: hidden from assistive technology, or named by `label`."""
    if label is None:
        return _hidden_svg(name)
    return Markup('<svg role="img" aria-label="{}"').format(label) + _svg(name)
