"""Page templates compiled once per language: what cannot change between two requests is text.

Jinja already joins neighbouring literals into one. `folding` makes literals of what is known before
it compiles, so that most of a page is joined; the code that Jinja writes for the rest is shorter
here in two places. It holds no page.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, MutableMapping
from typing import Any

from flask.templating import Environment
from jinja2 import Template, nodes
from jinja2.compiler import CodeGenerator, Frame, MacroRef
from jinja2.runtime import missing
from markupsafe import Markup, _escape_inner, escape

from portal.web.folding import Folding, Known, is_html
from portal.web.words import Language, Phrase


def text(value: object) -> str:
    """What `escape` gives, without a `Markup` for each piece: a page joins them at once."""
    if type(value) is str:
        return _escape_inner(value)
    return value if type(value) is Markup else escape(value)


def _said(language: Language, value: object) -> str:
    """As `text`; a phrase need not find the language of a page that is in this one."""
    if type(value) is str:
        return _escape_inner(value)
    return language.say(value.source) if type(value) is Phrase else text(value)


class PlainMacro:
    """A macro as a call of its function. Jinja's own asks for much that only others need."""

    __slots__ = ("_function", "_names")

    def __init__(self, function: Callable[..., str], names: tuple[str, ...]) -> None:
        self._function = function
        self._names = names

    def __call__(self, *words: Any, **named: Any) -> Markup:
        """Raises TypeError for a name that it does not have, or that has its value already.

        What is not given is `missing`: the function then takes what is usual.
        """
        rest = dict.fromkeys(self._names[len(words) :], missing)
        given = rest | named
        if len(given) != len(rest):
            raise TypeError(f"no such argument is left: {', '.join(named.keys() - rest)}")
        # What its template escaped as it wrote it.
        return Markup(self._function(*words, *given.values()))  # noqa: S704


class PageEnvironment(Environment):
    """Flask's environment. `known` is set in those that compile for one language."""

    known: Known | None = None
    macro = PlainMacro
    text = staticmethod(text)

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
        other.__dict__["text"] = functools.partial(_said, known.language)
        other.__dict__["kept"] = {}
        return other


class PageGenerator(CodeGenerator):
    """Jinja's compiler, with what is known put in first."""

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802
        environment = self.environment
        # Text without escaping (mail) takes no part: its phrases are no markup.
        if isinstance(environment, PageEnvironment) and environment.known and is_html(self.name):
            node = Folding(environment, environment.known).fold(node)
        super().visit_Template(node, frame)

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("environment.text(")

    def macro_def(self, macro_ref: MacroRef, frame: Frame) -> None:
        special = macro_ref.accesses_kwargs or macro_ref.accesses_varargs
        if special or macro_ref.accesses_caller or not is_html(self.name):
            super().macro_def(macro_ref, frame)
            return
        names = tuple(argument.name for argument in macro_ref.node.args)
        self.write(f"environment.macro(macro, {names!r})")

    def visit_Call(  # noqa: N802
        self, node: nodes.Call, frame: Frame, forward_caller: bool = False
    ) -> None:
        """A call that `Folding` marked as plain: Jinja's way asks each callee what it wants."""
        if forward_caller or not vars(node).get("plain"):
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        self.visit(node.node, frame)
        self.write("(")
        for number, part in enumerate([*node.args, *node.kwargs]):
            self.write(", " if number else "")
            self.visit(part, frame)
        self.write(")")


PageEnvironment.code_generator_class = PageGenerator
