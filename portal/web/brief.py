"""The forms of a sign-in: one or two fields that must be there and are not too long.

They look like WTForms to templates and views, and refuse in the same words. WTForms builds its
fields, their checks and their translations anew for every request, which for a single code costs
more than reading the session. Every other form is in `forms`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.flows.addresses import LENGTH_MAX as EMAIL_MAX
from portal.values import frozen
from portal.web import here
from portal.web.forms import CODE_MAX, REQUIRED, SECRET_MAX, TOO_LONG, UNREADABLE
from portal.web.words import Phrase, lazy_gettext


@frozen
class Label:
    text: Phrase | str


@frozen
class Widget:
    input_type: str


@frozen
class Flags:
    required: bool
    maxlength: int | None


@frozen
class Kind:
    """What a field is. `longest`: None for a hidden one, which may also be missing."""

    name: str
    label: Label
    widget: Widget
    longest: int | None = None
    stripped: bool = False
    render_kw: Mapping[str, str] | None = None

    @property
    def flags(self) -> Flags:
        return Flags(self.longest is not None, self.longest)


@dataclass(slots=True)
class Box:
    """A field with what was typed: `data` is the first value that came, None without one."""

    kind: Kind
    data: str | None
    given: list[str]
    errors: list[Any] = field(default_factory=list)
    description: str = ""

    @property
    def id(self) -> str:
        return self.kind.name

    name = id

    @property
    def label(self) -> Label:
        return self.kind.label

    @property
    def widget(self) -> Widget:
        return self.kind.widget

    @property
    def flags(self) -> Flags:
        return self.kind.flags

    @property
    def render_kw(self) -> Mapping[str, str] | None:
        return self.kind.render_kw

    def check(self) -> None:
        """One error at most for its shape, and one for what is no text of one field."""
        if self.kind.longest is not None:
            if not self.given or not self.given[0]:
                self.errors.append(REQUIRED)
            elif len(self.data or "") > self.kind.longest:
                self.errors.append(TOO_LONG)
        if len(self.given) > 1 or "\x00" in (self.data or ""):
            self.errors.append(UNREADABLE)


class BriefForm:
    """A form of a few fields, filled from the request when it is a POST."""

    KINDS: tuple[Kind, ...] = ()
    form_errors: tuple[Any, ...] = ()

    def __init__(self, data: Mapping[str, str] | None = None) -> None:
        usual = data or {}
        asked = here.request()
        posted = asked.form if asked.method == "POST" else None
        self._boxes: dict[str, Box] = {}
        for kind in self.KINDS:
            given = posted.getlist(kind.name) if posted is not None else []
            value = given[0] if given else usual.get(kind.name)
            if kind.stripped and value:
                value = value.strip()
            self._boxes[kind.name] = Box(kind, value, given)

    def __getitem__(self, name: str) -> Box:
        return self._boxes[name]

    def __getattr__(self, name: str) -> Box:
        try:
            return self._boxes[name]
        except KeyError:
            raise AttributeError(name) from None

    def __contains__(self, name: str) -> bool:
        return name in self._boxes

    def __iter__(self) -> Iterator[Box]:
        return iter(self._boxes.values())

    def __eq__(self, other: object) -> bool:
        """Whether it looks the same: a page of the one is a page of the other."""
        return type(other) is type(self) and other._boxes == self._boxes

    @property
    def errors(self) -> dict[str, list[Any]]:
        return {name: box.errors for name, box in self._boxes.items() if box.errors}

    def validate(self) -> bool:
        for box in self:
            box.check()
        return not self.errors


ANSWER_MAX = 64 * 1024  # Characters; an attestation with its certificates takes a tenth.
NEXT = Kind("next", Label("Next"), Widget("hidden"))
PASSWORD = Kind("password", Label(lazy_gettext("Password")), Widget("password"), longest=SECRET_MAX)


class SignInForm(BriefForm):
    KINDS = (
        Kind(
            "email",
            Label(lazy_gettext("Email address")),
            Widget("text"),
            longest=EMAIL_MAX,
            stripped=True,
            render_kw={"type": "email"},
        ),
        PASSWORD,
        NEXT,
    )


class CodeForm(BriefForm):
    KINDS = (Kind("code", Label(lazy_gettext("Code")), Widget("text"), longest=CODE_MAX), NEXT)


class PasswordAnswerForm(BriefForm):
    KINDS = (PASSWORD, NEXT)


class DeviceForm(BriefForm):
    """What a person's device said, as the page's script puts it in."""

    KINDS = (
        Kind("answer", Label(lazy_gettext("Passkey")), Widget("hidden"), longest=ANSWER_MAX),
        Kind("ceremony", Label("Ceremony"), Widget("hidden")),
        NEXT,
    )


ANSWER_FIELDS = {"password": (PasswordAnswerForm, "password"), "passkey": (DeviceForm, "answer")}


def answer_form(kind: str) -> tuple[BriefForm, str]:
    """The form that takes a factor's answer, and the name of its field."""
    form, name = ANSWER_FIELDS.get(kind, (CodeForm, "code"))
    return form(), name
