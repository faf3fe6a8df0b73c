"""Page templates compiled once per language: what cannot change between two requests is text.

Jinja already joins neighbouring literals into one. Here phrases, icons and the addresses of files
and of the frame become literals before it compiles, so that most of a page is joined. A template
is written as ever; whatever has a value of the request in it is left alone. It holds no page.

    {{ _("Sign in") }}               the translation, as markup, as `_` gives it
    {{ _("Hello, %(name)s", name=x) }}  the translation around {{ x }}
    {{ icon("info") }}, {{ asset("portal.css") }}, links.home, locale    their values
    {% include "other.html" %}       the other template's own nodes
    {% extends "other.html" %}       the other template, with these blocks in their places
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from flask.templating import Environment
from jinja2 import Template, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from portal.web.words import Language

# Of a phrase: "%%", or a value as text. Any other sign leaves the phrase to be formatted as ever.
VALUE = re.compile(r"%(?:(%)|\((\w+)\)s)")


@dataclass(frozen=True, slots=True)
class Known:
    """What does not change between two requests in one language.

    `functions` give the same for the same words; `tables` are names whose entries are fixed.
    """

    language: Language
    functions: Mapping[str, Callable[..., Any]]
    tables: Mapping[str, Mapping[str, str]]
    names: Mapping[str, str] = field(default_factory=dict)


class PageEnvironment(Environment):
    """Flask's environment. `known` is set in those that compile for one language."""

    known: Known | None = None

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        # Jinja lays an empty map over them for each template; every name is then looked up in both.
        return super().make_globals(d) if d else self.globals

    def get_template(
        self,
        name: str | Template,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,
    ) -> Template:
        # Jinja's own cache takes a lock, and a page asks for a dozen templates.
        kept: dict[Any, Template] = self.__dict__.setdefault("kept", {})
        if name in kept and not globals:
            return kept[name]
        found = super().get_template(name, parent, globals)
        if not self.auto_reload and not globals:
            kept[name] = found
        return found

    def for_language(self, known: Known) -> PageEnvironment:
        """An environment with the same templates that compiles them for one language."""
        other = self.overlay()
        assert isinstance(other, PageEnvironment)
        other.known = known
        other.__dict__["kept"] = {}
        return other


class PageGenerator(CodeGenerator):
    """Jinja's compiler, with what is known put in first."""

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802
        environment = self.environment
        # Text without escaping (mail) takes no part: its phrases are no markup.
        if isinstance(environment, PageEnvironment) and environment.known and _is_html(self.name):
            node = _Folding(environment, environment.known).fold(node)
        super().visit_Template(node, frame)


PageEnvironment.code_generator_class = PageGenerator


def _is_html(name: str | None) -> bool:
    return name is not None and name.endswith(".html")


class _Folding(NodeTransformer):
    """Puts what is known in the place of the expressions that ask for it."""

    def __init__(self, environment: PageEnvironment, known: Known) -> None:
        self.environment = environment
        self.known = known
        self.own: set[str] = set()

    def fold(self, template: nodes.Template) -> nodes.Template:
        template = self._joined(template)
        self._respect(template)
        self.visit(template)
        return template

    def _respect(self, template: nodes.Template) -> None:
        """A template that gives one of the names a meaning of its own keeps that meaning."""
        names = template.find_all(nodes.Name)
        self.own |= {name.name for name in names if name.ctx != "load"}

    def _joined(self, template: nodes.Template) -> nodes.Template:
        """A template and what it extends as one; as it was if that would be anything but plain.

        The blocks stay blocks, so that another template may still extend this one.
        """
        first = template.body[0] if template.body else None
        if not isinstance(first, nodes.Extends) or not isinstance(first.template, nodes.Const):
            return template
        blocks = {node.name: node for node in template.body[1:] if isinstance(node, nodes.Block)}
        inherits = any(name.name in {"self", "super"} for name in template.find_all(nodes.Name))
        if inherits or len(list(template.find_all(nodes.Block))) != len(blocks):
            return template  # A block asks for what it replaces, or is not at the top.
        other = self._joined(self._parsed(first.template.value))
        if other.find(nodes.Extends):
            return template
        for inner in other.find_all(nodes.Node):
            inner.lineno = first.lineno
        for place in list(other.find_all(nodes.Block)):
            if place.name in blocks:
                place.body, place.required = blocks[place.name].body, False
        # What the template itself makes (its imports) comes first, as it does without this.
        own = [
            node for node in template.body[1:] if not isinstance(node, nodes.Block | nodes.Output)
        ]
        other.body[:0] = own
        return other

    def _parsed(self, name: str) -> nodes.Template:
        loader = self.environment.loader
        assert loader is not None
        source, file, _ = loader.get_source(self.environment, name)
        return self.environment._parse(source, name, file)

    def _is(self, node: nodes.Node, name: str) -> bool:
        return isinstance(node, nodes.Name) and node.name == name and name not in self.own

    def visit_Include(self, node: nodes.Include) -> nodes.Node:  # noqa: N802
        """The other template's nodes, in a scope of their own as an include has one."""
        wanted = node.template
        if not isinstance(wanted, nodes.Const) or not node.with_context:
            return node
        if not isinstance(wanted.value, str) or not _is_html(wanted.value):
            return node  # Several names to choose from, or text that is not escaped.
        other = self._parsed(wanted.value)
        if other.find(nodes.Extends) or other.find(nodes.Block):
            return node
        self._respect(other)
        for inner in other.find_all(nodes.Node):
            inner.lineno = node.lineno  # A trace then names the line that includes it.
        return self.visit(nodes.Scope(other.body, lineno=node.lineno))

    def visit_Output(self, node: nodes.Output) -> nodes.Node:  # noqa: N802
        parts: list[nodes.Expr] = []
        for part in node.nodes:
            folded = self.visit(part)
            parts += self._around_values(folded) or [folded]
        node.nodes = parts
        return node

    def _around_values(self, node: nodes.Expr) -> list[nodes.Expr] | None:
        """A phrase with values as its pieces; None for whatever is not one."""
        if not isinstance(node, nodes.Call) or not self._is(node.node, "_"):
            return None
        phrase, values = _constants(node.args), {pair.key: pair.value for pair in node.kwargs}
        if phrase is None or len(phrase) != 1 or node.dyn_args or node.dyn_kwargs:
            return None
        text = self.known.language.say(phrase[0])
        if "%" in VALUE.sub("", text):
            return None
        pieces: list[nodes.Expr] = []
        end = 0
        for sign in VALUE.finditer(text):
            pieces.append(_markup(text[end : sign.start()], node))
            percent, name = sign.groups()
            if name is not None and name not in values:
                return None
            pieces.append(_markup("%", node) if percent else values[name])
            end = sign.end()
        return [*pieces, _markup(text[end:], node)]

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        words = _constants(node.args)
        if words is None or node.kwargs or node.dyn_args or node.dyn_kwargs:
            return node
        if self._is(node.node, "_"):
            return nodes.Const(self.known.language.translate(*words), lineno=node.lineno)
        for name, function in self.known.functions.items():
            if self._is(node.node, name):
                return nodes.Const(function(*words), lineno=node.lineno)
        return node

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        for name, table in self.known.tables.items():
            if self._is(node.node, name) and node.attr in table:
                return nodes.Const(table[node.attr], lineno=node.lineno)
        return node

    def visit_Name(self, node: nodes.Name) -> nodes.Node:  # noqa: N802
        if node.ctx == "load" and node.name in self.known.names and node.name not in self.own:
            return nodes.Const(self.known.names[node.name], lineno=node.lineno)
        return node


def _constants(parts: list[nodes.Expr]) -> list[Any] | None:
    """The values of expressions that are all constant; else None."""
    if not all(isinstance(part, nodes.Const) for part in parts):
        return None
    return [part.value for part in parts if isinstance(part, nodes.Const)]


def _markup(text: str, node: nodes.Node) -> nodes.Const:
    # A translation is ours; what was typed stays an expression, which the compiler escapes.
    return nodes.Const(Markup(text), lineno=node.lineno)  # noqa: S704
