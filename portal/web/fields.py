"""What machines may send and are sent: declarations that check a value and describe themselves.

`read` checks and converts, `schema` says the same as JSON Schema (2020-12) in the OpenAPI document:
the two stand side by side. A refusal names the field and never repeats what was in it.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import field
from datetime import UTC, datetime
from typing import Any, Protocol

from portal.values import frozen

NAME_SHOWN_MAX = 60
WHOLE = re.compile(r"-?[0-9]{1,15}", re.ASCII)
# No controls but tabs and ends of lines; a half character would not survive being stored.
TEXT = "^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f]*$"
_TEXT = re.compile("[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]*")
# RFC 3339: a day, a time, and how far from UTC.
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)


class Unfit(ValueError):
    """A value that is not as declared: `field` says which, `why` what is wanted."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


class Field(Protocol):
    """One declaration. `name` is where the value stands, for the refusal."""

    def read(self, value: Any, name: str) -> Any:
        """The value as flows take it. Raises Unfit."""
        ...

    def schema(self) -> dict[str, Any]: ...


@frozen
class Text:
    """Text of some length, without controls. `needed`: something but white space must be in it."""

    most: int
    needed: bool = False

    def read(self, value: Any, name: str) -> str:
        if not isinstance(value, str):
            raise Unfit(name, "a text is needed")
        if len(value) > self.most:
            raise Unfit(name, f"at most {self.most} characters are taken")
        if not _TEXT.fullmatch(value):
            raise Unfit(name, "characters that cannot be shown are not taken")
        if self.needed and not value[:1].strip():
            raise Unfit(name, "a text that does not begin with white space is needed")
        return value

    def schema(self) -> dict[str, Any]:
        found: dict[str, Any] = {"type": "string", "maxLength": self.most, "pattern": TEXT}
        if self.needed:
            found |= {"minLength": 1, "pattern": TEXT.replace("^", "^(?!\\s)", 1)}
        return found


@frozen
class Code:
    """A word of a machine's, of some shape."""

    shape: str

    def read(self, value: Any, name: str) -> str:
        if not isinstance(value, str) or not re.fullmatch(self.shape, value, re.ASCII):
            raise Unfit(name, f"a word like {self.shape} is needed")
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{self.shape}$"}


@frozen
class Choice:
    """One of some words."""

    words: tuple[str, ...]

    def read(self, value: Any, name: str) -> str:
        if not isinstance(value, str) or value not in self.words:
            raise Unfit(name, f"one of these is needed: {', '.join(self.words)}")
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.words)}


@frozen
class Whole:
    """A whole number."""

    least: int
    most: int
    usual: int | None = None

    def read(self, value: Any, name: str) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # JSON Schema calls 1.0 a whole number too.
        if not isinstance(value, int) or isinstance(value, bool):
            raise Unfit(name, "a whole number is needed")
        if not self.least <= value <= self.most:
            raise Unfit(name, f"a number from {self.least} to {self.most} is needed")
        return value

    def schema(self) -> dict[str, Any]:
        found = {"type": "integer", "minimum": self.least, "maximum": self.most}
        return found if self.usual is None else {**found, "default": self.usual}


@frozen
class Flag:
    """True or false."""

    def read(self, value: Any, name: str) -> bool:
        if not isinstance(value, bool):
            raise Unfit(name, "true or false is needed")
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@frozen
class Identity:
    """The id of something here, a UUID."""

    def read(self, value: Any, name: str) -> str:
        try:
            found = str(uuid.UUID(value)) if isinstance(value, str) else ""
        except ValueError:
            found = ""
        if not found or found != str(value).lower():
            raise Unfit(name, "an id is needed")
        return found

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "uuid"}


@frozen
class Moment:
    """An instant with its zone (RFC 3339)."""

    def read(self, value: Any, name: str) -> datetime:
        try:
            if not isinstance(value, str) or not _INSTANT.fullmatch(value):
                raise ValueError
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            raise Unfit(name, "a time with its zone is needed, like 2027-03-01T08:00:00Z") from None

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date-time"}


@frozen
class Nullable:
    """Something, or null."""

    inner: Field

    def read(self, value: Any, name: str) -> Any:
        return None if value is None else self.inner.read(value, name)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [self.inner.schema(), {"type": "null"}]}


@frozen
class Many:
    """A list of some length."""

    inner: Field
    most: int = 10_000
    least: int = 0

    def read(self, value: Any, name: str) -> list[Any]:
        if not isinstance(value, list):
            raise Unfit(name, "a list is needed")
        if not self.least <= len(value) <= self.most:
            raise Unfit(name, f"between {self.least} and {self.most} are taken")
        return [self.inner.read(one, f"{name}[{place}]") for place, one in enumerate(value)]

    def schema(self) -> dict[str, Any]:
        found = {"type": "array", "items": self.inner.schema(), "maxItems": self.most}
        return {**found, "minItems": self.least} if self.least else found


@frozen
class Named:
    """An object whose names are some words, all with the same kind of value."""

    words: tuple[str, ...]
    inner: Field

    def read(self, value: Any, name: str) -> dict[str, Any]:
        found = _object(value, name, self.words)
        return {one: self.inner.read(found[one], f"{name}.{one}") for one in found}

    def schema(self) -> dict[str, Any]:
        properties = {word: self.inner.schema() for word in self.words}
        return {"type": "object", "properties": properties, "additionalProperties": False}


@frozen
class Object:
    """An object with exactly these fields. `optional`: those that may be missing."""

    fields: Mapping[str, Field]
    optional: Collection[str] = field(default=())
    description: str = ""

    def read(self, value: Any, name: str = "") -> dict[str, Any]:
        found = _object(value, name, self.fields)
        read = {}
        for own, declared in self.fields.items():
            where = f"{name}.{own}" if name else own
            if own in found:
                read[own] = declared.read(found[own], where)
            elif own not in self.optional:
                raise Unfit(where, "this field is missing")
        return read

    def read_text(self, values: list[tuple[str, str]]) -> dict[str, Any]:
        """The same of the parameters of an address, where everything is text. Raises Unfit."""
        found: dict[str, Any] = {}
        for name, text in values:
            if name in found:
                raise Unfit(_shown(name), "this parameter comes twice")
            found[name] = _from_text(self.fields.get(name), text)
        return self.read(found)

    def schema(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "type": "object",
            "properties": {name: one.schema() for name, one in self.fields.items()},
            "additionalProperties": False,
        }
        if needed := [name for name in self.fields if name not in self.optional]:
            found["required"] = needed
        return {**found, "description": self.description} if self.description else found


@frozen
class Anything:
    """What is described elsewhere, or is not ours to describe. Only shown, unless `check` does."""

    description: str
    shape: Mapping[str, Any] = field(default_factory=dict)
    check: Callable[[Any, str], Any] | None = None

    def read(self, value: Any, name: str) -> Any:
        return self.check(value, name) if self.check else value

    def schema(self) -> dict[str, Any]:
        return {**self.shape, "description": self.description}


def _object(value: Any, name: str, known: Collection[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Unfit(name or "body", "an object with fields is needed")
    for own in value:
        if own not in known:
            shown = _shown(own)
            raise Unfit(f"{name}.{shown}" if name else shown, "this field is not known")
    return value


def _shown(name: str) -> str:
    """A name that was sent, as a refusal may repeat it."""
    return name[:NAME_SHOWN_MAX].encode("ascii", "backslashreplace").decode()


def _from_text(declared: Field | None, text: str) -> Any:
    """A parameter as JSON would say it; what cannot be said so stays text and is refused."""
    if isinstance(declared, Whole) and WHOLE.fullmatch(text):
        return int(text)
    if isinstance(declared, Flag):
        return {"true": True, "false": False}.get(text, text)
    return text
