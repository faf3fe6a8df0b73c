"""Values: classes of fields that are equal by them and never change once they are made.

What `dataclasses` makes of a frozen class with slots, by one written function for each class where
it writes six: with hundreds of classes that was a third of every start. `replace`, `fields` and
`match` take them as they take any dataclass.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, field
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

__all__ = ("field", "frozen", "keeping")

Class = TypeVar("Class")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[Class]) -> type[Class]:
    """Make a class of annotated fields a value, with slots."""
    return _made(cls, slots=True)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def keeping(cls: type[Class]) -> type[Class]:
    """The same without slots, for one that keeps what was once worked out of its fields."""
    return _made(cls, slots=False)


def _made(cls: Any, *, slots: bool) -> Any:
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(cls)
    found = dataclasses.fields(made)
    made.__init__ = _initialiser(made, found, slots=slots)
    compared = [one.name for one in found if one.compare]
    made._compared = attrgetter(*compared or ["__class__"])  # Those without any are all equal.
    for name, function in _SHARED.items():
        if name not in cls.__dict__:
            setattr(made, name, function)
    return made


def _initialiser(
    made: Any, found: tuple[dataclasses.Field[Any], ...], *, slots: bool
) -> Callable[..., None]:
    """Written as text and compiled: nothing else takes arguments by name as fast."""
    # Names of its own begin with "_", so that a field may be called anything else.
    known: dict[str, Any] = {"_MISSING": MISSING}
    takes, by_name = [], []
    lines = ["  pass" if slots else "  _kept = self.__dict__"]
    for one in found:
        name, given = one.name, one.name
        if slots:
            known[f"_set_{name}"] = getattr(made, name).__set__
        usual = ""
        if one.default is not MISSING:
            known[f"_usual_{name}"] = one.default
            usual = f"=_usual_{name}"
        elif one.default_factory is not MISSING:
            known[f"_make_{name}"] = one.default_factory
            usual = "=_MISSING"
            given = f"_make_{name}() if {name} is _MISSING else {name}"
        if one.init:
            (by_name if one.kw_only else takes).append(name + usual)
        else:
            given = f"_make_{name}()" if f"_make_{name}" in known else f"_usual_{name}"
        lines.append(f"  _set_{name}(self, {given})" if slots else f"  _kept[{name!r}] = {given}")
    if hasattr(made, "__post_init__"):
        lines.append("  self.__post_init__()")
    words = ", ".join(["self", *takes, *(["*", *by_name] if by_name else [])])
    exec(f"def __init__({words}):\n" + "\n".join(lines), known)  # noqa: S102
    function = known["__init__"]
    function.__qualname__ = f"{made.__qualname__}.__init__"
    function.__annotations__ = {one.name: one.type for one in found if one.init}
    return function


def _equal(self: Any, other: object) -> bool:
    if other.__class__ is not self.__class__:
        return NotImplemented
    return bool(self._compared(self) == self._compared(other))


def _hash(self: Any) -> int:
    return hash(self._compared(self))


def _say(self: Any) -> str:
    shown = (one.name for one in dataclasses.fields(self) if one.repr)
    parts = (f"{name}={getattr(self, name)!r}" for name in shown)
    return f"{type(self).__qualname__}({', '.join(parts)})"


def _refuse(self: Any, name: str, _value: object = None) -> None:
    raise FrozenInstanceError(f"{type(self).__name__}.{name} cannot change")


def _state(self: Any) -> list[Any]:
    return [getattr(self, one.name) for one in dataclasses.fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:
    for one, held in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, one.name, held)


_SHARED = {
    "__eq__": _equal,
    "__hash__": _hash,
    "__repr__": _say,
    "__setattr__": _refuse,
    "__delattr__": _refuse,
    "__getstate__": _state,
    "__setstate__": _set_state,
}
