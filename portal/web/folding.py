"""What a page template says in every request, put into it before Jinja compiles it.

Phrases, icons and the addresses of files and of the frame become literals. A template is written as
ever; whatever has a value of the request in it is left alone.

    {{ _("Sign in") }}               the translation, as markup, as `_` gives it
    {{ _("Hello, %(name)s", name=x) }}  the translation around {{ x }}
    {{ icon("info") }}, {{ asset("portal.css") }}, links.home, locale    their values
    {% include "other.html" %}       the other template's own nodes
    {% include "a/" ~ kind ~ ".html" %}  the nodes of each template that it may be, one chosen
    {% extends "other.html" %}       the other template, with these blocks in their places
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

from jinja2 import Environment, nodes
from jinja2.runtime import markup_join
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from portal.values import frozen
from portal.web.words import Language

# Of a phrase: "%%", or a value as text. Any other sign leaves the phrase to be formatted as ever.
VALUE = re.compile(r"%(?:(%)|\((\w+)\)s)")


@frozen
class Known:
    """What does not change between two requests in one language.

    `functions` give the same for the same words; `tables` are names whose entries are fixed;
    `plain` are functions that want nothing of Jinja, so that they are called as Python calls.
    """

    language: Language
    functions: Mapping[str, Callable[..., Any]]
    tables: Mapping[str, Mapping[str, str]]
    names: Mapping[str, str] = field(default_factory=dict)
    plain: frozenset[str] = frozenset()


def is_html(name: str | None) -> bool:
    return name is not None and name.endswith(".html")


class Folding(NodeTransformer):
    """Puts what is known in the place of the expressions that ask for it."""

    def __init__(self, environment: Environment, known: Known) -> None:
        self.environment = environment
        self.known = known
        self.own: set[str] = set()
        self.macros: set[str] = set()

    def fold(self, template: nodes.Template) -> nodes.Template:
        template = self._joined(template)
        self._respect(template)
        self.visit(template)
        return template

    def _respect(self, template: nodes.Template) -> None:
        """A template that gives one of the names a meaning of its own keeps that meaning."""
        names = template.find_all(nodes.Name)
        self.own |= {name.name for name in names if name.ctx != "load"}
        for imported in template.find_all(nodes.FromImport):
            self.macros |= {name for name in imported.names if isinstance(name, str)}

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

    def _is(self, node: nodes.Node, *names: str) -> bool:
        return isinstance(node, nodes.Name) and node.name in names and node.name not in self.own

    def visit_Include(self, node: nodes.Include) -> nodes.Node:  # noqa: N802
        """The other template's nodes, in a scope of their own as an include has one."""
        wanted = node.template
        if not node.with_context:
            return node
        if isinstance(wanted, nodes.Concat):
            return self._one_of_several(node, wanted)
        if not isinstance(wanted, nodes.Const) or not isinstance(wanted.value, str):
            return node  # Several names to choose from.
        return self._in_place(wanted.value, node) or node

    def _in_place(
        self, name: str, node: nodes.Include, told: tuple[nodes.Expr, str] | None = None
    ) -> nodes.Node | None:
        """A template's nodes for the place of an include; None where it must stay one.

        `told`: an expression, and what its value is wherever these nodes come to be.
        """
        if not is_html(name):
            return None  # Text that is not escaped.
        other = self._joined(self._parsed(name))
        asks = any(found.name in {"self", "super"} for found in other.find_all(nodes.Name))
        if other.find(nodes.Extends) or asks:
            return None
        _Dissolving().visit(other)
        if told and not _gives_meaning(other, told[0]):
            _Telling(*told).visit(other)
        self._respect(other)
        for inner in other.find_all(nodes.Node):
            inner.lineno = node.lineno  # A trace then names the line that includes it.
        return self.visit(nodes.Scope(other.body, lineno=node.lineno))

    def _one_of_several(self, node: nodes.Include, wanted: nodes.Concat) -> nodes.Node:
        """`"a/" ~ kind ~ ".html"`: what each such template holds, and the include for others."""
        before, *kinds, after = wanted.nodes
        fixed = _constants([before, after])
        if fixed is None or len(kinds) != 1:
            return node
        start, end = fixed
        chosen: nodes.Node = node
        for name in self.environment.list_templates():
            kind = name.removeprefix(start).removesuffix(end)
            fits = name == start + kind + end
            held = self._in_place(name, node, (kinds[0], kind)) if fits else None
            if held is not None:
                test = nodes.Compare(kinds[0], [nodes.Operand("eq", nodes.Const(kind))])
                chosen = nodes.If(test, [held], [], [chosen], lineno=node.lineno)
        return chosen

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
        if not node.dyn_args and not node.dyn_kwargs and self._is_plain(node.node):
            vars(node)["plain"] = True
        words = _constants(node.args)
        if words is None or node.kwargs or node.dyn_args or node.dyn_kwargs:
            return node
        if self._is(node.node, "_"):
            return nodes.Const(self.known.language.translate(*words), lineno=node.lineno)
        for name, function in self.known.functions.items():
            if self._is(node.node, name):
                return nodes.Const(function(*words), lineno=node.lineno)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        words = _constants(node.nodes)
        if words is None:
            return node
        # As Jinja joins when it runs: markup stays markup, and what is beside it is escaped.
        return nodes.Const(markup_join(words), lineno=node.lineno)

    def _is_plain(self, callee: nodes.Node) -> bool:
        return isinstance(callee, nodes.Name) and (
            callee.name in self.macros or self._is(callee, *self.known.plain)
        )

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


class _Dissolving(NodeTransformer):
    """Puts a block's nodes in its place: whoever includes a template cannot replace its blocks."""

    def visit_Block(self, node: nodes.Block) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return nodes.Scope(node.body, lineno=node.lineno)


class _Telling(NodeTransformer):
    """Puts a value in the place of an expression."""

    def __init__(self, expression: nodes.Expr, value: str) -> None:
        self.expression = expression
        self.value = value

    def visit(self, node: nodes.Node, *args: Any, **kwargs: Any) -> Any:
        if node == self.expression:
            return nodes.Const(self.value, lineno=node.lineno)
        return super().visit(node, *args, **kwargs)


def _gives_meaning(template: nodes.Template, expression: nodes.Expr) -> bool:
    """Whether a template gives a name of the expression a meaning of its own."""
    names = {name.name for name in nodes.Tuple([expression], "load").find_all(nodes.Name)}
    return any(name.name in names for name in template.find_all(nodes.Name) if name.ctx != "load")


def _constants(parts: list[nodes.Expr]) -> list[Any] | None:
    """The values of expressions that are all constant; else None."""
    if not all(isinstance(part, nodes.Const) for part in parts):
        return None
    return [part.value for part in parts if isinstance(part, nodes.Const)]


def _markup(text: str, node: nodes.Node) -> nodes.Const:
    # A translation is ours; what was typed stays an expression, which the compiler escapes.
    return nodes.Const(Markup(text), lineno=node.lineno)  # noqa: S704
